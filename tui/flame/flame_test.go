package flame_test

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
	"github.com/google/go-cmp/cmp"

	"github.com/microtop/microtop/tui/flame"
	"github.com/microtop/microtop/tui/frametest"
	"github.com/microtop/microtop/tui/safetext"
	"github.com/microtop/microtop/tui/theme"
)

func keys(f *flame.Flame, list ...string) { frametest.Press(f.Update, list...) }

func node(name string, self, delta int64, children ...*flame.Node) *flame.Node {
	n := &flame.Node{Name: safetext.Clean(name), Self: self, Total: self, Delta: delta, Children: children}
	n.Group, _, _ = strings.Cut(name, ".")
	for _, c := range children {
		n.Total += c.Total
	}
	return n
}

func profile() *flame.Node {
	return node("root", 0, 30,
		node("net/http.(*conn).serve", 10, 40,
			node("example.org/shop/checkout.(*Handler).Pay", 40, 25, node("runtime.mallocgc", 30, 15), node("encoding/json.Marshal", 60, 10, node("runtime.mallocgc", 20, 0))),
			node("example.org/shop/checkout.(*Handler).Show", 70, 0)),
		node("runtime.gcBgMarkWorker", 45, -10, node("runtime.scanobject", 20, -5)),
		node("漢字.func1", 5, 0), node("time.Sleep", 1, 0))
}

func graph(w, h int, diff bool) *flame.Flame {
	f := flame.New(flame.Options{
		Theme: theme.Default(), Diff: diff, Format: func(v int64) string { return fmt.Sprintf("%dms", v*10) },
		Empty: safetext.CleanBlock("no profile; capture one with o"),
	})
	f.SetSize(w, h)
	f.SetRoot(profile())
	return f
}

func at(f *flame.Flame) string { return f.Selected().Name.String() }

func TestGolden(t *testing.T) {
	for _, s := range []struct{ w, h int }{{80, 24}, {200, 60}} {
		size := fmt.Sprintf("%dx%d", s.w, s.h)
		f := graph(s.w, s.h, false)
		keys(f, "j", "j")
		frametest.Exact(t, f.View(), s.w, s.h)
		frametest.Golden(t, "graph_"+size, f.View())
		if err := f.SetSearch("mallocgc"); err != nil {
			t.Fatal(err)
		}
		keys(f, "enter", "n", "i")
		frametest.Golden(t, "zoomed_"+size, ansi.Strip(f.View()))
		d := graph(s.w, s.h, true)
		keys(d, "j")
		frametest.Exact(t, d.View(), s.w, s.h)
		frametest.Golden(t, "diff_"+size, d.View())
		d.SetRoot(nil)
		frametest.Exact(t, d.View(), s.w, s.h)
		frametest.Golden(t, "empty_"+size, ansi.Strip(d.View()))
	}
}

func TestMoving(t *testing.T) {
	f := graph(80, 24, false)
	for _, step := range []struct{ key, want string }{
		{"k", "root"}, {"j", "net/http.(*conn).serve"}, {"l", "runtime.gcBgMarkWorker"}, {"right", "漢字.func1"}, {"l", "time.Sleep"},
		{"l", "time.Sleep"}, {"h", "漢字.func1"}, {"h", "runtime.gcBgMarkWorker"}, {"down", "runtime.scanobject"},
		{"left", "example.org/shop/checkout.(*Handler).Show"}, // the neighbour of another parent
		{"left", "example.org/shop/checkout.(*Handler).Pay"}, {"G", "runtime.mallocgc"}, {"g", "root"},
		{"pgdown", "runtime.mallocgc"}, {"pgup", "root"}, {"j", "net/http.(*conn).serve"}, {"j", "example.org/shop/checkout.(*Handler).Pay"},
	} {
		if keys(f, step.key); at(f) != step.want {
			t.Fatalf("%s goes to %s, want %s", step.key, at(f), step.want)
		}
	}
	keys(f, "enter")
	if f.Zoomed() != f.Selected() || !f.Escapes() {
		t.Error("enter does not zoom")
	}
	keys(f, "k", "k", "j", "j")
	if got := at(f); got != "example.org/shop/checkout.(*Handler).Pay" {
		t.Errorf("up and down above the zoom ends on %s", got)
	}
	keys(f, "j", "enter", "backspace", "esc")
	if f.Zoomed().Name.String() != "root" || f.Escapes() {
		t.Errorf("zoomed out to %s", f.Zoomed().Name)
	}
	f.View()
	f.Update(tea.MouseClickMsg{X: 1, Y: 1, Button: tea.MouseLeft})
	if got := at(f); got != "net/http.(*conn).serve" {
		t.Errorf("a click selects %s", got)
	}
	f.Update(tea.MouseClickMsg{X: 1, Y: 1, Button: tea.MouseLeft})
	if f.Zoomed() != f.Selected() {
		t.Error("a second click does not zoom")
	}
}

func TestSearchCountsNestedOnce(t *testing.T) {
	f := graph(80, 24, false)
	total := float64(f.Selected().Total)
	for _, c := range []struct {
		expr  string
		boxes int
		cost  int64
	}{{"mallocgc", 2, 50}, {"json|mallocgc", 3, 110}, {"nothing", 0, 0}, {"root", 1, int64(total)}} {
		if err := f.SetSearch(c.expr); err != nil {
			t.Fatal(err)
		}
		boxes, part := f.Found()
		if boxes != c.boxes || math.Abs(part-float64(c.cost)/total) > 1e-9 {
			t.Errorf("%s: %d boxes, %.3f", c.expr, boxes, part)
		}
	}
	if err := f.SetSearch("("); err == nil || f.Search() != "root" {
		t.Errorf("a faulty search: %v, left %q", err, f.Search())
	}
	if err := f.SetSearch("mallocgc|Sleep"); err != nil {
		t.Fatal(err)
	}
	var got []string
	for range 4 {
		keys(f, "n")
		got = append(got, fmt.Sprint(at(f), f.Selected().Total))
	}
	want := []string{"runtime.mallocgc30", "runtime.mallocgc20", "time.Sleep1", "runtime.mallocgc30"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	keys(f, "N")
	if at(f) != "time.Sleep" {
		t.Errorf("N goes to %s", at(f))
	}
	keys(f, "enter", "n")
	if at(f) != "runtime.mallocgc" || f.Zoomed().Name.String() != "root" {
		t.Errorf("a match outside the zoom: on %s in %s", at(f), f.Zoomed().Name)
	}
	keys(f, "esc", "#")
	if boxes, _ := f.Found(); boxes != 2 {
		t.Errorf("# highlights %d boxes", boxes)
	}
}

func TestHostileTreeKeepsTheFrame(t *testing.T) {
	attacks := []string{"e" + strings.Repeat("\u0301", 1000), strings.Repeat("👩\u200d👩\u200d👧", 99), strings.Repeat("漢", 999), "\x1b[2J\t", strings.Repeat("w", 1<<20)}
	var build func(depth int) *flame.Node
	n := 0
	build = func(depth int) *flame.Node {
		n++
		f := node(attacks[n%len(attacks)], int64(n%7)-1, int64(n%5)-2)
		for range min(depth, 5) {
			c := build(depth - 1)
			f.Total += c.Total
			f.Children = append(f.Children, c)
		}
		return f
	}
	root := build(7)
	deep := root
	for range 3000 {
		deep.Children = append(deep.Children, node("deep", 1, 0))
		deep = deep.Children[len(deep.Children)-1]
	}
	for _, s := range []struct{ w, h int }{{0, 0}, {1, 1}, {0, 3}, {2, 2}, {80, 24}, {200, 60}, {500, 200}} {
		best := time.Hour
		for try := 0; try < 8 && best > frametest.Frame; try++ {
			f := graph(s.w, s.h, n%2 == 0)
			f.SetRoot(root)
			f.View()
			for _, k := range []string{"j", "l", "enter", "G", "i", "#"} {
				keys(f, k)
				frametest.Exact(t, f.View(), s.w, s.h)
			}
			start := time.Now()
			keys(f, "esc", "g")
			f.View()
			best = min(best, time.Since(start))
		}
		if best > frametest.Frame && s.w <= 200 {
			t.Errorf("%dx%d: a frame took %v", s.w, s.h, best)
		}
	}
}

func FuzzKeys(f *testing.F) {
	f.Add([]byte("jjllhkG#nN"), uint8(80), uint8(24))
	names := []string{"h", "j", "k", "l", "enter", "backspace", "esc", "#", "n", "N", "i", "g", "G", "pgdown", "pgup"}
	f.Fuzz(func(t *testing.T, script []byte, w, h uint8) {
		g := graph(int(w), int(h), w%2 == 0)
		for i, b := range script {
			if i > 200 {
				return
			}
			switch {
			case b < 200:
				keys(g, names[int(b)%len(names)])
			case b < 220:
				g.Update(tea.MouseClickMsg{X: int(b) - 203, Y: i - 1, Button: tea.MouseLeft})
			case b < 230:
				_ = g.SetSearch(string(script[:i]))
			case b < 238:
				g.SetRoot(nil)
			case b < 245:
				g.SetRoot(profile())
			default:
				w, h = b, uint8(i%20)
				g.SetSize(int(w), int(h))
			}
			frametest.Exact(t, g.View(), int(w), int(h))
		}
	})
}
