package auth_test

import (
	"fmt"

	"github.com/microtop/microtop/framework/auth"
)

func Example() {
	rules := auth.NewRules()
	for _, rule := range []*auth.Rule{
		{ID: "health", Scope: auth.ScopePublic, Resource: &auth.Resource{Type: "service", Name: "*", Endpoint: "Debug.Health"}},
		{ID: "orders", Scope: "orders", Resource: &auth.Resource{Type: "service", Name: "shop", Endpoint: "*"}},
		{ID: "no-delete", Scope: auth.ScopeAccount, Access: auth.AccessDenied, Priority: 1, Resource: &auth.Resource{Type: "service", Name: "shop", Endpoint: "Orders.Delete"}},
	} {
		if err := rules.Grant(rule); err != nil {
			fmt.Println(err)
			return
		}
	}

	clerk := &auth.Account{ID: "clerk", Scopes: []string{"orders"}}
	for _, endpoint := range []string{"Debug.Health", "Orders.Place", "Orders.Delete"} {
		resource := &auth.Resource{Type: "service", Name: "shop", Endpoint: endpoint}
		fmt.Println(endpoint, "| nobody:", rules.Verify(nil, resource), "| clerk:", rules.Verify(clerk, resource))
	}
	// Output:
	// Debug.Health | nobody: <nil> | clerk: <nil>
	// Orders.Place | nobody: resource forbidden | clerk: <nil>
	// Orders.Delete | nobody: resource forbidden | clerk: resource forbidden
}
