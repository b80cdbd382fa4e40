package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/microtop/microtop/framework/client"
	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/internal/bench"
	"github.com/microtop/microtop/introspect"
	"github.com/microtop/microtop/introspect/fleet"
	"github.com/microtop/microtop/tui"
	"github.com/microtop/microtop/tui/theme"
	"github.com/microtop/microtop/views/services"
	"github.com/microtop/microtop/views/show"
)

// service is one with one node.
func service(name, version string) *registry.Service {
	return &registry.Service{Name: name, Version: version, Nodes: []*registry.Node{{
		Id: name + "-1", Address: "10.0.0.1:8080", Metadata: map[string]string{"protocol": "mucp", "transport": "http"},
	}}}
}

// crowd is a session on a registry that knows so many services.
func crowd(n int) (*introspect.Session, error) {
	all := make(map[string][]*registry.Service, n)
	for i := range n {
		name := fmt.Sprintf("service-%05d", i)
		all[name] = []*registry.Service{service(name, "1.0.0")}
	}
	r := registry.NewMemoryRegistry(registry.Services(all))
	return introspect.Open(introspect.Config{Registry: r, Client: introspect.NewClient(client.Registry(r))})
}

// followed is the live view of a session, once it knows its services. Nodes are not probed.
func followed(ctx context.Context, s *introspect.Session) (*fleet.Fleet, error) {
	live := fleet.Start(ctx, s, fleet.Options{Probe: -1})
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if err := live.Ready(ctx); err != nil {
		return nil, err
	}
	for changed := live.Changed(); len(live.Snapshot().Services) == 0; changed = live.Changed() {
		select {
		case <-changed:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	return live, nil
}

func config(ctx context.Context, s *introspect.Session, source show.Source) tui.Config {
	look := theme.Default()
	return tui.Config{Theme: look, Start: tui.Open{Name: "services"}, Routes: []tui.Route{services.Route(ctx, s, source, look)}}
}

const known = 10_000

// probeEvent registers a service beside 10,000 others, again and again, and looks when its name is written.
func probeEvent(ctx context.Context, _ string, long bool) (bench.Figures, error) {
	session, err := crowd(known)
	if err != nil {
		return nil, err
	}
	live, err := followed(ctx, session)
	if err != nil {
		return nil, err
	}
	defer live.Close()
	t, err := open(ctx, config(ctx, session, live))
	if err != nil {
		return nil, err
	}
	if _, err := t.after("service-00001", func() error { return nil }); err != nil {
		return nil, errors.Join(err, t.close())
	}
	events := 20
	if long {
		events = 200
	}
	var took []time.Duration
	for i := range events {
		time.Sleep(400*time.Millisecond + rand.N(200*time.Millisecond)) // the spell before is over
		name := letter(events - i)                                      // the first letter of all: it comes on top
		d, err := t.after(name, func() error { return session.Registry().Register(service("0"+name, "1.0.0")) })
		if err != nil {
			return nil, errors.Join(err, t.close())
		}
		took = append(took, d)
	}
	return spread(took), t.close()
}

// spread are the median and the slowest hundredth, in microseconds.
func spread(took []time.Duration) bench.Figures {
	slices.Sort(took)
	at := func(p int) float64 { return float64(took[max((len(took)*p+99)/100-1, 0)].Nanoseconds()) / 1e3 }
	return bench.Figures{bench.P50: at(50), bench.P99: at(99)}
}

// probeFrame moves the cursor through 10,000 services, filters and sorts them, without a terminal.
func probeFrame(ctx context.Context, _ string, _ bool) (bench.Figures, error) {
	session, err := crowd(known)
	if err != nil {
		return nil, err
	}
	live, err := followed(ctx, session)
	if err != nil {
		return nil, err
	}
	live.Close() // its snapshot stays
	shell, err := tui.NewShell(ctx, config(ctx, session, live))
	if err != nil {
		return nil, err
	}
	defer shell.Close()
	shell.Init()
	shell.Update(tea.WindowSizeMsg{Width: columns, Height: lines})
	press := func(code rune) time.Duration {
		key := tea.KeyPressMsg{Code: code}
		if code < tea.KeyExtended && code >= ' ' && code != tea.KeyBackspace {
			key.Text = string(code)
		}
		begin := time.Now()
		shell.Update(key)
		shell.View()
		return time.Since(begin)
	}
	const frames = 4000
	for range 100 {
		press('j')
	}
	took := make([]time.Duration, frames)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for i := range took {
		took[i] = press('j')
	}
	runtime.ReadMemStats(&after)
	out := spread(took)
	out[bench.Allocs] = float64((after.Mallocs - before.Mallocs) / frames)
	out[bench.Sort] = median(10, func() time.Duration { return press('S') })
	press('/')
	out[bench.Filter] = median(10, func() time.Duration { // a filter of one letter more, and of one less
		d := press('7')
		return max(d, press(tea.KeyBackspace))
	})
	if content := shell.View().Content; !strings.Contains(content, "service-0") {
		return nil, fmt.Errorf("the frame shows no service:\n%s", content)
	}
	return out, nil
}

// median is a duration's, in milliseconds, of so many tries.
func median(tries int, try func() time.Duration) float64 {
	took := make([]time.Duration, tries)
	for i := range took {
		took[i] = try()
	}
	return spread(took)[bench.P50] / 1e3
}

// frozen is a fleet that never changes.
type frozen struct{ snapshot *fleet.Snapshot }

func (f frozen) Snapshot() *fleet.Snapshot { return f.snapshot }
func (frozen) Changed() <-chan struct{}    { return nil }
func (frozen) Relist()                     {}

// Events tells of none.
func (frozen) Events() ([]fleet.Event, uint64) { return nil, 0 }

// probeStill shows services that were seen just now, for ever, and counts what is written while only time passes: the
// screen is drawn anew each second.
func probeStill(ctx context.Context, _ string, _ bool) (bench.Figures, error) {
	session, err := crowd(10)
	if err != nil {
		return nil, err
	}
	live, err := followed(ctx, session)
	if err != nil {
		return nil, err
	}
	live.Close()
	for _, s := range live.Snapshot().Services {
		for _, n := range s.Nodes { // nobody else has the snapshot any more
			n.LastSeen, n.Since = fleet.SeenAt(time.Now().Add(time.Hour)), time.Now().Add(time.Hour)
		}
	}
	t, err := open(ctx, config(ctx, session, frozen{live.Snapshot()}))
	if err != nil {
		return nil, err
	}
	if _, err := t.after("service-00009", func() error { return nil }); err != nil {
		return nil, errors.Join(err, t.close())
	}
	time.Sleep(time.Second) // the last of the first frame
	before := t.bytes()
	time.Sleep(5 * time.Second)
	out := bench.Figures{bench.Written: float64(t.bytes() - before)}
	return out, t.close()
}
