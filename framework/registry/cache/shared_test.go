package cache_test

import (
	"testing"
	"time"

	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/framework/registry/cache"
)

// What GetService hands out is shared, without new memory, and stays as it was when the service changes.
func TestWhatIsHandedOutIsSharedAndStays(t *testing.T) {
	r := registry.NewMemoryRegistry()
	register := func(id string) {
		node := &registry.Node{Id: id, Address: "127.0.0.1:80"}
		if err := r.Register(&registry.Service{Name: "shop", Version: "1", Nodes: []*registry.Node{node}}); err != nil {
			t.Fatal(err)
		}
	}
	register("a")
	c := cache.New(r)
	defer c.Stop()
	get := func() *registry.Service {
		found, err := c.GetService("shop")
		if err != nil || len(found) != 1 {
			t.Fatalf("%d services, %v", len(found), err)
		}
		return found[0]
	}
	first := get()
	if get() != first {
		t.Error("the second caller got a copy")
	}
	if n := testing.AllocsPerRun(100, func() { get() }); n > 0 {
		t.Errorf("%v allocations", n)
	}
	for end := time.Now().Add(5 * time.Second); len(get().Nodes) < 2; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the second node never came")
		}
		register("b")
	}
	if len(first.Nodes) != 1 || first.Nodes[0].Id != "a" {
		t.Errorf("what was handed out has changed: %d nodes", len(first.Nodes))
	}
}
