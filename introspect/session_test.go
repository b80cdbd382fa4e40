package introspect_test

import (
	"context"
	"errors"
	"net/netip"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/microtop/microtop/framework/broker"
	"github.com/microtop/microtop/framework/client"
	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/introspect"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// counted is a broker that counts, and can be told to fail.
type counted struct {
	broker.Broker
	mu                    sync.Mutex
	connects, disconnects int
	refuse                error
}

func (c *counted) Connect() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.connects++
	if c.refuse != nil {
		return c.refuse
	}
	return c.Broker.Connect()
}

func (c *counted) Disconnect() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.disconnects++
	return c.Broker.Disconnect()
}

func open(t *testing.T, c introspect.Config) *introspect.Session {
	t.Helper()
	if c.Registry == nil {
		c.Registry = registry.NewMemoryRegistry()
	}
	c.Client = client.NewClient(client.Registry(c.Registry))
	s, err := introspect.Open(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func TestASessionNeedsARegistryAndAClient(t *testing.T) {
	if _, err := introspect.Open(introspect.Config{}); err == nil {
		t.Error("opened with nothing")
	}
	s := open(t, introspect.Config{})
	if s.Where() != "memory" || s.Timeout() <= 0 {
		t.Errorf("defaults: %q, %v", s.Where(), s.Timeout())
	}
	if _, err := s.Broker(); err == nil || !strings.Contains(err.Error(), "--broker") {
		t.Errorf("no broker: %v", err)
	}
}

func TestTheBrokerIsConnectedOnceAndOnlyWhenUsed(t *testing.T) {
	b := &counted{Broker: broker.NewMemoryBroker()}
	s := open(t, introspect.Config{Broker: b})
	if b.connects != 0 {
		t.Error("connected before it was used")
	}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if _, err := s.Broker(); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for range 3 {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
	if b.connects != 1 || b.disconnects != 1 {
		t.Errorf("connected %d times, disconnected %d times", b.connects, b.disconnects)
	}
	if _, err := s.Broker(); err == nil {
		t.Error("a closed session hands out its broker")
	}
}

func TestABrokerThatDoesNotConnect(t *testing.T) {
	b := &counted{Broker: broker.NewMemoryBroker(), refuse: errors.New("refused")}
	s := open(t, introspect.Config{Broker: b})
	if _, err := s.Broker(); !errors.Is(err, b.refuse) {
		t.Errorf("got %v", err)
	}
	b.refuse = nil
	if _, err := s.Broker(); err != nil {
		t.Errorf("the second try: %v", err)
	}
}

func TestReadOnly(t *testing.T) {
	if err := open(t, introspect.Config{}).Change(); err != nil {
		t.Error(err)
	}
	s := open(t, introspect.Config{ReadOnly: true})
	if err := s.Change(); !errors.Is(err, introspect.ErrReadOnly) || !s.ReadOnly() {
		t.Errorf("got %v", err)
	}
}

// The token goes to the addresses that may see it and to no other, whatever registers.
func TestTheTokenGoesOnlyWhereItMay(t *testing.T) {
	s := open(t, introspect.Config{Token: "secret", TokenHosts: []netip.Prefix{
		netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128"), netip.MustParsePrefix("10.1.0.0/16"),
	}})
	for address, may := range map[string]bool{
		"127.0.0.1:80": true, "[::1]:80": true, "10.1.2.3:9": true, "[::ffff:127.0.0.1]:80": true,
		"10.2.2.3:9": false, "8.8.8.8:80": false, "localhost:80": false, "127.0.0.1.evil.example:80": false, "127.0.0.1": false,
		"": false, "unix:/run/x": false, "[::ffff:8.8.8.8]:80": false, "0x7f.1:80": false, "127.0.0.1:80@8.8.8.8:80": false,
	} {
		if got := s.TokenFor(address); (got == "secret") != may {
			t.Errorf("%q: %q", address, got)
		}
	}
	if got := open(t, introspect.Config{}).TokenFor("127.0.0.1:80"); got != "" {
		t.Errorf("no token: %q", got)
	}
}

func shop(t *testing.T) *introspect.Session {
	t.Helper()
	r := registry.NewMemoryRegistry()
	for _, s := range []*registry.Service{
		{Name: "shop.catalog", Version: "1.9", Nodes: nodes("shop.catalog-aaa1", "shop.catalog-aaa2")},
		{Name: "shop.catalog", Version: "1.10", Nodes: nodes("shop.catalog-bbb1")},
		{Name: "shop.cart", Version: "1", Nodes: nodes("1", "x-1")},
	} {
		if err := r.Register(s); err != nil {
			t.Fatal(err)
		}
	}
	return open(t, introspect.Config{Registry: r, Registered: "file /run/reg"})
}

func nodes(ids ...string) []*registry.Node {
	var out []*registry.Node
	for _, id := range ids {
		out = append(out, &registry.Node{Id: id, Address: "127.0.0.1:80"})
	}
	return out
}

func TestResolve(t *testing.T) {
	s := shop(t)
	for _, tt := range []struct {
		target introspect.Target
		want   string
	}{
		{introspect.Target{Service: "shop.catalog"}, "1.10: shop.catalog-bbb1; 1.9: shop.catalog-aaa1 shop.catalog-aaa2; "},
		{introspect.Target{Service: "shop.catalog", Version: "1.9"}, "1.9: shop.catalog-aaa1 shop.catalog-aaa2; "},
		{introspect.Target{Service: "shop.catalog", Node: "shop.catalog-aaa2"}, "1.9: shop.catalog-aaa2; "},
		{introspect.Target{Service: "shop.catalog", Node: "aaa2"}, "1.9: shop.catalog-aaa2; "},
		{introspect.Target{Service: "shop.catalog", Node: "a2", Version: "1.9"}, "1.9: shop.catalog-aaa2; "},
		{introspect.Target{Service: "shop.catalog", Node: "1"}, "1.10: shop.catalog-bbb1; 1.9: shop.catalog-aaa1; "},
		{introspect.Target{Service: "shop.cart", Node: "1"}, "1: 1; "}, // the whole id, not the end of another's
		{introspect.Target{Address: "10.0.0.1:80"}, ": 10.0.0.1:80; "},
		{introspect.Target{Service: "nobody", Address: "10.0.0.1:80"}, ": 10.0.0.1:80; "},
	} {
		found, err := s.Resolve(t.Context(), tt.target)
		if err != nil {
			t.Errorf("%v: %v", tt.target, err)
			continue
		}
		got := ""
		for _, service := range found {
			got += service.Version + ":"
			for _, n := range service.Nodes {
				got += " " + n.Id
			}
			got += "; "
		}
		if got != tt.want {
			t.Errorf("%v: got %q, want %q", tt.target, got, tt.want)
		}
	}
	whole, err := s.Registry().GetService("shop.catalog")
	if err != nil || len(whole[0].Nodes)+len(whole[1].Nodes) != 3 {
		t.Errorf("the registry's own records changed: %v, %v", whole, err)
	}
}

func TestWhatIsNotThere(t *testing.T) {
	s := shop(t)
	empty := open(t, introspect.Config{Registered: "file /run/reg"})
	for _, tt := range []struct {
		session *introspect.Session
		target  introspect.Target
		want    []string
	}{
		{s, introspect.Target{Service: "shop.catalgo"}, []string{`no service "shop.catalgo" in file /run/reg`, "did you mean shop.catalog", "microtop services"}},
		{s, introspect.Target{Service: "payments"}, []string{`no service "payments" in file /run/reg, which has 2 others`}},
		{empty, introspect.Target{Service: "payments"}, []string{"there is none at all", "microtop doctor"}},
		{s, introspect.Target{Service: "shop.catalog", Version: "1.11"}, []string{`no version "1.11" in shop.catalog (file /run/reg)`, "did you mean 1.10 or 1.9?"}},
		{s, introspect.Target{Service: "shop.catalog", Node: "bbb2"}, []string{`no node "bbb2" in shop.catalog (file /run/reg)`, "shop.catalog-bbb1"}},
		{s, introspect.Target{Service: "shop.catalog", Version: "1.10", Node: "zzzzzzzzzz"}, []string{`no node "zzzzzzzzzz"`, "did you mean shop.catalog-bbb1?"}},
	} {
		_, err := tt.session.Resolve(t.Context(), tt.target)
		var missing *introspect.NotFoundError
		if !errors.As(err, &missing) {
			t.Errorf("%v: %v", tt.target, err)
			continue
		}
		for _, part := range tt.want {
			if !strings.Contains(err.Error(), part) {
				t.Errorf("%v: %q lacks %q", tt.target, err, part)
			}
		}
	}
}

// broken answers nothing.
type broken struct{ registry.Registry }

func (broken) GetService(string, ...registry.GetOption) ([]*registry.Service, error) {
	return nil, context.DeadlineExceeded
}

func TestARegistryThatFailsIsNamed(t *testing.T) {
	s := open(t, introspect.Config{Registry: broken{registry.NewMemoryRegistry()}, Registered: "mdns"})
	_, err := s.Resolve(t.Context(), introspect.Target{Service: "shop"})
	if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "look up shop in mdns") {
		t.Errorf("got %v", err)
	}
}

func TestTargetsAreNamed(t *testing.T) {
	for want, target := range map[string]introspect.Target{
		"s": {Service: "s"}, "s version 1": {Service: "s", Version: "1"}, "s node n": {Service: "s", Version: "1", Node: "n"}, "h:1": {Service: "s", Address: "h:1"},
	} {
		if got := target.String(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestCompareVersions(t *testing.T) {
	ordered := []string{"", "1", "1.2", "1.9", "1.10", "1.10-rc1", "2", "10", "latest", "v1.9.3", "v1.12.0"}
	for i, a := range ordered {
		for j, b := range ordered {
			if got, want := introspect.CompareVersions(a, b), compare(i, j); got != want {
				t.Errorf("CompareVersions(%q, %q) = %d, want %d", a, b, got, want)
			}
		}
	}
	if introspect.CompareVersions("1.01", "1.1") == 0 {
		t.Error("different versions count as one")
	}
}

func compare(i, j int) int {
	switch {
	case i < j:
		return -1
	case i > j:
		return 1
	default:
		return 0
	}
}

// An address that the user names may see the token; the same address from the registry may not.
func TestTokenForANamedAddress(t *testing.T) {
	s := open(t, introspect.Config{Token: "secret"})
	const address = "127.0.0.1:4711"
	if got := s.TokenFor(address); got != "" {
		t.Errorf("an address that nobody named sees %q", got)
	}
	if _, err := s.Resolve(t.Context(), introspect.Target{Address: address}); err != nil {
		t.Fatal(err)
	}
	if got := s.TokenFor(address); got != "secret" {
		t.Errorf("the named address sees %q", got)
	}
}
