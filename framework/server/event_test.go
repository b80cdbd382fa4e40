package server_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/microtop/microtop/framework/metadata"
	"github.com/microtop/microtop/framework/server"
	"github.com/microtop/microtop/framework/server/servertest/fleet"
)

// inbox collects what subscribers were given.
type inbox struct {
	mu  sync.Mutex
	got []string
}

func (i *inbox) add(s string) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.got = append(i.got, s)
}

// Many is a subscriber with two methods.
type Many struct{ in *inbox }

func (m *Many) First(ctx context.Context, e *fleet.Event) error {
	tenant, _ := metadata.Get(ctx, "X-Tenant")
	m.in.add("first " + e.GetId() + " of " + tenant)
	return nil
}

func (m *Many) Second(e fleet.Item) error {
	m.in.add("second")
	return errors.New("second failed")
}

func TestEventsPostedToThePort(t *testing.T) {
	t.Parallel()
	in := new(inbox)
	wrap := func(name string) server.SubscriberWrapper {
		return func(next server.SubscriberFunc) server.SubscriberFunc {
			return func(ctx context.Context, msg server.Message) error {
				in.add(name)
				return next(ctx, msg)
			}
		}
	}
	s := start(t, all(), server.WrapSubscriber(wrap("a")), server.WrapSubscriber(wrap("b")))
	for topic, sub := range map[string]any{
		"many": &Many{in}, "panic": func(context.Context, *fleet.Event) error { panic("kaboom") },
	} {
		if err := s.Subscribe(s.NewSubscriber(topic, sub)); err != nil {
			t.Fatal(err)
		}
	}
	p := connect(t, s)
	p.write(post(`{"id":"e1"}`, "Micro-Topic: many", "Micro-Id: 1", "X-Tenant: t"))
	f, _ := p.read()
	if f.ID != "1" || f.Body != "" || !strings.Contains(f.Error, `"code":500`) || !strings.Contains(f.Error, "subscriber error: second failed") {
		t.Errorf("answer %+v", f)
	}
	if diff := cmp.Diff([]string{"a", "b", "first e1 of t", "a", "b", "second"}, in.got); diff != "" {
		t.Errorf("ran (-want +got):\n%s", diff)
	}
	for topic, want := range map[string]string{"nobody": "", "panic": "panic recovered: kaboom"} {
		p.write(post(`{}`, "Micro-Topic: "+topic, "Micro-Id: 2"))
		if f, _ := p.read(); !strings.Contains(f.Error, want) || want == "" && f.Error != "" {
			t.Errorf("%s: %+v", topic, f)
		}
	}
	p.write(post(`{}`, "Micro-Topic: many", "Content-Type: text/html"))
	if f, _ := p.read(); f.Error == "" {
		t.Error("an unknown content type: no error")
	}
}

func TestA080_HandlerWrappersFirstConfiguredRunsFirst(t *testing.T) {
	t.Parallel()
	in := new(inbox)
	wrap := func(name string) server.HandlerWrapper {
		return func(next server.HandlerFunc) server.HandlerFunc {
			return func(ctx context.Context, req server.Request, rsp any) error {
				in.add(name + " " + req.Endpoint())
				if _, ok := server.FromContext(ctx); !ok {
					t.Error("no server in the context")
				}
				return next(ctx, req, rsp)
			}
		}
	}
	s := start(t, nil, server.WrapHandler(wrap("a")), server.WrapHandler(wrap("b")))
	if err := s.Handle(s.NewHandler(new(fleet.Greeter))); err != nil {
		t.Fatal(err)
	}
	if err := s.Handle(s.NewHandler(new(fleet.Shop), server.InternalHandler(true))); err != nil {
		t.Fatal(err)
	}
	p := connect(t, s)
	for _, endpoint := range []string{"Greeter.Hello", "Shop.ByValue"} {
		p.write(post(`{}`, "Micro-Endpoint: "+endpoint, "Micro-Id: 1"))
		if f, _ := p.read(); f.Error != "" {
			t.Errorf("%s: %+v", endpoint, f)
		}
	}
	if diff := cmp.Diff([]string{"a Greeter.Hello", "b Greeter.Hello"}, in.got); diff != "" {
		t.Errorf("ran (-want +got):\n%s", diff)
	}
	if n := len(s.(server.Lister).Handlers()); n != 2 {
		t.Errorf("%d handlers listed", n)
	}
}

// echoRouter is a proxy that sends everything back.
type echoRouter struct{}

func (echoRouter) ProcessMessage(context.Context, server.Message) error { return nil }

func (echoRouter) ServeRequest(_ context.Context, req server.Request, rsp server.Response) error {
	for {
		body, err := req.Read()
		if err != nil {
			return nil //nolint:nilerr // the end of the request
		}
		rsp.WriteHeader(map[string]string{"X-Endpoint": req.Endpoint()})
		if err := rsp.Write(body); err != nil {
			return err
		}
	}
}

func TestARouterTakesEveryRequest(t *testing.T) {
	t.Parallel()
	p := connect(t, start(t, nil, server.WithRouter(echoRouter{})))
	p.write(post(`{"any":"thing"}`, "Micro-Endpoint: What.Ever", "Micro-Id: 1"))
	if f, h := p.read(); f.Body != `{"any":"thing"}` || h.Get("X-Endpoint") != "What.Ever" {
		t.Errorf("unary: %+v, %v", f, h)
	}
	stream := []string{"Micro-Endpoint: What.Ever", "Micro-Id: 2", "Micro-Stream: 2"}
	p.write(post("", stream...))
	for _, body := range []string{`{"n":1}`, `{"n":2}`} {
		p.write(post(body, stream...))
		if f, _ := p.read(); f.Body != body || f.ID != "2" {
			t.Errorf("stream: %+v", f)
		}
	}
	p.write(post("", append(stream, "Micro-Error: EOS")...))
	if f, _ := p.read(); f.Error != "EOS" {
		t.Errorf("the end: %+v", f)
	}
}
