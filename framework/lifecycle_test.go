package micro_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	micro "github.com/microtop/microtop/framework"
	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/framework/server"
	"github.com/microtop/microtop/framework/transport"
)

// diary notes what happens, in order.
type diary struct {
	mu    sync.Mutex
	lines []string
}

func (d *diary) note(line string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.lines = append(d.lines, line)
}

func (d *diary) all() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return strings.Join(d.lines, ", ")
}

// hook is one that notes itself and returns err.
func (d *diary) hook(line string, err error) func() error {
	return func() error { d.note(line); return err }
}

// noted is a server, a registry or a profile that notes in a diary.
type notedServer struct {
	server.Server
	d *diary
}

func (s notedServer) Start() error {
	s.d.note("server start")
	return s.Server.Start()
}

func (s notedServer) Stop() error {
	err := s.Server.Stop()
	s.d.note("server stop")
	return err
}

type notedRegistry struct {
	registry.Registry
	d *diary
}

func (r notedRegistry) Register(s *registry.Service, opts ...registry.RegisterOption) error {
	r.d.note("register")
	return r.Registry.Register(s, opts...)
}

func (r notedRegistry) Deregister(s *registry.Service, opts ...registry.DeregisterOption) error {
	r.d.note("deregister")
	return r.Registry.Deregister(s, opts...)
}

type notedProfile struct{ d *diary }

func (p notedProfile) Start() error { p.d.note("profile start"); return nil }
func (p notedProfile) Stop() error  { p.d.note("profile stop"); return nil }
func (notedProfile) String() string { return "noted" }

// written is a service that notes every step of its life.
func written(d *diary, opts ...micro.Option) micro.Service {
	r := notedRegistry{registry.NewMemoryRegistry(), d}
	return micro.NewService(append(append(inside(r, transport.NewMemoryTransport()),
		micro.Server(notedServer{server.NewServer(), d}), micro.Name("written"), micro.Profile(notedProfile{d}),
		micro.AfterStop(d.hook("after stop 1", nil)), micro.BeforeStop(d.hook("before stop 1", nil)), micro.AfterStart(d.hook("after start 1", nil)),
		micro.BeforeStart(d.hook("before start 1", nil)),
		micro.BeforeStart(d.hook("before start 2", nil)), micro.AfterStart(d.hook("after start 2", nil)),
		micro.BeforeStop(d.hook("before stop 2", nil)), micro.AfterStop(d.hook("after stop 2", nil)),
	), opts...)...)
}

// A024: four lists of hooks, each run in the order given. A040, A041: the profile first, then hooks, the server and its
// registration, hooks. A042, A044, A045: it waits, and with signals off only the context ends it. A046, A047: hooks, the
// server, hooks, and the profile last.
func TestA024_A040_A041_A042_A044_A045_A046_A047_TheLifeOfAService(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := new(diary)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		s := written(d, micro.Context(ctx), micro.HandleSignal(false))
		done := make(chan error, 1)
		go func() { done <- s.Run() }()
		time.Sleep(29 * time.Second)
		synctest.Wait()
		const up = "profile start, before start 1, before start 2, server start, register, after start 1, after start 2"
		if diff := cmp.Diff(up, d.all()); diff != "" {
			t.Fatalf("start (-want +got):\n%s", diff)
		}
		select {
		case err := <-done:
			t.Fatalf("it does not wait: %v", err)
		default:
		}
		cancel()
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(up+", before stop 1, before stop 2, deregister, server stop, after stop 1, after stop 2, profile stop", d.all()); diff != "" {
			t.Errorf("stop (-want +got):\n%s", diff)
		}
	})
}

// A040: the first error of a hook ends the start with that error, and what was started is stopped.
func TestA040_TheFirstErrorOfAHookAborts(t *testing.T) {
	refused := errors.New("no")
	for name, c := range map[string]struct {
		option func(*diary) micro.Option
		want   string
	}{
		"before start": {func(d *diary) micro.Option { return micro.BeforeStart(d.hook("failing", refused)) },
			"profile start, before start 1, before start 2, failing, profile stop"},
		"after start": {func(d *diary) micro.Option { return micro.AfterStart(d.hook("failing", refused)) },
			"profile start, before start 1, before start 2, server start, register, after start 1, after start 2, failing, deregister, server stop, profile stop"},
	} {
		synctest.Test(t, func(t *testing.T) {
			d := new(diary)
			s := written(d, micro.HandleSignal(false), c.option(d), micro.BeforeStart(func() error { return nil }))
			if err := s.Run(); !errors.Is(err, refused) {
				t.Errorf("%s: %v", name, err)
			}
			if diff := cmp.Diff(c.want, d.all()); diff != "" {
				t.Errorf("%s (-want +got):\n%s", name, diff)
			}
		})
	}
}

// Gate is a handler whose calls last until it is open.
type Gate struct{ entered, open chan struct{} }

// Pass waits.
func (g *Gate) Pass(_ context.Context, _ *Request, rsp *Response) error {
	close(g.entered)
	<-g.open
	rsp.Message = "passed"
	return nil
}

// A062: with Wait, as v4 programs ask for it, a shutdown waits for the handlers that run.
func TestA062_ShutdownWaitsForHandlers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, tr := registry.NewMemoryRegistry(), transport.NewMemoryTransport()
		s := micro.NewService(append(inside(r, tr), micro.Name("gate"))...)
		if err := s.Server().Init(server.Wait(nil)); err != nil {
			t.Fatal(err)
		}
		gate := &Gate{make(chan struct{}), make(chan struct{})}
		if err := micro.RegisterHandler(s.Server(), gate); err != nil {
			t.Fatal(err)
		}
		stop := run(t, s)
		caller := micro.NewService(append(inside(r, tr), micro.Name("caller"))...)
		stopCaller := run(t, caller)
		answered := make(chan error, 1)
		rsp := new(Response)
		go func() {
			answered <- caller.Client().Call(t.Context(), caller.Client().NewRequest("gate", "Gate.Pass", &Request{}), rsp)
		}()
		<-gate.entered
		stopped := make(chan error, 1)
		go func() { stopped <- stop() }()
		time.Sleep(2 * time.Second)
		synctest.Wait()
		select {
		case err := <-stopped:
			t.Fatalf("it stopped while a handler ran: %v", err)
		default:
		}
		close(gate.open)
		if err := errors.Join(<-answered, <-stopped, stopCaller()); err != nil || rsp.Message != "passed" {
			t.Errorf("answer %q, %v", rsp.Message, err)
		}
	})
}
