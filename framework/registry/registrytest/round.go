package registrytest

import (
	"errors"
	"testing"
	"time"

	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/framework/registry/cache"
)

// Round uses all of a registry once and stops it: a registration, a watcher and a cache. What it leaves is a leak.
func Round(t *testing.T, r registry.Registry) {
	t.Helper()
	shop := &registry.Service{Name: "shop", Version: "1", Nodes: []*registry.Node{{Id: "shop-1", Address: "127.0.0.1:80"}}}
	if err := r.Register(shop, registry.RegisterTTL(time.Hour)); err != nil {
		t.Fatal(err)
	}
	w, err := r.Watch()
	if err != nil {
		t.Fatal(err)
	}
	c := cache.New(r)
	if _, err := c.GetService(shop.Name); err != nil && !errors.Is(err, registry.ErrNotFound) {
		t.Error(err)
	}
	c.Stop()
	w.Stop()
	if err := r.Deregister(shop); err != nil {
		t.Error(err)
	}
}
