package describe_test

import (
	"fmt"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/introspect"
	"github.com/microtop/microtop/tui/theme"
	"github.com/microtop/microtop/views/describe"
	"github.com/microtop/microtop/views/show/showtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func shop(t *testing.T, name string) registry.Registry {
	t.Helper()
	r := registry.NewMemoryRegistry()
	err := r.Register(&registry.Service{
		Name: name, Version: "1.0", Metadata: map[string]string{"on": "yes", "empty": ""},
		Nodes:     []*registry.Node{{Id: name + "-1", Address: "10.0.0.1:1", Metadata: map[string]string{"protocol": "mucp"}}},
		Endpoints: []*registry.Endpoint{{Name: "Checkout.Place", Request: &registry.Value{Name: "Order", Type: "Order"}, Metadata: map[string]string{}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestFrames(t *testing.T) {
	for _, size := range []struct{ w, h int }{{80, 24}, {200, 60}} {
		t.Run(fmt.Sprintf("%dx%d", size.w, size.h), func(t *testing.T) {
			th := theme.Default()
			x, _ := showtest.Start(t, describe.Route(t.Context(), showtest.Session(t, shop(t, "checkout")), th), "checkout", size.w, size.h)
			x.WaitFor(`"name": "checkout"`)
			if size.w > 100 {
				x.Keys("J")
				x.WaitFor("name: checkout")
			}
			x.Golden()
		})
	}
}

func TestYAMLKeepsWhatAStringIs(t *testing.T) {
	th := theme.Default()
	x, _ := showtest.Start(t, describe.Route(t.Context(), showtest.Session(t, shop(t, "checkout")), th), "checkout", 120, 40)
	x.WaitFor(`"checkout"`)
	x.Keys("J")
	x.WaitFor(`version: "1.0"`)
	x.WaitFor(`"on": "yes"`)
	x.Keys("J")
	x.WaitFor(`"version": "1.0"`)
}

func TestAnUnknownServiceSaysSoAndTriesAgain(t *testing.T) {
	r := registry.NewMemoryRegistry()
	th := theme.Default()
	x, _ := showtest.Start(t, describe.Route(t.Context(), showtest.Session(t, r), th), introspect.Target{Service: "checkout"}, 120, 40)
	x.WaitFor(`no service "checkout" in mdns`)
	x.Keys("y")
	x.WaitFor("there is no record")
	if err := r.Register(&registry.Service{Name: "checkout", Version: "1", Nodes: []*registry.Node{{Id: "a", Address: "h:1"}}}); err != nil {
		t.Fatal(err)
	}
	x.Keys("r")
	x.WaitFor(`"name": "checkout"`)
}

func TestItNeedsAService(t *testing.T) {
	_, err := describe.New(t.Context(), showtest.Session(t, nil), theme.Default(), nil)
	if err == nil || !strings.Contains(err.Error(), ":describe SERVICE") {
		t.Errorf("%v", err)
	}
}

func TestKeys(t *testing.T) {
	for key, want := range map[string]string{"enter": "endpoints", "o": "nodes"} {
		th := theme.Default()
		x, opened := showtest.Start(t, describe.Route(t.Context(), showtest.Session(t, shop(t, "checkout")), th), "checkout", 120, 40)
		x.WaitFor(`"checkout"`)
		x.Keys(key)
		x.WaitFor("opened " + want)
		if got := opened.Last().With; got != (introspect.Target{Service: "checkout"}) {
			t.Errorf("%s: %v", key, got)
		}
	}
}

// hostile is a registry that checks nothing.
type hostile struct {
	registry.Registry
	services []*registry.Service
}

func (h hostile) GetService(string, ...registry.GetOption) ([]*registry.Service, error) {
	return h.services, nil
}

func TestAHostileRecordIsOnlyText(t *testing.T) {
	evil := "a\x1b[2J\x1b]52;c;ZXZpbA==\x07\u202e\u009b31m"
	r := hostile{registry.NewMemoryRegistry(), []*registry.Service{{
		Name: evil, Version: evil, Metadata: map[string]string{evil: evil}, Nodes: []*registry.Node{{Id: evil, Address: "10.0.0.1:1"}},
		Endpoints: []*registry.Endpoint{{Name: evil, Request: &registry.Value{Name: evil, Type: strings.Repeat("漢", 10_000)}}},
	}}}
	th := theme.Default()
	x, _ := showtest.Start(t, describe.Route(t.Context(), showtest.Session(t, r), th), introspect.Target{Service: evil}, 120, 60)
	x.WaitFor("10.0.0.1:1")
	x.Keys("J")
	x.WaitFor("address: 10.0.0.1:1")
	if strings.ContainsAny(x.Written(), "\u202e\u009b") || strings.Contains(x.Written(), "\x1b]52") {
		t.Errorf("controls were written: %q", x.Screen())
	}
}
