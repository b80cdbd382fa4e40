package presence_test

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/microtop/microtop/framework/broker"
	"github.com/microtop/microtop/framework/internal/presence"
	"github.com/microtop/microtop/framework/registry"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const interval = 30 * time.Second

// place is a registry and a broker with a presence in them.
type place struct {
	*presence.Presence
	registry registry.Registry
	broker   broker.Broker
	sick     atomic.Bool
	heard    atomic.Int64
}

func newPlace(t *testing.T) *place {
	t.Helper()
	p := &place{registry: registry.NewMemoryRegistry(), broker: broker.NewMemoryBroker()}
	if err := p.broker.Connect(); err != nil {
		t.Fatal(err)
	}
	p.Presence = presence.New(t.Context(), presence.Config{
		Registry: p.registry, Broker: p.broker, TTL: 3 * interval, Interval: interval, Log: slog.New(slog.DiscardHandler),
		Check: func(context.Context) error {
			if p.sick.Load() {
				return errors.New("sick")
			}
			return nil
		},
		Record: func(*registry.Service) *registry.Service {
			return &registry.Service{Name: "a", Version: "1", Nodes: []*registry.Node{{Id: "a-1", Address: "127.0.0.1:1"}}}
		},
		Subscriptions: func() []presence.Subscription {
			receive := func(broker.Event) error { p.heard.Add(1); return nil }
			s := presence.Subscription{Topic: "t", AutoAck: true, Context: context.Background(), Receive: receive}
			return []presence.Subscription{s, s}
		},
	})
	return p
}

// is checks whether the node is registered and the topic heard, once.
func (p *place) is(t *testing.T, known bool) {
	t.Helper()
	_, err := p.registry.GetService("a")
	if (err == nil) != known {
		t.Errorf("registered: %v, want %v", err == nil, known)
	}
	before := p.heard.Load()
	if err := p.broker.Publish("t", &broker.Message{}); err != nil {
		t.Fatal(err)
	}
	synctest.Wait()
	want := int64(0)
	if known {
		want = 1
	}
	if got := p.heard.Load() - before; got != want {
		t.Errorf("a message was heard %d times, want %d", got, want)
	}
}

func TestAServerIsKnownUntilItLeaves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPlace(t)
		p.Start()
		for range 10 {
			p.is(t, true)
			time.Sleep(interval)
		}
		if err := p.Leave(t.Context()); err != nil {
			t.Error(err)
		}
		p.is(t, false)
		time.Sleep(2 * interval)
		p.is(t, false)
		if err := p.broker.Disconnect(); err != nil {
			t.Error(err)
		}
	})
}

func TestAServerStaysOutWhileItsCheckFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPlace(t)
		p.sick.Store(true)
		p.Start()
		p.is(t, false)
		for _, sick := range []bool{false, true, true, false} {
			p.sick.Store(sick)
			time.Sleep(interval + time.Millisecond)
			p.is(t, !sick)
		}
		if err := p.Leave(t.Context()); err != nil {
			t.Error(err)
		}
		if err := p.broker.Disconnect(); err != nil {
			t.Error(err)
		}
	})
}

func TestAnInterruptedStartDoesNotRegister(t *testing.T) {
	p := newPlace(t)
	p.Interrupt()
	p.Start()
	if _, err := p.registry.GetService("a"); err == nil {
		t.Error("it is registered")
	}
	if err := p.Leave(t.Context()); err != nil || !p.Interrupted() {
		t.Errorf("left with %v", err)
	}
	if err := p.broker.Disconnect(); err != nil {
		t.Error(err)
	}
}

func TestAddress(t *testing.T) {
	for _, c := range []struct{ advertise, listening, want string }{
		{"", "10.1.2.3:80", "10.1.2.3:80"},
		{"", "[fd00::1]:80", "[fd00::1]:80"},
		{"example.org:443", "10.1.2.3:80", "example.org:443"},
		{"example.org", "10.1.2.3:80", "example.org"},
		{"", "an:address:of:another:kind", "an:address:of:another:kind"},
	} {
		if got := presence.Address(c.advertise, c.listening); got != c.want {
			t.Errorf("%q, %q: %q, want %q", c.advertise, c.listening, got, c.want)
		}
	}
	for _, wildcard := range []string{":80", "0.0.0.0:80", "[::]:80"} {
		host, port, err := net.SplitHostPort(presence.Address("", wildcard))
		if err != nil || port != "80" || net.ParseIP(host) == nil || net.ParseIP(host).IsUnspecified() {
			t.Errorf("%s became %s:%s (%v)", wildcard, host, port, err)
		}
	}
}
