package fleet_test

import (
	"context"
	"fmt"
	"maps"
	"os"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/microtop/microtop/framework/client"
	pb "github.com/microtop/microtop/framework/debug/proto"
	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/introspect"
	"github.com/microtop/microtop/introspect/fleet"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// faulty is a registry that can be told to fail. Nil fields leave the call to the registry inside.
type faulty struct {
	registry.Registry
	mu    sync.Mutex
	list  func() ([]*registry.Service, error)
	watch func() (registry.Watcher, error)
}

func (f *faulty) set(list func() ([]*registry.Service, error), watch func() (registry.Watcher, error)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.list, f.watch = list, watch
}

func (f *faulty) ListServices(opts ...registry.ListOption) ([]*registry.Service, error) {
	f.mu.Lock()
	list := f.list
	f.mu.Unlock()
	if list != nil {
		return list()
	}
	return f.Registry.ListServices(opts...)
}

func (f *faulty) Watch(opts ...registry.WatchOption) (registry.Watcher, error) {
	f.mu.Lock()
	watch := f.watch
	f.mu.Unlock()
	if watch != nil {
		return watch()
	}
	return f.Registry.Watch(opts...)
}

// mute is a watcher that says nothing.
type mute struct {
	once sync.Once
	end  chan struct{}
}

func newMute() (registry.Watcher, error) { return &mute{end: make(chan struct{})}, nil }

func (m *mute) Next() (*registry.Result, error) {
	<-m.end
	return nil, registry.ErrWatcherStopped
}

func (m *mute) Stop() { m.once.Do(func() { close(m.end) }) }

// patient is a prober whose answers the test chooses, by node id.
type patient struct {
	mu      sync.Mutex
	answers map[string]func(context.Context) (*pb.StatsResponse, error)
	asked   map[string]int
}

func newPatient() *patient {
	return &patient{answers: map[string]func(context.Context) (*pb.StatsResponse, error){}, asked: map[string]int{}}
}

func (p *patient) says(id string, answer func(context.Context) (*pb.StatsResponse, error)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.answers[id] = answer
}

func (p *patient) probe(ctx context.Context, n fleet.Node) (*pb.StatsResponse, error) {
	p.mu.Lock()
	p.asked[n.ID]++
	answer := p.answers[n.ID]
	p.mu.Unlock()
	if answer == nil {
		return nil, nil //nolint:nilnil // well, and tells no more
	}
	return answer(ctx)
}

func (p *patient) counts() map[string]int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return maps.Clone(p.asked)
}

func silent(ctx context.Context) (*pb.StatsResponse, error) {
	<-ctx.Done()
	return nil, fmt.Errorf("call timeout: %w", os.ErrDeadlineExceeded)
}

func service(name, version string, ids ...string) *registry.Service {
	s := &registry.Service{Name: name, Version: version, Endpoints: []*registry.Endpoint{{Name: "H.B" + version}, {Name: "H.A" + version}}}
	for _, id := range ids {
		s.Nodes = append(s.Nodes, &registry.Node{Id: id, Address: "127.0.0.1:80", Metadata: map[string]string{"protocol": "mucp"}})
	}
	return s
}

func register(t testing.TB, r registry.Registry, s *registry.Service) {
	t.Helper()
	if err := r.Register(s); err != nil {
		t.Fatal(err)
	}
}

func deregister(t testing.TB, r registry.Registry, s *registry.Service) {
	t.Helper()
	if err := r.Deregister(s); err != nil {
		t.Fatal(err)
	}
}

func session(t testing.TB, r registry.Registry) *introspect.Session {
	t.Helper()
	s, err := introspect.Open(introspect.Config{Registry: r, Client: client.NewClient(client.Registry(r)), Registered: "here"})
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

// start starts a fleet that ends with the test.
func start(t testing.TB, r registry.Registry, o fleet.Options) *fleet.Fleet {
	t.Helper()
	f := fleet.Start(t.Context(), session(t, r), o)
	t.Cleanup(f.Close)
	return f
}

// kinds is the timeline in short.
func kinds(f *fleet.Fleet) []string {
	events, _ := f.Events()
	out := []string{}
	for _, e := range events {
		out = append(out, string(e.Kind)+" "+e.Node.ID)
	}
	return out
}

func node(f *fleet.Fleet, name, id string) *fleet.Node {
	s := f.Snapshot().Service(name)
	if s == nil {
		return nil
	}
	for _, n := range s.Nodes {
		if n.ID == id {
			return n
		}
	}
	return nil
}
