package nearest_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/microtop/microtop/introspect/nearest"
)

func TestNames(t *testing.T) {
	have := []string{"shop.catalog", "shop.cart", "shop.checkout", "billing", strings.Repeat("x", 100_000)}
	for _, c := range []struct {
		want string
		out  []string
	}{
		{"shop.catalogue", []string{"shop.catalog"}},
		{"cart", []string{"shop.cart"}},
		{"SHOP.CART", []string{"shop.cart"}},
		{"zzz", []string{}},
		{strings.Repeat("y", 1_000_000), []string{}},
	} {
		if got := nearest.Names(c.want, have); !slices.Equal(got, c.out) {
			t.Errorf("Names(%.20q) = %q, want %q", c.want, got, c.out)
		}
	}
}
