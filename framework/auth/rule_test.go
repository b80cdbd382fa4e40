package auth_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/microtop/microtop/framework/auth"
)

func TestVerify(t *testing.T) {
	resource := func(endpoint string) *auth.Resource {
		return &auth.Resource{Type: "service", Name: "shop", Endpoint: endpoint}
	}
	all := &auth.Resource{Type: "*", Name: "*", Endpoint: "*"}
	ada := &auth.Account{ID: "ada", Scopes: []string{"Admin"}}
	for _, c := range []struct {
		name     string
		rules    []*auth.Rule
		account  *auth.Account
		resource *auth.Resource
		granted  bool
	}{
		{"no rules", nil, ada, resource("A.B"), false},
		{"no resource", []*auth.Rule{{Resource: all}}, ada, nil, false},
		{"rules that say nothing", []*auth.Rule{nil, {}}, ada, resource("A.B"), false},
		{"public, nobody", []*auth.Rule{{Resource: all}}, nil, resource("A.B"), true},
		{"any account, nobody", []*auth.Rule{{Scope: "*", Resource: all}}, nil, resource("A.B"), false},
		{"any account, somebody", []*auth.Rule{{Scope: "*", Resource: all}}, &auth.Account{}, resource("A.B"), true},
		{"a scope, without it", []*auth.Rule{{Scope: "admin", Resource: all}}, &auth.Account{Scopes: []string{"x", "*", ""}}, resource("A.B"), false},
		{"a scope, with it", []*auth.Rule{{Scope: "admin", Resource: all}}, ada, resource("A.B"), true},
		{"another service", []*auth.Rule{{Resource: &auth.Resource{Type: "service", Name: "other", Endpoint: "*"}}}, ada, resource("A.B"), false},
		{"another type", []*auth.Rule{{Resource: &auth.Resource{Type: "topic", Name: "*", Endpoint: "*"}}}, ada, resource("A.B"), false},
		{"case does not matter", []*auth.Rule{{Resource: &auth.Resource{Type: "SERVICE", Name: "Shop", Endpoint: "a.b"}}}, nil, resource("A.B"), true},
		{"the higher priority denies", []*auth.Rule{{Resource: all}, {Resource: all, Access: auth.AccessDenied, Priority: 1}}, ada, resource("A.B"), false},
		{"the higher priority grants", []*auth.Rule{{Resource: all, Access: auth.AccessDenied, Priority: -1}, {Resource: all}}, ada, resource("A.B"), true},
		{"a denial of others' scope is not about me", []*auth.Rule{{Scope: "evil", Resource: all, Access: auth.AccessDenied, Priority: 9}, {Resource: all}}, ada, resource("A.B"), true},
		{"equal priority, the first given", []*auth.Rule{{Resource: all}, {Resource: all, Access: auth.AccessDenied}}, ada, resource("A.B"), true},
		{"neither granted nor denied", []*auth.Rule{{Resource: all, Access: 7}}, ada, resource("A.B"), false},
		{"a path below", []*auth.Rule{{Resource: &auth.Resource{Type: "*", Name: "*", Endpoint: "/Foo/*"}}}, nil, resource("/foo/bar/baz"), true},
		{"the path itself", []*auth.Rule{{Resource: &auth.Resource{Type: "*", Name: "*", Endpoint: "/foo/*"}}}, nil, resource("/foo"), true},
		{"a path that only begins alike", []*auth.Rule{{Resource: &auth.Resource{Type: "*", Name: "*", Endpoint: "/foo/*"}}}, nil, resource("/foobar"), false},
		{"every path", []*auth.Rule{{Resource: &auth.Resource{Type: "*", Name: "*", Endpoint: "/*"}}}, nil, resource("/x"), true},
		{"a pattern is no path", []*auth.Rule{{Resource: &auth.Resource{Type: "*", Name: "*", Endpoint: "/*"}}}, nil, resource("A.B"), false},
		{"a wildcard asked for is not granted", []*auth.Rule{{Resource: resource("A.B")}}, nil, resource("*"), false},
	} {
		t.Run(c.name, func(t *testing.T) {
			if err := auth.Verify(c.rules, c.account, c.resource); (err == nil) != c.granted || err != nil && !errors.Is(err, auth.ErrForbidden) {
				t.Errorf("Verify = %v, want granted %v", err, c.granted)
			}
		})
	}
}

// oracle decides as docs/wire.md §12 says, as plainly as can be: from the highest priority down, the first rule that
// is about the resource and the caller.
func oracle(rules []*auth.Rule, account *auth.Account, r *auth.Resource) bool {
	paths := []string{"*", strings.ToLower(r.Endpoint)}
	for i, c := range r.Endpoint + "/" {
		if c == '/' && strings.Contains(r.Endpoint, "/") {
			paths = append(paths, strings.ToLower(r.Endpoint[:i])+"/*")
		}
	}
	for priority := int32(5); priority >= -5; priority-- {
		for _, rule := range rules {
			about := slices.Contains([]string{"*", r.Type}, rule.Resource.Type) && slices.Contains([]string{"*", r.Name}, rule.Resource.Name) &&
				slices.Contains(paths, strings.ToLower(rule.Resource.Endpoint))
			mine := rule.Scope == "" || account != nil && (rule.Scope == "*" || slices.Contains(account.Scopes, rule.Scope))
			if rule.Priority == priority && about && mine {
				return rule.Access == auth.AccessGranted
			}
		}
	}
	return false
}

func TestS13_RulesAgreeWithTheOracle(t *testing.T) {
	const sets, questions = 1000, 50
	r := rand.New(rand.NewPCG(13, 13))
	one := func(of ...string) string { return of[r.IntN(len(of))] }
	endpoint := func(more ...string) string {
		return one(append(more, "A.B", "a.b", "/", "/foo", "/foo/bar", "/Foo/bar/baz", "foo/bar", "")...)
	}
	counts := map[string]int{}
	for range sets {
		rules := make([]*auth.Rule, r.IntN(12))
		for i := range rules {
			rules[i] = &auth.Rule{
				ID: fmt.Sprint(i), Scope: one("", "*", "admin", "shop"), Access: auth.Access(r.IntN(2)), Priority: int32(r.IntN(11) - 5),
				Resource: &auth.Resource{Type: one("*", "service", "topic"), Name: one("*", "shop", "mail"), Endpoint: endpoint("*", "/*", "/foo/*", "/foo/bar/*", "foo/*")},
			}
		}
		for range questions {
			var account *auth.Account
			if r.IntN(3) > 0 {
				account = &auth.Account{Scopes: [][]string{nil, {"admin"}, {"shop"}, {"admin", "shop"}, {""}}[r.IntN(5)]}
			}
			resource := &auth.Resource{Type: one("service", "topic", "*"), Name: one("shop", "mail", "*"), Endpoint: endpoint("*")}
			want, got := oracle(rules, account, resource), auth.Verify(rules, account, resource) == nil
			if want != got {
				t.Fatalf("rules %v, account %+v, resource %+v: oracle grants %v, Verify %v", rules, account, resource, want, got)
			}
			counts[fmt.Sprintf("granted=%v", got)]++
		}
	}
	t.Logf("S-13: %d rule sets, %d questions, %v, disagreements 0 (limit 0)", sets, sets*questions, counts)
	if counts["granted=true"] < sets || counts["granted=false"] < sets {
		t.Errorf("the questions decide nothing: %v", counts)
	}
}
