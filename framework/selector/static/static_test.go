package static_test

import (
	"errors"
	"fmt"
	"testing"

	"go.uber.org/goleak"

	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/framework/selector"
	"github.com/microtop/microtop/framework/selector/selectortest"
	"github.com/microtop/microtop/framework/selector/static"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// told is a static selector that is told what a registry has before each selection.
type told struct {
	selector.Selector
	from registry.Registry
}

func (s told) Select(service string, opts ...selector.SelectOption) (selector.Next, error) {
	services, err := s.from.GetService(service)
	if errors.Is(err, registry.ErrNotFound) {
		return nil, selector.ErrNotFound // a static selector takes an unknown name for a host
	}
	if err != nil {
		return nil, err
	}
	if err := s.Init(static.Services(services...)); err != nil {
		return nil, err
	}
	return s.Selector.Select(service, opts...)
}

func TestConformance(t *testing.T) {
	selectortest.Run(t, func(_ *testing.T, r registry.Registry) selector.Selector {
		return told{static.NewSelector(selector.Registry(r)), r}
	}, selectortest.Caps{Records: true})
}

func TestAddressesOfNames(t *testing.T) {
	for _, c := range []struct {
		name, service, want string
		env                 map[string]string
		opts                []selector.Option
	}{
		{name: "the default port", service: "shop", want: "shop:8080"},
		{name: "the options", service: "shop", want: "shop.prod.svc:90", opts: []selector.Option{static.Domain("prod.svc"), static.Port(90)}},
		{name: "the environment", service: "shop", want: "shop.test:7000",
			env: map[string]string{"STATIC_SELECTOR_DOMAIN_NAME": ".test", "STATIC_SELECTOR_PORT_NUMBER": "7000"}},
		{name: "options before the environment", service: "shop", want: "shop.test:90",
			env: map[string]string{"STATIC_SELECTOR_DOMAIN_NAME": "test", "STATIC_SELECTOR_PORT_NUMBER": "7000"}, opts: []selector.Option{static.Port(90)}},
		{name: "a name with a port", service: "shop:1234", want: "shop:1234", opts: []selector.Option{static.Domain("test")}},
		{name: "no host", service: "a/b"},
		{name: "no name", service: ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			for k, v := range c.env {
				t.Setenv(k, v)
			}
			sel := static.NewSelector(c.opts...)
			defer sel.Close()
			next, err := sel.Select(c.service)
			if c.want == "" {
				if err == nil {
					t.Error("no error")
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			n, err := next()
			if err != nil || n.Address != c.want || n.Id != c.service || n.Metadata["protocol"] != "mucp" {
				t.Errorf("got %+v, %v, want %s", n, err, c.want)
			}
		})
	}
}

func TestServicesAddUp(t *testing.T) {
	one := &registry.Service{Name: "one", Nodes: []*registry.Node{{Id: "1", Address: "10.0.0.1:80"}}}
	two := &registry.Service{Name: "two", Nodes: []*registry.Node{{Id: "2", Address: "10.0.0.2:80"}}}
	sel := static.NewSelector(static.Services(one))
	defer sel.Close()
	if err := sel.Init(static.Services(two)); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"one": "10.0.0.1:80", "two": "10.0.0.2:80", "three": "three:8080"} {
		next, err := sel.Select(name)
		if err != nil {
			t.Fatal(err)
		}
		if n, err := next(); err != nil || n.Address != want {
			t.Errorf("%s is at %v, %v", name, n, err)
		}
	}
}

func Example() {
	sel := static.NewSelector(static.Domain("prod.svc.cluster.local"), static.Port(8080))
	defer sel.Close()
	next, err := sel.Select("shop")
	if err != nil {
		fmt.Println(err)
		return
	}
	node, err := next()
	fmt.Println(node.Address, err)
	// Output: shop.prod.svc.cluster.local:8080 <nil>
}
