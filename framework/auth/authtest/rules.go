package authtest

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/microtop/microtop/framework/auth"
)

// RunRules holds the rules that open returns, which are empty, against the contract, one rule a subtest.
func RunRules(t *testing.T, open func(t *testing.T) auth.Rules) {
	t.Helper()
	hello := &auth.Resource{Type: "service", Name: "greeter", Endpoint: "Greeter.Hello"}
	everything := &auth.Resource{Type: "*", Name: "*", Endpoint: "*"}
	for _, r := range []struct {
		rule string
		hold func(t *testing.T, rules auth.Rules)
	}{
		{"what no rule grants is forbidden once there are rules, also when they are gone", func(t *testing.T, rules auth.Rules) {
			other := &auth.Rule{ID: "other", Resource: &auth.Resource{Type: "service", Name: "other", Endpoint: "*"}}
			grant(t, rules, other)
			forbidden(t, rules, nil, hello)
			if err := rules.Revoke(other); err != nil {
				t.Fatal(err)
			}
			forbidden(t, rules, nil, hello)
		}},
		{"a rule granted decides, and one revoked does not", func(t *testing.T, rules auth.Rules) {
			rule := &auth.Rule{ID: "all", Resource: everything}
			grant(t, rules, rule)
			if err := rules.Verify(nil, hello); err != nil {
				t.Error(err)
			}
			if err := rules.Revoke(&auth.Rule{ID: "all"}); err != nil {
				t.Fatal(err)
			}
			forbidden(t, rules, nil, hello)
		}},
		{"granting an id again replaces its rule", func(t *testing.T, rules auth.Rules) {
			grant(t, rules, &auth.Rule{ID: "a", Resource: everything})
			grant(t, rules, &auth.Rule{ID: "a", Resource: everything, Access: auth.AccessDenied})
			forbidden(t, rules, nil, hello)
			if list, err := rules.List(); err != nil || len(list) != 1 {
				t.Errorf("%d rules, %v", len(list), err)
			}
		}},
		{"the list has what was granted, in that order, and is the caller's", func(t *testing.T, rules auth.Rules) {
			want := []*auth.Rule{
				{ID: "b", Scope: "admin", Resource: everything, Priority: 7},
				{ID: "a", Scope: auth.ScopeAccount, Resource: hello, Access: auth.AccessDenied, Priority: -1},
			}
			grant(t, rules, want...)
			got, err := rules.List()
			if diff := cmp.Diff(want, got); err != nil || diff != "" {
				t.Errorf("%v (-want +got):\n%s", err, diff)
			}
			got[0].Scope, got[0].Resource.Name = auth.ScopePublic, "changed"
			forbidden(t, rules, nil, hello)
		}},
		{"a rule without an id, a resource or a decision is refused", func(t *testing.T, rules auth.Rules) {
			for _, rule := range []*auth.Rule{nil, {Resource: everything}, {ID: "x"}, {ID: "x", Resource: everything, Access: 7}} {
				if err := rules.Grant(rule); err == nil {
					t.Errorf("granted %+v", rule)
				}
			}
			if rules.Revoke(nil) == nil || rules.Revoke(&auth.Rule{}) == nil {
				t.Error("revoked a rule without an id")
			}
			if err := rules.Revoke(&auth.Rule{ID: "unknown"}); err != nil {
				t.Errorf("revoking what is not there: %v", err)
			}
		}},
	} {
		t.Run(r.rule, func(t *testing.T) { r.hold(t, open(t)) })
	}
}

func grant(t *testing.T, rules auth.Rules, all ...*auth.Rule) {
	t.Helper()
	for _, rule := range all {
		if err := rules.Grant(rule); err != nil {
			t.Fatalf("Grant: %v", err)
		}
	}
}

func forbidden(t *testing.T, rules auth.Rules, account *auth.Account, resource *auth.Resource) {
	t.Helper()
	if err := rules.Verify(account, resource); !errors.Is(err, auth.ErrForbidden) {
		t.Errorf("Verify(%+v) = %v, want ErrForbidden", resource, err)
	}
}
