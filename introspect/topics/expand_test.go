package topics_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/microtop/microtop/framework/broker"
	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/introspect"
	"github.com/microtop/microtop/introspect/topics"
)

func TestNamesWithStars(t *testing.T) {
	r := registry.NewMemoryRegistry()
	for _, s := range records() {
		if err := r.Register(s); err != nil {
			t.Fatal(err)
		}
	}
	s := session(t, r, broker.NewMemoryBroker()) // knows logins, orders, plain
	for names, want := range map[string]string{
		"nobody": "nobody", "*": "logins orders plain", "o*s": "orders", "o*": "orders", "*n*": "logins plain", "*in*s": "logins",
		"p*n orders": "orders plain", "orders *": "logins orders plain", "l*o*g*i*n*s": "logins", "**": "logins orders plain",
	} {
		got, err := topics.Expand(t.Context(), s, strings.Fields(names))
		if err != nil || strings.Join(got, " ") != want {
			t.Errorf("%s: %v, %v", names, got, err)
		}
	}
	for _, name := range []string{"x*", "*x", "s*s", "orders*orders"} {
		var missing *introspect.NotFoundError
		if _, err := topics.Expand(t.Context(), s, []string{name}); !errors.As(err, &missing) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
