package registry_test

import (
	"context"
	"crypto/tls"
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/microtop/microtop/framework/registry"
)

// A141: the older interface is in the newer one (decision A2-12); its methods may still be called without options.
func TestA140_A141_TheInterfaceOfARegistry(t *testing.T) {
	var names []string
	of := reflect.TypeFor[registry.Registry]()
	for i := range of.NumMethod() {
		names = append(names, of.Method(i).Name)
	}
	want := []string{"Deregister", "GetService", "Init", "ListServices", "Options", "Register", "String", "Watch"}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Errorf("methods (-want +got):\n%s", diff)
	}
	var old interface {
		Register(*registry.Service, ...registry.RegisterOption) error
		Deregister(*registry.Service, ...registry.DeregisterOption) error
		GetService(string, ...registry.GetOption) ([]*registry.Service, error)
		ListServices(...registry.ListOption) ([]*registry.Service, error)
		Watch(...registry.WatchOption) (registry.Watcher, error)
		String() string
	} = registry.NewMemoryRegistry()
	s := &registry.Service{Name: "shop", Version: "1", Nodes: []*registry.Node{{Id: "shop-1", Address: "127.0.0.1:1"}}}
	w, err := old.Watch()
	if err != nil {
		t.Fatal(err)
	}
	defer w.Stop()
	if err := old.Register(s); err != nil {
		t.Fatal(err)
	}
	if found, err := old.GetService("shop"); err != nil || len(found) != 1 {
		t.Errorf("found %v, %v", found, err)
	}
	if all, err := old.ListServices(); err != nil || len(all) != 1 {
		t.Errorf("listed %v, %v", all, err)
	}
	if r, err := w.Next(); err != nil || r.Service.Name != "shop" {
		t.Errorf("watched %v, %v", r, err)
	}
	if err := old.Deregister(s); err != nil {
		t.Fatal(err)
	}
}

func TestA142_Options(t *testing.T) {
	type key struct{}
	ctx, secure := context.WithValue(context.Background(), key{}, 1), &tls.Config{ServerName: "x", MinVersion: tls.VersionTLS13}
	set := []registry.Option{
		registry.Addrs("a:1", "b:2"), registry.Timeout(time.Second), registry.Secure(true), registry.TLSConfig(secure),
		func(o *registry.Options) { o.Context = context.WithValue(o.Context, key{}, 1) },
	}
	later := registry.NewMemoryRegistry()
	if err := later.Init(set...); err != nil {
		t.Fatal(err)
	}
	for name, r := range map[string]registry.Registry{"memory": registry.NewMemoryRegistry(set...), "mdns": registry.NewRegistry(set...), "set by Init": later} {
		o := r.Options()
		if len(o.Addrs) != 2 || o.Timeout != time.Second || !o.Secure || o.TLSConfig != secure || o.Context.Value(key{}) != 1 {
			t.Errorf("%s: %+v", name, o)
		}
	}
	var o registry.RegisterOptions
	registry.RegisterTTL(time.Minute)(&o)
	registry.RegisterContext(ctx)(&o)
	if o.TTL != time.Minute || o.Context != ctx {
		t.Errorf("register options %+v", o)
	}
}

// A144: importing and naming it opens nothing.
func TestA144_TheDefaultIsMDNS(t *testing.T) {
	if registry.DefaultRegistry.String() != "mdns" || registry.NewRegistry().String() != "mdns" {
		t.Errorf("named %q", registry.DefaultRegistry)
	}
}
