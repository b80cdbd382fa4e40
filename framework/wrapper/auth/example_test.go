package auth_test

import (
	"context"
	"fmt"

	"github.com/microtop/microtop/framework/auth"
	"github.com/microtop/microtop/framework/metadata"
	"github.com/microtop/microtop/framework/server"
	wrapper "github.com/microtop/microtop/framework/wrapper/auth"
)

func Example() {
	// In a service: micro.NewService(micro.WrapHandler(wrapper.NewHandlerWrapper(a, rules)), micro.WrapClient(wrapper.NewClientWrapper(a)))
	a := newAuth() // jwt.NewAuth with a key
	account, err := a.Generate("ada", auth.WithScopes("orders"))
	if err != nil {
		fmt.Println(err)
		return
	}
	token, err := a.Token(auth.WithCredentials("ada", account.Secret))
	if err != nil {
		fmt.Println(err)
		return
	}
	rules := auth.NewRules()
	if err := rules.Grant(&auth.Rule{ID: "orders", Scope: "orders", Resource: &auth.Resource{Type: "service", Name: "shop", Endpoint: "Orders.Place"}}); err != nil {
		fmt.Println(err)
		return
	}

	serve := wrapper.NewHandlerWrapper(a, rules)(func(ctx context.Context, _ server.Request, _ any) error {
		account, _ := auth.AccountFromContext(ctx)
		fmt.Println("placed by", account.ID)
		return nil
	})
	ctx := server.NewContext(context.Background(), server.NewServer(server.Name("shop"))) // as a server does
	fmt.Println(serve(ctx, order{}, nil))
	_ = serve(metadata.Set(ctx, "Authorization", "Bearer "+token.AccessToken), order{}, nil)
	// Output:
	// {"id":"shop","code":401,"detail":"a valid token is needed: Authorization: Bearer …","status":"Unauthorized"}
	// placed by ada
}

// order is a request.
type order struct{ server.Request }

func (order) Endpoint() string { return "Orders.Place" }
