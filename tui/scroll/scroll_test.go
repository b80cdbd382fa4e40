package scroll_test

import (
	"testing"

	tea "charm.land/bubbletea/v2"

	"github.com/microtop/microtop/tui/scroll"
)

func TestWindowMoves(t *testing.T) {
	for _, c := range []struct {
		name        string
		in          scroll.Window
		m           scroll.Motion
		top, cursor int
	}{
		{"down", scroll.Window{Len: 100, Height: 10}, scroll.Down, 0, 1},
		{"down past the edge", scroll.Window{Len: 100, Height: 10, Cursor: 9}, scroll.Down, 1, 10},
		{"up at the top", scroll.Window{Len: 100, Height: 10}, scroll.Up, 0, 0},
		{"page keeps the line", scroll.Window{Len: 100, Height: 10, Top: 5, Cursor: 8}, scroll.PageDown, 15, 18},
		{"last page", scroll.Window{Len: 100, Height: 10, Top: 85, Cursor: 88}, scroll.PageDown, 90, 98},
		{"at the end", scroll.Window{Len: 100, Height: 10, Top: 90, Cursor: 98}, scroll.PageDown, 90, 99},
		{"half up", scroll.Window{Len: 100, Height: 10, Top: 50, Cursor: 51}, scroll.HalfUp, 45, 46},
		{"end", scroll.Window{Len: 100, Height: 10}, scroll.End, 90, 99},
		{"home", scroll.Window{Len: 100, Height: 10, Top: 90, Cursor: 99}, scroll.Home, 0, 0},
		{"short list", scroll.Window{Len: 3, Height: 10}, scroll.PageDown, 0, 2},
		{"empty", scroll.Window{Height: 10}, scroll.Down, 0, 0},
		{"no height", scroll.Window{Len: 5}, scroll.Down, 0, 1},
	} {
		w := c.in
		if !w.Move(c.m) || w.Top != c.top || w.Cursor != c.cursor {
			t.Errorf("%s: top %d cursor %d, want %d %d", c.name, w.Top, w.Cursor, c.top, c.cursor)
		}
	}
	w := scroll.Window{Len: 9, Height: 3}
	if w.Move(scroll.Left) || w.Move(scroll.None) {
		t.Error("a sideways motion moved the window")
	}
}

func TestFitAfterShrinking(t *testing.T) {
	w := scroll.Window{Len: 100, Height: 10, Top: 90, Cursor: 95}
	w.Len = 20
	w.Fit()
	if w.Top != 10 || w.Cursor != 19 || w.End() != 20 {
		t.Errorf("%+v", w)
	}
}

func TestThumb(t *testing.T) {
	for _, c := range []struct {
		n, height, top, start, length int
		ok                            bool
	}{
		{5, 10, 0, 0, 0, false}, {10, 10, 0, 0, 0, false}, {20, 10, 0, 0, 5, true}, {20, 10, 10, 5, 5, true},
		{100000, 10, 99990, 9, 1, true}, {100000, 10, 0, 0, 1, true}, {10, 0, 0, 0, 0, false},
	} {
		start, length, ok := scroll.Thumb(c.n, c.height, c.top)
		if start != c.start || length != c.length || ok != c.ok {
			t.Errorf("%+v: %d %d %v", c, start, length, ok)
		}
	}
}

func TestKeysOfTheTable(t *testing.T) {
	for want, keys := range map[scroll.Motion][]tea.KeyPressMsg{
		scroll.Down:     {{Code: 'j', Text: "j"}, {Code: tea.KeyDown}},
		scroll.Up:       {{Code: 'k', Text: "k"}, {Code: tea.KeyUp}},
		scroll.PageDown: {{Code: tea.KeyPgDown}, {Code: 'f', Mod: tea.ModCtrl}},
		scroll.PageUp:   {{Code: tea.KeyPgUp}, {Code: 'b', Mod: tea.ModCtrl}},
		scroll.HalfDown: {{Code: 'd', Mod: tea.ModCtrl}},
		scroll.HalfUp:   {{Code: 'u', Mod: tea.ModCtrl}},
		scroll.Home:     {{Code: 'g', Text: "g"}, {Code: tea.KeyHome}},
		scroll.End:      {{Code: 'g', Mod: tea.ModShift, Text: "G"}, {Code: tea.KeyEnd}},
		scroll.Left:     {{Code: 'h', Mod: tea.ModShift, Text: "H"}, {Code: tea.KeyLeft, Mod: tea.ModShift}},
		scroll.Right:    {{Code: 'l', Mod: tea.ModShift, Text: "L"}, {Code: tea.KeyRight, Mod: tea.ModShift}},
		scroll.None:     {{Code: 'x', Text: "x"}, {Code: tea.KeyLeft}, {Code: tea.KeyEnter}},
	} {
		for _, k := range keys {
			if got := scroll.Of(k); got != want {
				t.Errorf("%s: %v, want %v", k, got, want)
			}
		}
	}
}
