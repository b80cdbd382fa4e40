package topics_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/microtop/microtop/introspect"
	"github.com/microtop/microtop/introspect/fleet"
	"github.com/microtop/microtop/tui"
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
			x.WaitFor("cart, email listen")
			x.Golden()
		})
	}
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
