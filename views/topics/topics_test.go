package topics_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/microtop/microtop/framework/client"
	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/introspect"
	"github.com/microtop/microtop/introspect/fleet"
	broker "github.com/microtop/microtop/introspect/topics"
	"github.com/microtop/microtop/tui"
	"github.com/microtop/microtop/tui/frametest"
	"github.com/microtop/microtop/tui/theme"
	"github.com/microtop/microtop/views/show/showtest"
	"github.com/microtop/microtop/views/topics"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func shop() *showtest.Fleet {
	subscription := func(id, topic string) *fleet.Node {
		return &fleet.Node{Service: "micro.http.broker", Version: "billing", ID: id, State: fleet.Up, Metadata: map[string]string{"topic": topic, "broker": "http"}}
	}
	return showtest.New(
		showtest.Endpoints(showtest.Service("ad", showtest.Up("1.0.0", "a1", "10.0.0.4:7001", 31.25, 0)), 1),
		showtest.Endpoints(showtest.Service("cart", showtest.Up("1.1.0", "c1", "10.0.0.4:7002", 120, 0.03), showtest.Down("1.1.0", "c2", "h:1", "gone")), 3, "orders.placed", "carts.dropped"),
		showtest.Endpoints(showtest.Service("email", showtest.Up("0.9.0", "e1", "h:2", 1, 0)), 0, "orders.placed"),
		&fleet.Service{Name: "micro.http.broker", Versions: []string{"billing"}, Internal: true, Nodes: []*fleet.Node{subscription("s1", "orders.placed"), subscription("s2", "stock.low")}},
	)
}

func TestFrames(t *testing.T) {
	for _, size := range []struct{ w, h int }{{80, 24}, {200, 60}} {
		t.Run(fmt.Sprintf("%dx%d", size.w, size.h), func(t *testing.T) {
			th := theme.Default()
			x, _ := showtest.Start(t, topics.Route(t.Context(), showtest.Session(t, nil), shop(), th), nil, size.w, size.h)
			x.WaitFor("stock.low")
			x.Keys("j")
			x.WaitFor("› orders.placed")
			x.Golden()
		})
	}
}

// meter is what a test measures.
type meter struct {
	mu    sync.Mutex
	names []string
	rates map[string]broker.Rate
	err   error
	ended atomic.Int32
}

func (m *meter) SetTopics(names []string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.names = names
}

func (m *meter) Rates() map[string]broker.Rate {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.rates
}

func (m *meter) Run(ctx context.Context) error {
	if m.err != nil {
		return m.err
	}
	<-ctx.Done()
	m.ended.Add(1)
	return nil
}

func measuring(t *testing.T, m *meter, w, h int) *frametest.Terminal {
	t.Helper()
	route := topics.Route(t.Context(), showtest.Session(t, nil), shop(), theme.Default())
	route.New = func(any) (tui.Screen, error) {
		return topics.NewFake(t.Context(), showtest.Session(t, nil), shop(), theme.Default(), m), nil
	}
	x, _ := showtest.Start(t, route, nil, w, h)
	x.WaitFor("stock.low")
	return x
}

func TestMeasuredFrames(t *testing.T) {
	rates := map[string]broker.Rate{
		"stock.low":     {PerSecond: 1500, BytesPerSecond: 123456, Messages: 4500, Recent: []float64{10, 700, 1500}, Sampled: true},
		"orders.placed": {PerSecond: 2.5, BytesPerSecond: 400, Messages: 25, Recent: []float64{1, 3, 2.5}},
		"carts.dropped": {PerSecond: math.NaN(), BytesPerSecond: math.NaN(), Err: errors.New("no \x1b[2J broker")},
	}
	for _, size := range []struct{ w, h int }{{80, 24}, {200, 60}} {
		t.Run(fmt.Sprintf("%dx%d", size.w, size.h), func(t *testing.T) {
			m := &meter{rates: rates}
			x := measuring(t, m, size.w, size.h)
			x.Keys("m")
			x.WaitFor("~1.5k")
			x.Keys("g")
			x.WaitFor("one second in ten")
			x.Golden()
			x.Keys("G")
			x.WaitFor("not measured: no ␛[2J broker")
			x.Keys("m")
			x.WaitGone("~1.5k")
			x.WaitFor("m measures the rates")
			x.Until("the meter to end", func(string) bool { return m.ended.Load() == 1 })
			m.mu.Lock()
			defer m.mu.Unlock()
			if diff := cmp.Diff([]string{"carts.dropped", "orders.placed", "stock.low"}, m.names); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestAMeterThatCannotListen(t *testing.T) {
	x := measuring(t, &meter{err: errors.New("no broker is configured")}, 100, 30)
	x.Keys("m")
	x.WaitFor("no broker is configured")
	x.WaitFor("m measures the rates")
}

func TestCopiedCommandsConnectAsTheConsoleDoes(t *testing.T) {
	session, err := introspect.Open(introspect.Config{Registry: registry.NewMemoryRegistry(), Client: client.NewClient(), Flags: []string{"--registry", "file"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = session.Close() })
	x, _ := showtest.Start(t, topics.Route(t.Context(), session, shop(), theme.Default()), nil, 120, 30)
	x.WaitFor("stock.low")
	x.Keys("y")
	x.WaitFor("microtop tail carts.dropped --registry file")
	x.WaitFor("microtop publish carts.dropped '{}' --registry file")
}

func TestKeysOpenScreens(t *testing.T) {
	for _, c := range []struct {
		keys []string
		want tui.Open
	}{
		{[]string{"enter"}, tui.Open{Name: "tail", With: []string{"orders.placed"}}},
		{[]string{"t"}, tui.Open{Name: "tail", With: []string{"orders.placed"}}},
		{[]string{"space", "space", "t"}, tui.Open{Name: "tail", With: []string{"orders.placed", "stock.low"}}},
		{[]string{"P"}, tui.Open{Name: "publish", With: "orders.placed"}},
		{[]string{"n", "down", "enter"}, tui.Open{Name: "nodes", With: introspect.Target{Service: "email"}}},
		{[]string{"k", "n"}, tui.Open{Name: "nodes", With: introspect.Target{Service: "cart"}}},
	} {
		t.Run(strings.Join(c.keys, " "), func(t *testing.T) {
			th := theme.Default()
			x, opened := showtest.Start(t, topics.Route(t.Context(), showtest.Session(t, nil), shop(), th), nil, 100, 30)
			x.WaitFor("orders.placed")
			x.Keys("j")
			x.Keys(c.keys...)
			x.WaitFor("opened " + c.want.Name)
			if diff := cmp.Diff(c.want, opened.Last()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestNoTopicsSaysWhatToDo(t *testing.T) {
	f := showtest.New(showtest.Service("ad", showtest.Up("1.0.0", "a1", "10.0.0.4:7001", 31.25, 0)))
	th := theme.Default()
	x, _ := showtest.Start(t, topics.Route(t.Context(), showtest.Session(t, nil), f, th), nil, 100, 30)
	x.WaitFor("no service in mdns has a subscriber")
	x.Keys("t")
	x.WaitFor("no topic is selected")
}

func TestHostileTopicsStayInTheirCells(t *testing.T) {
	evil := "a\x1b[2J\x1b]52;c;ZXZpbA==\x07b\n" + strings.Repeat("漢", 3000)
	f := showtest.New(showtest.Endpoints(showtest.Service(evil, showtest.Up("1", "n", "h:1", 1, 0)), 1, evil))
	th := theme.Default()
	x, _ := showtest.Start(t, topics.Route(t.Context(), showtest.Session(t, nil), f, th), nil, 80, 24)
	x.WaitFor("… listens")
	for i, row := range strings.Split(x.Screen(), "\n")[3:22] {
		if runes := []rune(row); runes[0] != '│' || runes[len(runes)-1] != '│' {
			t.Errorf("row %d left its frame: %q", i, row)
		}
	}
}
