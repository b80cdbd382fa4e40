package nodes_test

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
	"github.com/microtop/microtop/views/nodes"
	"github.com/microtop/microtop/views/show"
	"github.com/microtop/microtop/views/show/showtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func shop() *showtest.Fleet {
	grpc := &fleet.Node{Version: "2.0.0", ID: "p1", Address: "[fe80::1]:9000", State: fleet.Unknown, Metadata: map[string]string{"protocol": "grpc", "transport": "grpc", "zone": "eu-1"}}
	return showtest.New(
		showtest.Service("cart", showtest.Up("1.1.0", "c1", "10.0.0.4:7002", 120, 0.03), showtest.Up("1.1.0", "c2", "10.0.0.5:7002", 118, 0)),
		showtest.Service("checkout",
			showtest.Up("1.4.0", "7f2c9e01-1111-4222-8333-444455556666", "10.0.0.4:7003", 402, 0.4), showtest.Up("1.5.0", "8a", "10.0.0.5:7003", 410, 31),
			showtest.Down("1.4.0", "9b", "10.0.0.6:7003", "dial tcp 10.0.0.6:7003: connect: connection refused")),
		showtest.Service("pricing", grpc),
	)
}

func TestFrames(t *testing.T) {
	for _, size := range []struct{ w, h int }{{80, 24}, {200, 60}} {
		t.Run(fmt.Sprintf("%dx%d", size.w, size.h), func(t *testing.T) {
			th := theme.Default()
			x, _ := showtest.Start(t, nodes.Route(t.Context(), showtest.Session(t, nil), shop(), th), nil, size.w, size.h)
			x.WaitFor("checkout")
			x.Keys("j", "j", "j", "space")
			x.WaitFor("refused")
			x.Keys("k")
			x.WaitGone("refused")
			x.Golden()
		})
	}
}

func TestKeysOpenScreens(t *testing.T) {
	f := shop()
	all := f.Snapshot().Service("checkout").Nodes
	pinned := introspect.Target{Service: "checkout", Version: "1.5.0", Node: "checkout-8a"}
	for _, c := range []struct {
		keys []string
		want tui.Open
	}{
		{[]string{"enter"}, tui.Open{Name: "endpoints", With: pinned}},
		{[]string{"c"}, tui.Open{Name: "endpoints", With: pinned}},
		{[]string{"d"}, tui.Open{Name: "describe", With: pinned}},
		{[]string{"o", "p"}, tui.Open{Name: "profile", With: []*fleet.Node{all[1]}}},
		{[]string{"V", "j", "V", "o", "l"}, tui.Open{Name: "logs", With: all[1:]}},
	} {
		t.Run(strings.Join(c.keys, " "), func(t *testing.T) {
			th := theme.Default()
			x, opened := showtest.Start(t, nodes.Route(t.Context(), showtest.Session(t, nil), f, th), introspect.Target{Service: "checkout"}, 100, 30)
			x.WaitFor("nodes of checkout")
			x.Keys("j")
			x.Keys(c.keys...)
			x.WaitFor("opened " + c.want.Name)
			if diff := cmp.Diff(c.want, opened.Last()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestATargetNarrows(t *testing.T) {
	for name, c := range map[string]struct {
		with        any
		there, gone string
	}{
		"all":     {nil, "10.0.0.4:7002", "nothing of the kind"},
		"service": {"checkout", "10.0.0.6:7003", "10.0.0.4:7002"},
		"version": {introspect.Target{Service: "checkout", Version: "1.4.0"}, "10.0.0.6:7003", "10.0.0.5:7003"},
		"node":    {introspect.Target{Service: "checkout", Node: "9b"}, "10.0.0.6:7003", "10.0.0.4:7003"},
		"none":    {"nobody", "no nodes of nobody in mdns", "10.0"},
	} {
		t.Run(name, func(t *testing.T) {
			th := theme.Default()
			x, _ := showtest.Start(t, nodes.Route(t.Context(), showtest.Session(t, nil), shop(), th), c.with, 120, 30)
			x.WaitFor(c.there)
			if strings.Contains(x.Screen(), c.gone) {
				t.Errorf("%s is shown:\n%s", c.gone, x.Screen())
			}
		})
	}
	if _, err := nodes.New(t.Context(), showtest.Session(t, nil), shop(), theme.Default(), "two words"); err == nil {
		t.Error("two services were taken")
	}
}

func TestAHealthCheckSaysHowItWent(t *testing.T) {
	th := theme.Default()
	x, _ := showtest.Start(t, nodes.Route(t.Context(), showtest.Session(t, nil), shop(), th), nil, 160, 30)
	x.WaitFor("checkout")
	x.Keys("h") // the session's registry is empty: the node has just left
	x.WaitFor(`✗ cart c1: no service "cart" in mdns`)
	x.Keys("space", "space", "h")
	x.WaitFor("2 of 2 nodes are not well")
}

func TestHostileNamesStayInTheirCells(t *testing.T) {
	for name, evil := range map[string]string{
		"escape": "a\x1b[2J\x1b]52;c;ZXZpbA==\x07b", "wide": strings.Repeat("漢字", 200), "long": strings.Repeat("x", 10<<10), "lines": "a\nb\r\nc", "bidi": "a\u202eb",
	} {
		t.Run(name, func(t *testing.T) {
			node := showtest.Up(evil, evil, evil, 1, 0)
			node.Metadata = map[string]string{"protocol": evil, "transport": evil, "server": evil, evil: evil}
			th := theme.Default()
			x, _ := showtest.Start(t, nodes.Route(t.Context(), showtest.Session(t, nil), showtest.New(showtest.Service(evil, node)), th), nil, 80, 24)
			x.WaitFor("● up")
			for i, row := range strings.Split(x.Screen(), "\n")[3:22] {
				if runes := []rune(row); runes[0] != '│' || runes[len(runes)-1] != '│' {
					t.Errorf("row %d left its frame: %q", i, row)
				}
			}
		})
	}
}

func BenchmarkTenThousandNodes(b *testing.B) {
	var all []*fleet.Node
	for i := range 10_000 {
		all = append(all, showtest.Up("1.0.0", fmt.Sprintf("node-%05d", i), fmt.Sprintf("10.0.%d.%d:8080", i/250, i%250), float64(i%900), 0.1))
	}
	f := showtest.New(showtest.Service("shop", all...))
	for _, filter := range []string{"", "10.0.1"} {
		b.Run("filter "+filter, func(b *testing.B) {
			screen, err := nodes.New(b.Context(), showtest.Session(b, nil), f, theme.Default(), nil)
			if err != nil {
				b.Fatal(err)
			}
			defer screen.Close()
			frame := showtest.Drive(screen, 198, 56)
			frame(show.Fresh{})
			if err := screen.(tui.Filterer).SetFilter(filter); err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				frame(show.Fresh{})
			}
		})
	}
}

func TestServiceAndAddressAreWholeInANarrowTable(t *testing.T) {
	f := showtest.New(showtest.Service("shop.recommendations", showtest.Up("2.10.11", "7f2c9e01-1111-4222-8333-444455556666", "192.168.101.102:47003", 402, 0.4)))
	th := theme.Default()
	x, _ := showtest.Start(t, nodes.Route(t.Context(), showtest.Session(t, nil), f, th), nil, 80, 24)
	x.WaitFor("shop.recommendations  ")
	x.WaitFor("192.168.101.102:47003")
	x.WaitFor("● up")
}

func TestOnlyFaults(t *testing.T) {
	f := shop()
	th := theme.Default()
	x, _ := showtest.Start(t, nodes.Route(t.Context(), showtest.Session(t, nil), f, th), nil, 120, 24)
	x.WaitFor("pricing")
	x.Keys("F")
	x.WaitFor("nodes with faults")
	x.WaitFor("[2]") // one is down, one fails
	x.WaitGone("cart")
	x.Keys("F")
	x.WaitFor("[6]")
}

func TestAStateThatChangedStandsOut(t *testing.T) {
	well := func(rate float64) *fleet.Service {
		return showtest.Service("cart", showtest.Up("1.1.0", "c1", "10.0.0.4:7002", 0, 0), showtest.Up("1.1.0", "c2", "10.0.0.5:7002", rate, 0))
	}
	f := showtest.New(well(118))
	x, _ := showtest.Start(t, nodes.Route(t.Context(), showtest.Session(t, nil), f, theme.Default()), nil, 120, 24)
	x.WaitFor("118")
	f.Set(well(240))
	x.WaitFor("240")
	changed := func() (marked bool, colour any) { // c2's state; c1 is selected
		col, row := x.Find("c2")
		for x.Cell(col+1, row).Content != "u" && x.Cell(col+1, row).Content != "d" {
			col++
		}
		style := x.Cell(col+1, row).Style
		return style.Underline != 0, style.Fg
	}
	if marked, _ := changed(); marked {
		t.Error("what did not change is marked")
	}
	col, row := x.Find("240")
	f.Set(showtest.Service("cart", showtest.Up("1.1.0", "c1", "10.0.0.4:7002", 0, 0), showtest.Down("1.1.0", "c2", "10.0.0.5:7002", "refused")))
	x.WaitFor("○ down")
	_, bad := changed()
	f.Set(well(241))
	x.WaitFor("241")
	if x.Cell(col, row).Style.Underline != 0 {
		t.Error("a rate is marked")
	}
	if marked, good := changed(); !marked || good == bad || good == nil {
		t.Errorf("a state that changed: marked %v, %v after %v", marked, good, bad)
	}
}
