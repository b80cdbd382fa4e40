package tree_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
	"github.com/google/go-cmp/cmp"

	"github.com/microtop/microtop/tui/frametest"
	"github.com/microtop/microtop/tui/safetext"
	"github.com/microtop/microtop/tui/theme"
	"github.com/microtop/microtop/tui/tree"
)

func keys(tr *tree.Tree, list ...string) { frametest.Press(tr.Update, list...) }

// maker counts the calls for children.
type maker struct{ made int }

// message describes a message that contains itself.
func (m *maker) message() []tree.Node {
	field := func(name, kind string, children func() []tree.Node) tree.Node {
		return tree.Node{ID: name, Label: safetext.Clean(name), Cells: []safetext.Line{safetext.Clean(kind), safetext.Format("about the %s, 漢字", name)}, Children: children}
	}
	more := func() []tree.Node { m.made++; return m.message() }
	return []tree.Node{field("name", "string", nil), field("parent", "Category", more), field("children", "repeated Category", more)}
}

func newTree(w, h int) (*tree.Tree, *maker) {
	m := &maker{}
	tr := tree.New(tree.Options{
		Theme: theme.Default(), Title: "FIELD", Columns: []tree.Column{{Title: "TYPE", Max: 20}, {Title: "DOC"}},
		Empty: safetext.CleanBlock("no schema; the node has no reflection"),
	})
	tr.SetSize(w, h)
	tr.SetRoots(m.message())
	return tr, m
}

func at(tr *tree.Tree) string { return strings.Join(tr.Path(), ".") }

func TestGolden(t *testing.T) {
	for _, s := range []struct{ w, h int }{{80, 24}, {200, 60}} {
		size := fmt.Sprintf("%dx%d", s.w, s.h)
		tr, _ := newTree(s.w, s.h)
		keys(tr, "down", "right", "right", "down", "right")
		frametest.Exact(t, tr.View(), s.w, s.h)
		frametest.Golden(t, "open_"+size, tr.View())
		keys(tr, "E", "G")
		if err := tr.SetFilter("^parent"); err != nil {
			t.Fatal(err)
		}
		frametest.Golden(t, "filter_"+size, ansi.Strip(tr.View()))
		tr.SetRoots(nil)
		keys(tr, "esc")
		frametest.Golden(t, "empty_"+size, ansi.Strip(tr.View()))
		frametest.Exact(t, tr.View(), s.w, s.h)
	}
}

func TestBranchesAreMadeWhenOpened(t *testing.T) {
	tr, m := newTree(80, 24)
	tr.View()
	if m.made != 0 {
		t.Errorf("%d branches made before any was opened", m.made)
	}
	keys(tr, "down", "right")
	if m.made != 1 || tr.Count() != 6 {
		t.Errorf("%d branches made, %d rows", m.made, tr.Count())
	}
	keys(tr, "left", "right", "enter", "enter")
	if m.made != 1 || tr.Count() != 6 {
		t.Errorf("opened again: %d branches made, %d rows", m.made, tr.Count())
	}
	keys(tr, "E")
	if tr.Count() < 400 || tr.Count() > tree.DefaultExpand+3 {
		t.Errorf("a tree without end opened to %d rows", tr.Count())
	}
	keys(tr, "C")
	if tr.Count() != 3 || at(tr) != "parent" {
		t.Errorf("closed: %d rows, on %s", tr.Count(), at(tr))
	}
}

func TestMoving(t *testing.T) {
	tr, _ := newTree(80, 24)
	for _, step := range []struct{ key, want string }{
		{"right", "name"}, {"j", "parent"}, {"l", "parent"}, {"l", "parent.name"}, {"j", "parent.parent"}, {"right", "parent.parent"},
		{"right", "parent.parent.name"}, {"h", "parent.parent"}, {"h", "parent.parent"}, {"h", "parent"}, {"G", "children"}, {"g", "name"},
	} {
		if keys(tr, step.key); at(tr) != step.want {
			t.Fatalf("%s goes to %s, want %s", step.key, at(tr), step.want)
		}
	}
	tr.Update(tea.MouseClickMsg{Y: 6, Button: tea.MouseLeft})
	if at(tr) != "children" {
		t.Errorf("a click selects %s", at(tr))
	}
	if _, y, ok := tr.Cursor(); y != 6 || !ok {
		t.Errorf("the cursor is in row %d", y)
	}
	n := tr.Count()
	tr.Update(tea.MouseClickMsg{Y: 6, Button: tea.MouseLeft})
	if tr.Count() != n+3 {
		t.Error("a second click does not open")
	}
}

func TestNewRootsKeepWhatIsOpen(t *testing.T) {
	tr, m := newTree(80, 24)
	if !tr.Select("parent", "children", "name") {
		t.Fatal("the way is not opened")
	}
	n := tr.Count()
	tr.SetRoots(append([]tree.Node{{ID: "new", Label: safetext.Literal("new")}}, m.message()...))
	if at(tr) != "parent.children.name" || tr.Count() != n+1 {
		t.Errorf("on %s with %d rows, want %d", at(tr), tr.Count(), n+1)
	}
	if tr.Select("parent", "nothing") || tr.Select() {
		t.Error("selected what is not there")
	}
}

func TestFilter(t *testing.T) {
	tr, m := newTree(80, 24)
	keys(tr, "down", "right")
	made := m.made
	keys(tr, "left") // matches in closed branches count too
	if err := tr.SetFilter("string"); err != nil {
		t.Fatal(err)
	}
	if tr.Count() != 2 || m.made != made {
		t.Errorf("%d matches, %d branches made", tr.Count(), m.made-made)
	}
	var shown []string
	for range 3 {
		shown = append(shown, at(tr))
		keys(tr, "down")
	}
	keys(tr, "g")
	if got := at(tr); got != "name" {
		t.Errorf("first is %s of %v", got, shown)
	}
	if err := tr.SetFilter("("); err == nil || tr.Filter() != "string" {
		t.Errorf("a faulty filter: %v, left %q", err, tr.Filter())
	}
	if err := tr.SetFilter("zebra"); err != nil || tr.Count() != 0 {
		t.Errorf("%d match zebra, %v", tr.Count(), err)
	}
	if _, ok := tr.Selected(); ok {
		t.Error("something is selected")
	}
	if !tr.Escapes() {
		t.Error("esc has a filter to end")
	}
	keys(tr, "left", "enter", "esc")
	if diff := cmp.Diff(3, tr.Count()); diff != "" || tr.Escapes() {
		t.Errorf("esc: %s", diff)
	}
}

func TestHostileTextKeepsTheFrame(t *testing.T) {
	attacks := []string{"e" + strings.Repeat("\u0301", 1000), strings.Repeat("👩\u200d👩\u200d👧", 99), strings.Repeat("漢", 999), "\x1b[2J\t\x9b", strings.Repeat("w", 1<<20)}
	n := 0
	var nodes func() []tree.Node
	nodes = func() []tree.Node {
		list := make([]tree.Node, 5)
		for i := range list {
			n++
			a := safetext.Clean(attacks[n%len(attacks)])
			list[i] = tree.Node{ID: a.String(), Label: a, Cells: []safetext.Line{a, a, a, a}, Children: nodes}
		}
		return list
	}
	for _, s := range []struct{ w, h int }{{0, 0}, {1, 1}, {0, 3}, {3, 2}, {80, 24}, {200, 60}} {
		best := time.Hour
		for try := 0; try < 8 && best > frametest.Frame; try++ {
			tr, _ := newTree(s.w, s.h)
			tr.SetRoots(nodes())
			for range 40 { // far down
				keys(tr, "l", "l")
			}
			keys(tr, "E")
			frametest.Exact(t, tr.View(), s.w, s.h)
			start := time.Now()
			keys(tr, "j")
			frametest.Exact(t, tr.View(), s.w, s.h)
			best = min(best, time.Since(start))
		}
		if best > frametest.Frame {
			t.Errorf("%dx%d: a frame took %v", s.w, s.h, best)
		}
	}
}

func FuzzKeys(f *testing.F) {
	f.Add([]byte("jlljlECG"), uint8(80), uint8(24))
	names := []string{"h", "j", "k", "l", "enter", "E", "C", "esc", "g", "G", "pgdown", "pgup", "right", "left"}
	f.Fuzz(func(t *testing.T, script []byte, w, h uint8) {
		tr, m := newTree(int(w), int(h))
		for i, b := range script {
			if i > 100 {
				return
			}
			switch {
			case b < 200:
				keys(tr, names[int(b)%len(names)])
			case b < 220:
				tr.Update(tea.MouseClickMsg{X: 3, Y: int(b) - 202, Button: tea.MouseLeft})
			case b < 230:
				_ = tr.SetFilter(string(script[:i]))
			case b < 235:
				tr.SetRoots(m.message()[:b%3])
			case b < 240:
				tr.Update(tea.MouseWheelMsg{Button: tea.MouseWheelDown})
			default:
				w, h = b, uint8(i%20)
				tr.SetSize(int(w), int(h))
			}
			frametest.Exact(t, tr.View(), int(w), int(h))
		}
	})
}
