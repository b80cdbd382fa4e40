// Package showtest is a fleet that tests of screens make up, and a console around the screen under test.
package showtest

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/microtop/microtop/framework/client"
	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/introspect"
	"github.com/microtop/microtop/introspect/fleet"
	"github.com/microtop/microtop/tui"
	"github.com/microtop/microtop/tui/frametest"
	"github.com/microtop/microtop/tui/safetext"
	"github.com/microtop/microtop/tui/theme"
)

// Fleet is a made-up fleet. Safe for concurrent use.
type Fleet struct {
	mu       sync.Mutex
	snapshot *fleet.Snapshot
	events   []fleet.Event
	relists  int
	changed  chan struct{} // closed and replaced with each snapshot
}

// New returns a fleet of services; they must be in order of their names.
func New(services ...*fleet.Service) *Fleet {
	f := &Fleet{changed: make(chan struct{})}
	f.Set(services...)
	return f
}

// Set changes the services.
func (f *Fleet) Set(services ...*fleet.Service) {
	f.Store(&fleet.Snapshot{Services: services, Taken: time.Now()})
}

// Store changes the snapshot; its generation is set.
func (f *Fleet) Store(s *fleet.Snapshot) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.snapshot != nil {
		s.Generation = f.snapshot.Generation + 1
	}
	s.Since = time.Now()
	f.snapshot = s
	close(f.changed)
	f.changed = make(chan struct{})
}

// Changed is closed with the next snapshot.
func (f *Fleet) Changed() <-chan struct{} {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.changed
}

// Snapshot returns what was stored last.
func (f *Fleet) Snapshot() *fleet.Snapshot {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.snapshot
}

// Happen adds events, oldest first.
func (f *Fleet) Happen(events ...fleet.Event) {
	f.mu.Lock()
	f.events = append(f.events, events...)
	snapshot := *f.snapshot
	f.mu.Unlock()
	f.Store(&snapshot)
}

// Events returns what happened.
func (f *Fleet) Events() ([]fleet.Event, uint64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.events, 0
}

// Relist counts.
func (f *Fleet) Relist() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.relists++
}

// Relists is how often a re-list was asked for.
func (f *Fleet) Relists() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.relists
}

// Service makes a service of nodes; the versions are theirs.
func Service(name string, nodes ...*fleet.Node) *fleet.Service {
	s := &fleet.Service{Name: name, Nodes: nodes}
	for _, n := range nodes {
		n.Service = name
		if n.ID == "" || !strings.HasPrefix(n.ID, name) {
			n.ID = name + "-" + n.ID
		}
		known := false
		for _, v := range s.Versions {
			known = known || v == n.Version
		}
		if !known {
			s.Versions = append(s.Versions, n.Version)
		}
	}
	return s
}

// ramp is a rate that grew.
func ramp(rate float64) []float64 {
	return []float64{rate / 8, rate / 4, rate / 3, rate / 2, rate / 1.5, rate / 1.2, rate / 1.1, rate, rate / 1.2, rate}
}

// Up makes a node that is up and busy.
func Up(version, id, address string, rate, errors float64) *fleet.Node {
	soon := time.Now().Add(time.Minute) // reads "now" for as long as a test lasts
	return &fleet.Node{
		Version: version, ID: id, Address: address, State: fleet.Up, LastSeen: fleet.SeenAt(soon), Since: soon,
		Metadata: map[string]string{"protocol": "mucp", "transport": "http", "server": "mucp", "registry": "mdns"},
		Vitals: &fleet.Vitals{
			RequestRate: rate, ErrorRate: errors, Heap: 38 << 20, Goroutines: 112, RTT: 1200 * time.Microsecond, Uptime: 134 * time.Minute,
			Recent: ramp(rate), RecentErrors: ramp(errors),
		},
	}
}

// Down makes a node that went away minutes ago, so that its age does not change while a test looks.
func Down(version, id, address, problem string) *fleet.Node {
	then := time.Now().Add(-3*time.Minute - 30*time.Second)
	return &fleet.Node{
		Version: version, ID: id, Address: address, State: fleet.Down, LastSeen: fleet.SeenAt(then), Since: then, Problem: problem,
		Metadata: map[string]string{"protocol": "mucp", "transport": "http", "server": "mucp", "registry": "mdns"},
	}
}

// Endpoints gives a service n endpoints and a subscriber of each topic.
func Endpoints(s *fleet.Service, n int, topics ...string) *fleet.Service {
	for i := range n {
		s.Endpoints = append(s.Endpoints, &registry.Endpoint{Name: fmt.Sprintf("Shop.Do%d", i)})
	}
	for _, topic := range topics {
		s.Endpoints = append(s.Endpoints, &registry.Endpoint{Name: "Func", Metadata: map[string]string{"subscriber": "true", "topic": topic}})
	}
	return s
}

// Session is a session on an empty registry in memory.
func Session(t testing.TB, r registry.Registry) *introspect.Session {
	t.Helper()
	if r == nil {
		r = registry.NewMemoryRegistry()
	}
	s, err := introspect.Open(introspect.Config{Registry: r, Client: client.NewClient(), Registered: "mdns", Timeout: 2 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// Opened are the screens a screen asked for.
type Opened struct {
	mu    sync.Mutex
	opens []tui.Open
}

// Last returns the last screen that was asked for.
func (o *Opened) Last() tui.Open {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.opens) == 0 {
		return tui.Open{}
	}
	return o.opens[len(o.opens)-1]
}

// Start runs a console on one route. The screens it may ask for show "opened NAME" and remember with what.
func Start(t testing.TB, route tui.Route, with any, w, h int) (*frametest.Terminal, *Opened) {
	t.Helper()
	return StartIn(t, theme.Default(), route, with, w, h)
}

// StartIn is [Start] in another theme, which the route should have too.
func StartIn(t testing.TB, th theme.Theme, route tui.Route, with any, w, h int) (*frametest.Terminal, *Opened) {
	t.Helper()
	opened := &Opened{}
	routes := []tui.Route{route}
	for _, name := range []string{"services", "nodes", "endpoints", "describe", "topics", "events", "call", "stream", "tail", "publish", "profile", "logs"} {
		if name == route.Name {
			continue
		}
		routes = append(routes, tui.Route{Name: name, New: func(with any) (tui.Screen, error) {
			opened.mu.Lock()
			defer opened.mu.Unlock()
			opened.opens = append(opened.opens, tui.Open{Name: name, With: with})
			return stub(name), nil
		}})
	}
	cfg := tui.Config{Name: "microtop", Theme: th, Routes: routes, Start: tui.Open{Name: route.Name, With: with}}
	return frametest.New(t, cfg, w, h), opened
}

// stub is a screen in the place of another view's.
type stub string

func (s stub) Init() tea.Cmd          { return nil }
func (s stub) Update(tea.Msg) tea.Cmd { return nil }
func (s stub) View(int, int) string   { return "opened " + string(s) }
func (s stub) Title() safetext.Line   { return safetext.Clean(string(s)) }
func (s stub) Actions() []tui.Action  { return nil }
func (s stub) Close()                 {}

// Drive runs a screen without a program: for benchmarks. It returns what draws the next frame after a message.
func Drive(s tui.Screen, w, h int) func(tea.Msg) string {
	return func(msg tea.Msg) string {
		s.Update(msg)
		return s.View(w, h)
	}
}
