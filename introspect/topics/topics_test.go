package topics_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	micro "github.com/microtop/microtop/framework"
	"github.com/microtop/microtop/framework/broker"
	"github.com/microtop/microtop/framework/client"
	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/framework/server/servertest/fleet"
	"github.com/microtop/microtop/introspect"
	live "github.com/microtop/microtop/introspect/fleet"
	"github.com/microtop/microtop/introspect/schema"
	"github.com/microtop/microtop/introspect/topics"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func listener(topic string) *registry.Endpoint {
	return &registry.Endpoint{Name: "Func", Metadata: map[string]string{"subscriber": "true", "topic": topic}}
}

func subscription(topic, id string) *registry.Node {
	return &registry.Node{Id: id, Address: "127.0.0.1:1", Metadata: map[string]string{"topic": topic, "broker": "http"}}
}

func records() []*registry.Service {
	one := []*registry.Node{{Id: "n", Address: "127.0.0.1:1"}}
	return []*registry.Service{
		{Name: "mail", Version: "1", Nodes: one, Endpoints: []*registry.Endpoint{listener("orders"), listener("orders"), {Name: "Mail.Send"}}},
		{Name: "mail", Version: "2", Nodes: one, Endpoints: []*registry.Endpoint{listener("orders")}},
		{Name: "audit", Version: "1", Nodes: one, Endpoints: []*registry.Endpoint{listener("orders"), listener("logins"), listener("")}},
		{Name: "odd", Version: "1", Nodes: one, Endpoints: []*registry.Endpoint{{Name: "X", Metadata: map[string]string{"topic": "not a subscriber"}}}},
		{Name: "micro.http.broker", Version: "ff.http.broadcast", Nodes: []*registry.Node{subscription("orders", "a"), subscription("plain", "b"), {Id: "c", Address: "127.0.0.1:1"}}},
		{Name: "micro.http.broker", Version: "workers", Nodes: []*registry.Node{subscription("orders", "d"), subscription("orders", "e")}},
	}
}

var wantTopics = []*topics.Topic{
	{Name: "logins", Subscribers: []string{"audit"}},
	{Name: "orders", Subscribers: []string{"audit", "mail"}, Nodes: 3, Queues: []string{"workers"}},
	{Name: "plain", Nodes: 1},
}

func TestTopicsOfARegistry(t *testing.T) {
	if diff := cmp.Diff(wantTopics, topics.FromServices(records())); diff != "" {
		t.Errorf("FromServices (-want +got):\n%s", diff)
	}
	if got := topics.FromServices(nil); len(got) != 0 {
		t.Errorf("nothing: %v", got)
	}
	r := registry.NewMemoryRegistry()
	for _, s := range records() {
		if err := r.Register(s); err != nil {
			t.Fatal(err)
		}
	}
	s := session(t, r, nil)
	got, err := topics.List(t.Context(), s)
	if diff := cmp.Diff(wantTopics, got); err != nil || diff != "" {
		t.Errorf("List: %v (-want +got):\n%s", err, diff)
	}
	f := live.Start(t.Context(), s, live.Options{Probe: -1})
	defer f.Close()
	if err := f.Ready(t.Context()); err != nil {
		t.Fatal(err)
	}
	eventually(t, func() error {
		if diff := cmp.Diff(wantTopics, topics.FromSnapshot(f.Snapshot())); diff != "" {
			return fmt.Errorf("FromSnapshot (-want +got):\n%s", diff)
		}
		return nil
	})
}

func TestFind(t *testing.T) {
	found, err := topics.Find(wantTopics, "orders", "mdns")
	if err != nil || found.Name != "orders" {
		t.Errorf("got %v, %v", found, err)
	}
	_, err = topics.Find(wantTopics, "oders", "mdns")
	var missing *introspect.NotFoundError
	if !errors.As(err, &missing) || err.Error() != `no topic "oders" in mdns: did you mean orders?` {
		t.Errorf("got %v", err)
	}
}

func session(t *testing.T, r registry.Registry, b broker.Broker, change ...func(*introspect.Config)) *introspect.Session {
	t.Helper()
	c := introspect.Config{Registry: r, Broker: b, Client: client.NewClient(client.Registry(r)), Timeout: 5 * time.Second}
	for _, f := range change {
		f(&c)
	}
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

// inbox is what a service's subscriber got.
type inbox struct {
	mu  sync.Mutex
	got []*fleet.Event
}

func (i *inbox) take(_ context.Context, e *fleet.Event) error {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.got = append(i.got, e)
	return nil
}

func (i *inbox) len() int {
	i.mu.Lock()
	defer i.mu.Unlock()
	return len(i.got)
}

// mail starts a service that subscribes to orders with a protobuf event.
func mail(t *testing.T, r registry.Registry, b broker.Broker) (*inbox, client.Client) {
	t.Helper()
	in := new(inbox)
	s := serve(t, "mail", r, b, func(s micro.Service) error { return micro.RegisterSubscriber("orders", s.Server(), in.take) })
	return in, s.Client()
}

// serve starts a service with what register adds to it.
func serve(t *testing.T, name string, r registry.Registry, b broker.Broker, register func(micro.Service) error) micro.Service {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	started, ended := make(chan struct{}), make(chan error, 1)
	s := micro.NewService(micro.Name(name), micro.Address("127.0.0.1:0"), micro.Registry(r), micro.Broker(b),
		micro.HandleSignal(false), micro.Context(ctx), micro.AfterStart(func() error { close(started); return nil }))
	if err := register(s); err != nil {
		t.Fatal(err)
	}
	go func() { ended <- s.Run() }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	select {
	case <-started:
	case <-time.After(10 * time.Second):
		t.Fatal("the service does not start")
	}
	return s
}

// pairs are the brokers, as a service and a session hold them.
var pairs = map[string]func(r registry.Registry) (service, console broker.Broker){
	"memory": func(registry.Registry) (broker.Broker, broker.Broker) {
		b := broker.NewMemoryBroker()
		return b, b
	},
	"http": func(r registry.Registry) (broker.Broker, broker.Broker) {
		return broker.NewBroker(broker.Registry(r)), broker.NewBroker(broker.Registry(r))
	},
}

func TestTail(t *testing.T) {
	for name, pair := range pairs {
		t.Run(name, func(t *testing.T) {
			r := registry.NewMemoryRegistry()
			theirs, ours := pair(r)
			in, publisher := mail(t, r, theirs)
			tail, err := topics.Follow(t.Context(), session(t, r, ours), "orders", "plain", "orders")
			if err != nil {
				t.Fatal(err)
			}
			defer closed(t, tail)
			publish := func(topic string, payload any, contentType string) *topics.Message {
				t.Helper()
				if err := publisher.Publish(t.Context(), publisher.NewMessage(topic, payload, client.WithMessageContentType(contentType))); err != nil {
					t.Fatal(err)
				}
				return next(t, tail)
			}
			m := publish("orders", &fleet.Event{Id: "o1", Stamp: 9007199254740993}, "application/protobuf")
			if string(m.JSON) != `{"id":"o1","stamp":"9007199254740993"}` || m.Topic != "orders" || m.ContentType != "application/protobuf" || len(m.Raw) == 0 {
				t.Errorf("protobuf: %s as %s, %q", m.JSON, m.ContentType, m.Raw)
			}
			if m.Header["Micro-Topic"] != "orders" || time.Since(m.Time) > time.Minute {
				t.Errorf("header = %v, time %v", m.Header, m.Time)
			}
			m = publish("orders", &fleet.Event{Id: "o2"}, "application/json")
			if !strings.Contains(string(m.JSON), `"id":"o2"`) {
				t.Errorf("JSON: %s", m.JSON)
			}
			if m = publish("plain", &fleet.Event{Id: "o3"}, "application/protobuf"); m.JSON != nil || string(m.Raw) != "\x0a\x02o3" {
				t.Errorf("of an unknown schema: %s, %q", m.JSON, m.Raw)
			}
			if received, bytes, dropped := tail.Counts(); received != 3 || bytes == 0 || dropped != 0 {
				t.Errorf("%d received, %d bytes, %d dropped", received, bytes, dropped)
			}
			eventually(t, func() error {
				if in.len() != 2 {
					return fmt.Errorf("the service got %d of 2", in.len())
				}
				return nil
			})
		})
	}
}

// What is not what it says it is, is shown as bytes, and a body that reads as JSON by chance is still protobuf.
func TestHowBodiesAreRead(t *testing.T) {
	r, b := registry.NewMemoryRegistry(), broker.NewMemoryBroker()
	mail(t, r, b)
	tail, err := topics.Follow(t.Context(), session(t, r, b), "orders")
	if err != nil {
		t.Fatal(err)
	}
	defer closed(t, tail)
	for _, tt := range []struct{ name, contentType, body, want string }{
		{"JSON that says so", "application/json", ` {"id": 1} `, `{"id": 1}`},
		{"JSON that says nothing", "", `[1]`, `[1]`},
		{"protobuf that says nothing", "", "\x0a\x02o1", `{"id":"o1"}`},
		{"empty protobuf", "application/protobuf", "", `{}`},
		{"protobuf that reads as JSON", "application/protobuf", " 1", `{}`}, // field 4, a number
		{"JSON that says protobuf", "application/protobuf", `{"id":1}`, `{"id":1}`},
		{"no protobuf", "application/protobuf", "\xff\xff\xff", ""},
		{"another type", "application/octet-stream", "\x0a\x02o1", ""},
		{"text", "text/plain", "hello", ""},
		{"nothing", "text/plain", "", ""},
	} {
		header := map[string]string{"Content-Type": tt.contentType}
		if tt.contentType == "" {
			header = nil
		}
		if err := b.Publish("orders", &broker.Message{Header: header, Body: []byte(tt.body)}); err != nil {
			t.Fatal(err)
		}
		m := next(t, tail)
		if string(m.JSON) != tt.want || string(m.Raw) != tt.body {
			t.Errorf("%s: %q of %q, want %q", tt.name, m.JSON, m.Raw, tt.want)
		}
	}
}

func TestPublish(t *testing.T) {
	for name, pair := range pairs {
		t.Run(name, func(t *testing.T) {
			r := registry.NewMemoryRegistry()
			theirs, ours := pair(r)
			in, _ := mail(t, r, theirs)
			s := session(t, r, ours)
			tail, err := topics.Follow(t.Context(), s, "orders", "plain")
			if err != nil {
				t.Fatal(err)
			}
			defer closed(t, tail)
			if err := topics.Publish(t.Context(), s, topics.Publication{Topic: "orders", Body: []byte(`{"id":"o1"}`), Header: map[string]string{"Tenant": "t1"}}); err != nil {
				t.Fatal(err)
			}
			m := next(t, tail)
			if string(m.Raw) != "\x0a\x02o1" || m.ContentType != "application/protobuf" || m.Header["Tenant"] != "t1" || m.Header["Micro-Id"] == "" {
				t.Errorf("%q as %s, header %v", m.Raw, m.ContentType, m.Header)
			}
			eventually(t, func() error {
				if in.len() != 1 {
					return errors.New("the service has not got it")
				}
				return nil
			})
			if err := topics.Publish(t.Context(), s, topics.Publication{Topic: "plain", Body: []byte(`{"any":[1]}`)}); err != nil {
				t.Fatal(err)
			}
			if m := next(t, tail); string(m.Raw) != `{"any":[1]}` || m.ContentType != "application/json" {
				t.Errorf("%q as %s", m.Raw, m.ContentType)
			}
			if err := topics.Publish(t.Context(), s, topics.Publication{Topic: "plain", Body: []byte("\xff"), Header: map[string]string{"Content-Type": "application/x"}}); err != nil {
				t.Fatal(err)
			}
			if m := next(t, tail); string(m.Raw) != "\xff" || m.ContentType != "application/x" {
				t.Errorf("%q as %s", m.Raw, m.ContentType)
			}
			received, _, _ := tail.Counts()
			for _, bad := range []string{`{`, `{"idd":"x"}`, `{"stamp":"soon"}`, `[]`} {
				var body *schema.BodyError
				if err := topics.Publish(t.Context(), s, topics.Publication{Topic: "orders", Body: []byte(bad)}); !errors.As(err, &body) {
					t.Errorf("%s: %v", bad, err)
				}
			}
			if after, _, _ := tail.Counts(); after != received {
				t.Error("something was sent")
			}
		})
	}
}

func TestPublishToNobody(t *testing.T) {
	for name, pair := range pairs {
		_, b := pair(registry.NewMemoryRegistry())
		s := session(t, registry.NewMemoryRegistry(), b)
		if err := topics.Publish(t.Context(), s, topics.Publication{Topic: "orders", Body: []byte(`{}`)}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestReadOnlySessions(t *testing.T) {
	s := session(t, registry.NewMemoryRegistry(), broker.NewMemoryBroker(), func(c *introspect.Config) { c.ReadOnly = true })
	if _, err := topics.Follow(t.Context(), s, "orders"); !errors.Is(err, introspect.ErrReadOnly) || !strings.Contains(err.Error(), "registers a subscriber") {
		t.Errorf("tail: %v", err)
	}
	if err := topics.Publish(t.Context(), s, topics.Publication{Topic: "orders"}); !errors.Is(err, introspect.ErrReadOnly) {
		t.Errorf("publish: %v", err)
	}
}

// A reader that is behind loses messages, which are counted, and has the tail back once it has read.
func TestAReaderThatIsBehind(t *testing.T) {
	for _, tt := range []struct {
		name string
		size int
		n    int
	}{{"many", 1, 5000}, {"large", 1 << 20, 40}} {
		t.Run(tt.name, func(t *testing.T) {
			b := broker.NewMemoryBroker()
			tail, err := topics.Follow(t.Context(), session(t, registry.NewMemoryRegistry(), b), "orders")
			if err != nil {
				t.Fatal(err)
			}
			defer closed(t, tail)
			body := make([]byte, tt.size)
			publish := func(n int) {
				t.Helper()
				for range n {
					before, _, _ := tail.Counts()
					if err := b.Publish("orders", &broker.Message{Body: body}); err != nil {
						t.Fatal(err)
					}
					for end := time.Now().Add(5 * time.Second); ; {
						if now, _, _ := tail.Counts(); now > before {
							break
						} else if time.Now().After(end) {
							t.Fatal("the message does not come")
						}
					}
				}
			}
			publish(tt.n)
			received, bytes, _ := tail.Counts()
			if received != uint64(tt.n) || bytes != uint64(tt.n)*uint64(tt.size) {
				t.Errorf("%d received, %d bytes", received, bytes)
			}
			got := uint64(0)
			for _, _, dropped := tail.Counts(); got+dropped < received; _, _, dropped = tail.Counts() {
				next(t, tail)
				got++
			}
			if _, _, dropped := tail.Counts(); dropped == 0 || got+dropped != received {
				t.Errorf("%d read, %d dropped of %d", got, dropped, received)
			}
			publish(3) // as before: what was read is held no more
			for range 3 {
				next(t, tail)
			}
		})
	}
}

func TestTheEndOfATail(t *testing.T) {
	b := broker.NewMemoryBroker()
	s := session(t, registry.NewMemoryRegistry(), b)
	tail, err := topics.Follow(t.Context(), s, "orders")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if _, err := tail.Next(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	ended := make(chan error, 1)
	go func() {
		_, err := tail.Next(context.Background())
		ended <- err
	}()
	closed(t, tail)
	closed(t, tail)
	if err := <-ended; !errors.Is(err, io.EOF) {
		t.Errorf("Next after Close: %v", err)
	}
	if err := b.Publish("orders", &broker.Message{Body: []byte("{}")}); err != nil {
		t.Fatal(err)
	}
	if received, _, _ := tail.Counts(); received != 0 {
		t.Error("it still receives")
	}
}

// The http broker's registration goes with the tail.
func TestATailLeavesNothingInTheRegistry(t *testing.T) {
	r := registry.NewMemoryRegistry()
	s := session(t, r, broker.NewBroker(broker.Registry(r)))
	tail, err := topics.Follow(t.Context(), s, "orders")
	if err != nil {
		t.Fatal(err)
	}
	if found, err := topics.List(t.Context(), s); err != nil || len(found) != 1 || found[0].Nodes != 1 {
		t.Errorf("while it runs: %v, %v", found, err)
	}
	closed(t, tail)
	if found, err := topics.List(t.Context(), s); err != nil || len(found) != 0 {
		t.Errorf("afterwards: %v, %v", found, err)
	}
}

func closed(t *testing.T, tail *topics.Tail) {
	t.Helper()
	if err := tail.Close(); err != nil {
		t.Error(err)
	}
}

func next(t *testing.T, tail *topics.Tail) *topics.Message {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	m, err := tail.Next(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func eventually(t *testing.T, check func() error) {
	t.Helper()
	for end := time.Now().Add(5 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		err := check()
		if err == nil {
			return
		}
		if time.Now().After(end) {
			t.Fatal(err)
		}
	}
}
