package broker_test

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"reflect"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/microtop/microtop/framework/broker"
	"github.com/microtop/microtop/framework/codec/json"
	"github.com/microtop/microtop/framework/registry"
)

func methods[T any]() []string {
	var names []string
	of := reflect.TypeFor[T]()
	for i := range of.NumMethod() {
		names = append(names, of.Method(i).Name)
	}
	return names
}

func TestA120_A121_TheInterfaceOfABroker(t *testing.T) {
	for what, c := range map[string]struct{ got, want []string }{
		"broker":     {methods[broker.Broker](), []string{"Address", "Connect", "Disconnect", "Init", "Options", "Publish", "String", "Subscribe"}},
		"event":      {methods[broker.Event](), []string{"Ack", "Error", "Message", "Topic"}},
		"subscriber": {methods[broker.Subscriber](), []string{"Options", "Topic", "Unsubscribe"}},
	} {
		if diff := cmp.Diff(c.want, c.got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", what, diff)
		}
	}
	b, _ := open(t)
	got := make(chan string, 1)
	s, err := b.Subscribe("t", func(e broker.Event) error {
		got <- strings.Join([]string{e.Topic(), e.Message().Header["K"], string(e.Message().Body)}, " ")
		return e.Ack()
	}, broker.Queue("q"))
	if err != nil {
		t.Fatal(err)
	}
	if s.Topic() != "t" || s.Options().Queue != "q" {
		t.Errorf("subscriber of %q, options %+v", s.Topic(), s.Options())
	}
	if err := b.Publish("t", &broker.Message{Header: map[string]string{"K": "v"}, Body: []byte("body")}); err != nil {
		t.Fatal(err)
	}
	if text := <-got; text != "t v body" {
		t.Errorf("the handler got %q", text)
	}
}

// A122: the default is the http broker, from process to process without a server between.
func TestA122_TheDefaultIsHTTPPointToPoint(t *testing.T) {
	if broker.DefaultBroker.String() != "http" || broker.NewBroker().String() != "http" {
		t.Errorf("named %q", broker.DefaultBroker)
	}
	r := registry.NewMemoryRegistry()
	one, two := broker.NewBroker(broker.Registry(r)), broker.NewBroker(broker.Registry(r))
	for _, b := range []broker.Broker{one, two} {
		if err := b.Connect(); err != nil {
			t.Fatal(err)
		}
		defer b.Disconnect()
	}
	if one.Address() == two.Address() {
		t.Error("two brokers share an address")
	}
	got := make(chan string, 1)
	if _, err := two.Subscribe("t", func(e broker.Event) error { got <- string(e.Message().Body); return nil }); err != nil {
		t.Fatal(err)
	}
	if err := one.Publish("t", &broker.Message{Body: []byte("x")}); err != nil {
		t.Fatal(err)
	}
	select {
	case <-got:
	case <-time.After(5 * time.Second):
		t.Fatal("nothing came")
	}
}

// A127: without a queue every node gets a copy; of the members of a queue one does, whichever.
func TestA127_QueuesAndBroadcast(t *testing.T) {
	r := registry.NewMemoryRegistry()
	publisher := broker.NewBroker(broker.Registry(r))
	var counts [5]atomic.Int64 // two that get all, three that share
	brokers := []broker.Broker{publisher}
	for range counts {
		brokers = append(brokers, broker.NewBroker(broker.Registry(r)))
	}
	for i, b := range brokers {
		if err := b.Connect(); err != nil {
			t.Fatal(err)
		}
		defer b.Disconnect()
		if i == 0 {
			continue
		}
		var opts []broker.SubscribeOption
		if i > 2 {
			opts = append(opts, broker.Queue("workers"))
		}
		if _, err := b.Subscribe("t", func(broker.Event) error { counts[i-1].Add(1); return nil }, opts...); err != nil {
			t.Fatal(err)
		}
	}
	services, err := r.GetService(broker.ServiceName)
	if err != nil {
		t.Fatal(err)
	}
	var versions []string
	for _, s := range services {
		versions = append(versions, s.Version)
	}
	slices.Sort(versions)
	if diff := cmp.Diff([]string{"ff.http.broadcast", "workers"}, versions); diff != "" {
		t.Errorf("versions of %s (-want +got):\n%s", broker.ServiceName, diff)
	}
	const times = 90
	for range times {
		if err := publisher.Publish("t", &broker.Message{Body: []byte("x")}); err != nil {
			t.Fatal(err)
		}
	}
	shared := func() int64 { return counts[2].Load() + counts[3].Load() + counts[4].Load() }
	eventually(t, func() bool { return counts[0].Load() == times && counts[1].Load() == times && shared() == times })
	for i := 2; i < 5; i++ {
		if n := counts[i].Load(); n < 10 || n > 60 {
			t.Errorf("member %d of the queue got %d of %d", i-2, n, times)
		}
	}
}

func eventually(t *testing.T, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(5 * time.Second); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("not within 5 s")
		}
	}
}

func TestA129_A131_Options(t *testing.T) {
	type key struct{}
	r, secure := registry.NewMemoryRegistry(), &tls.Config{ServerName: "x", MinVersion: tls.VersionTLS13}
	set := []broker.Option{
		broker.Addrs("127.0.0.1:0"), broker.Secure(true), broker.TLSConfig(secure), broker.Registry(r), broker.Codec(json.Marshaler{}),
		func(o *broker.Options) { o.Context = context.WithValue(context.Background(), key{}, 1) },
	}
	later := broker.NewBroker()
	if err := later.Init(set...); err != nil {
		t.Fatal(err)
	}
	for name, b := range map[string]broker.Broker{"given": broker.NewBroker(set...), "set by Init": later} {
		o := b.Options()
		if len(o.Addrs) != 1 || !o.Secure || o.TLSConfig != secure || o.Registry != r || o.Codec == nil || o.Context.Value(key{}) != 1 {
			t.Errorf("%s: %+v", name, o)
		}
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	l.Close()
	b, _ := open(t, broker.Addrs(address))
	if b.Address() != address {
		t.Errorf("listens on %s, was told %s", b.Address(), address)
	}
}

// A130: what Connect opens Disconnect closes, and both may be repeated.
func TestA130_TwoStates(t *testing.T) {
	r := registry.NewMemoryRegistry()
	b := broker.NewBroker(broker.Registry(r))
	unconnected := func(when string) {
		t.Helper()
		_, err := b.Subscribe("t", func(broker.Event) error { return nil })
		if published := b.Publish("t", &broker.Message{}); !errors.Is(err, broker.ErrNotConnected) || !errors.Is(published, broker.ErrNotConnected) {
			t.Errorf("%s: subscribe %v, publish %v", when, err, published)
		}
	}
	unconnected("before Connect")
	for range 2 {
		if err := errors.Join(b.Connect(), b.Connect()); err != nil {
			t.Fatal(err)
		}
		address := b.Address()
		if _, err := b.Subscribe("t", func(broker.Event) error { return nil }); err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(b.Disconnect(), b.Disconnect()); err != nil {
			t.Fatal(err)
		}
		if conn, err := net.DialTimeout("tcp", address, time.Second); err == nil {
			conn.Close()
			t.Error("still listening after Disconnect")
		}
		if services, err := r.GetService(broker.ServiceName); err == nil && len(services) > 0 {
			t.Errorf("still registered after Disconnect: %v", services)
		}
		unconnected("after Disconnect")
	}
}

// A132: a message to all services changes what they do, while they run.
func TestA132_BehaviourIsChangedAtRunTime(t *testing.T) {
	r := registry.NewMemoryRegistry()
	publisher := broker.NewBroker(broker.Registry(r))
	var levels sync.Map
	brokers := []broker.Broker{publisher}
	for i := range 3 {
		b := broker.NewBroker(broker.Registry(r))
		brokers = append(brokers, b)
		levels.Store(i, "info")
		if err := b.Connect(); err != nil {
			t.Fatal(err)
		}
		if _, err := b.Subscribe("log.level", func(e broker.Event) error { levels.Store(i, string(e.Message().Body)); return nil }); err != nil {
			t.Fatal(err)
		}
	}
	if err := publisher.Connect(); err != nil {
		t.Fatal(err)
	}
	if err := publisher.Publish("log.level", &broker.Message{Body: []byte("debug")}); err != nil {
		t.Fatal(err)
	}
	eventually(t, func() bool {
		all := true
		levels.Range(func(_, level any) bool { all = all && level == "debug"; return true })
		return all
	})
	for _, b := range brokers {
		if err := b.Disconnect(); err != nil {
			t.Error(err)
		}
	}
}
