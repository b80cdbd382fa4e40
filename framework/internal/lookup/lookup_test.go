package lookup_test

import (
	"context"
	"testing"

	"github.com/microtop/microtop/framework/internal/lookup"
	"github.com/microtop/microtop/framework/registry"
)

type key struct{}

func TestOnlyLookingUp(t *testing.T) {
	r := lookup.Registry{Name: "static", Find: func(ctx context.Context, service string) ([]*registry.Service, error) {
		if ctx.Value(key{}) != "v" {
			t.Error("the context of the look-up is lost")
		}
		return []*registry.Service{{Name: service}}, nil
	}}
	ctx := context.WithValue(t.Context(), key{}, "v")
	if found, err := r.GetService("shop", registry.GetContext(ctx)); err != nil || found[0].Name != "shop" {
		t.Errorf("got %v, %v", found, err)
	}
	_, watch := r.Watch()
	_, list := r.ListServices()
	for what, err := range map[string]error{"Register": r.Register(nil), "Deregister": r.Deregister(nil), "Watch": watch, "ListServices": list} {
		if err == nil {
			t.Errorf("%s did nothing and said nothing", what)
		}
	}
	r.Stop()
}
