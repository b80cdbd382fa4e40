package show_test

import (
	"math"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"go.uber.org/goleak"

	"github.com/microtop/microtop/introspect"
	"github.com/microtop/microtop/introspect/fleet"
	"github.com/microtop/microtop/tui"
	"github.com/microtop/microtop/tui/theme"
	"github.com/microtop/microtop/views/show"
	"github.com/microtop/microtop/views/show/showtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestNumbersAreShort(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{show.Rate(0), "0"}, {show.Rate(0.04), "<0.1"}, {show.Rate(0.42), "0.4"}, {show.Rate(9.96), "10"}, {show.Rate(812), "812"},
		{show.Rate(999.6), "1.0k"}, {show.Rate(12_437), "12.4k"}, {show.Rate(124_370), "124k"}, {show.Rate(1.25e6), "1.2M"}, {show.Rate(math.NaN()), "-"}, {show.Rate(-1), "-"},
		{show.Percent(0), "0"}, {show.Percent(0.0001), "<0.1"}, {show.Percent(0.025), "2.5"}, {show.Percent(0.5), "50"}, {show.Percent(3), "100"}, {show.Percent(math.NaN()), "-"},
		{show.Bytes(0), "0 B"}, {show.Bytes(999), "999 B"}, {show.Bytes(1000), "1.0 KB"}, {show.Bytes(38 << 20), "38 MB"}, {show.Bytes(1288490189), "1.2 GB"}, {show.Bytes(math.MaxUint64), "16 EB"},
		{show.Age(-time.Hour), "now"}, {show.Age(4 * time.Second), "now"}, {show.Age(19 * time.Second), "15s"}, {show.Age(14*time.Minute + 59*time.Second), "14m"},
		{show.Age(134 * time.Minute), "2h14m"}, {show.Age(76 * time.Hour), "3d4h"}, {show.Age(200 * 24 * time.Hour), "200d"},
		{show.Since(time.Unix(1000, 0), time.Time{}), "-"}, {show.Since(time.Unix(1000, 0), time.Unix(700, 0)), "5m"},
		{show.Duration(85 * time.Microsecond), "85 µs"}, {show.Duration(4200 * time.Microsecond), "4.2 ms"}, {show.Duration(250 * time.Millisecond), "250 ms"}, {show.Duration(1500 * time.Millisecond), "1.5 s"},
		{show.For(time.Unix(1000, 0), time.Unix(700, 0)), "for 5m"}, {show.For(time.Unix(1000, 0), time.Unix(999, 0)), "since just now"},
		{show.Count(1, "node"), "1 node"}, {show.Count(0, "node"), "0 nodes"},
		{show.Names([]string{"a", "b", "c", "d", "e"}).String(), "a, b, c and 2 more"}, {show.Names([]string{"a"}).String(), "a"},
		{show.Command("microtop", "describe", "shop.cart"), "microtop describe shop.cart"},
		{show.Command("microtop", "tail", "it's; rm -rf /", ""), `microtop tail 'it'\''s; rm -rf /' ''`},
	} {
		if c.got != c.want {
			t.Errorf("%q, want %q", c.got, c.want)
		}
	}
}

func TestHealthSaysInWordsWhatIsWrong(t *testing.T) {
	nodes := func(states ...fleet.State) []*fleet.Node {
		var out []*fleet.Node
		for _, s := range states {
			out = append(out, &fleet.Node{State: s})
		}
		return out
	}
	many := nodes(fleet.Up, fleet.Up, fleet.Up, fleet.Up, fleet.Up, fleet.Up, fleet.Down)
	for _, c := range []struct {
		nodes          []*fleet.Node
		unicode, ascii string
	}{
		{nodes(fleet.Up, fleet.Up), "●●", "** up"}, {nodes(fleet.Down, fleet.Up), "●○ 1 down", "*o 1 down"},
		{nodes(fleet.Suspect, fleet.Down, fleet.Down), "◐○○ 2 down", "?oo 2 down"}, {nodes(fleet.Suspect), "◐ 1 suspect", "? 1 suspect"},
		{nodes(fleet.Unknown), "· 1 unknown", "- 1 unknown"}, {many, "○ 6/7 1 down", "o 6/7 1 down"}, {many[:6], "●●●●●●", "****** up"},
	} {
		if got := show.Health(theme.UnicodeGlyphs(), c.nodes).String(); got != c.unicode {
			t.Errorf("%q, want %q", got, c.unicode)
		}
		if got := show.Health(theme.ASCIIGlyphs(), c.nodes).String(); got != c.ascii {
			t.Errorf("%q, want %q", got, c.ascii)
		}
	}
}

func TestALoadLeavesOutWhoIsDown(t *testing.T) {
	down := showtest.Up("1", "c", "h:3", 1000, 1000)
	down.State = fleet.Down
	nodes := []*fleet.Node{showtest.Up("1", "a", "h:1", 100, 1), showtest.Up("1", "b", "h:2", 300, 3), down}
	nodes[1].Vitals.Uptime = time.Minute
	nodes[1].Vitals.Recent, nodes[1].Vitals.RecentErrors = []float64{1, 2}, []float64{0, 0.03}
	load := show.LoadOf(nodes)
	if load.Requests != 400 || math.Abs(load.ErrorShare()-0.01) > 1e-9 || load.Uptime != time.Minute || load.Heap != 76<<20 {
		t.Errorf("%+v", load)
	}
	if diff := cmp.Diff([]float64{100 / 1.1, 100, 100/1.2 + 1, 102}, show.Trend(nodes, 4), cmpopts.EquateApprox(0, 1e-9)); diff != "" {
		t.Error(diff)
	}
	if none := show.LoadOf(nil); !math.IsNaN(none.Requests) || !math.IsNaN(none.ErrorShare()) {
		t.Errorf("%+v", none)
	}
}

func TestASparkFillsItsCells(t *testing.T) {
	for _, c := range []struct {
		values []float64
		want   string
	}{
		{nil, "    "}, {[]float64{0, 0}, "  ▁▁"}, {[]float64{9, 9, 1, 4, 8, 2}, "▂▅█▃"}, {[]float64{-3, 1, math.Inf(1)}, " ▁▁█"},
	} {
		if got := show.Spark(theme.UnicodeGlyphs(), c.values, 4); got.Width() != 4 || (got.String() != c.want && !math.IsInf(c.values[len(c.values)-1], 1)) {
			t.Errorf("%v: %q, want %q", c.values, got, c.want)
		}
	}
}

func TestANodeIsNamedShortly(t *testing.T) {
	for id, want := range map[string]string{
		"shop-7f2c9e01-1111-4222-8333-444455556666": "7f2c9e01", "shop-a": "a", "other": "other", "shop-": "shop-", "": "",
	} {
		if got := show.ShortID(&fleet.Node{Service: "shop", ID: id}); got != want {
			t.Errorf("%q: %q, want %q", id, got, want)
		}
	}
}

func TestTargets(t *testing.T) {
	for _, c := range []struct {
		with any
		want introspect.Target
		err  string
	}{
		{"shop", introspect.Target{Service: "shop"}, ""}, {introspect.Target{Service: "a", Node: "b"}, introspect.Target{Service: "a", Node: "b"}, ""},
		{nil, introspect.Target{}, ":endpoints SERVICE"}, {" ", introspect.Target{}, ":endpoints SERVICE"}, {"a b", introspect.Target{}, "one service"}, {42, introspect.Target{}, "int"},
	} {
		got, err := show.Needed("endpoints", c.with)
		if c.err != "" {
			if err == nil || !strings.Contains(err.Error(), c.err) {
				t.Errorf("%v: %v", c.with, err)
			}
			continue
		}
		if err != nil || got != c.want {
			t.Errorf("%v: %v, %v", c.with, got, err)
		}
	}
}

func TestNextReportsAChangeAndThatTimePasses(t *testing.T) {
	for _, c := range []struct {
		name            string
		old             time.Duration // the snapshot is, as the frame before shows it
		changed, report time.Duration // after that frame
	}{
		{"changes that follow each other go together", 0, 10 * time.Millisecond, 200 * time.Millisecond},
		{"a change after a quiet spell goes at once", 0, 700 * time.Millisecond, 700 * time.Millisecond},
		{"a change just after ages were written anew goes at once", time.Second, 10 * time.Millisecond, 10 * time.Millisecond},
		{"ages grow without a change", 0, time.Hour, time.Second},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := showtest.New()
				scope := tui.NewScope(t.Context())
				defer scope.Close()
				time.Sleep(c.old)
				change := time.AfterFunc(c.changed, func() { f.Set() })
				defer change.Stop()
				begin := time.Now()
				if msg := show.Next(scope, f, f.Snapshot())(); msg != (show.Fresh{}) || time.Since(begin) != c.report {
					t.Errorf("%v after %s, want %s", msg, time.Since(begin), c.report)
				}
			})
		})
	}
	scope := tui.NewScope(t.Context())
	scope.Close()
	if msg := show.Next(scope, showtest.New(), &fleet.Snapshot{Generation: 99, Since: time.Now()})(); msg != nil {
		t.Errorf("%v after the scope ended", msg)
	}
}
