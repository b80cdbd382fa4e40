package pane_test

import (
	"fmt"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/microtop/microtop/tui/paint"
	"github.com/microtop/microtop/tui/pane"
	"github.com/microtop/microtop/tui/safetext"
	"github.com/microtop/microtop/tui/theme"
)

func press(p *pane.Preview, keys ...string) {
	for _, k := range keys {
		p.Update(tea.KeyPressMsg{Code: []rune(k)[0], Text: k})
	}
}

// blank is a list's drawing.
func blank(a pane.Area) string {
	return strings.TrimSuffix(strings.Repeat(strings.Repeat(".", a.W)+"\n", a.H), "\n")
}

func TestAPreviewIsWhereThereIsRoom(t *testing.T) {
	for _, c := range []struct {
		w, h          int
		keys          []string
		list, preview pane.Area
	}{
		{198, 56, nil, pane.Area{W: 123, H: 56}, pane.Area{X: 124, W: 74, H: 56}},
		{138, 56, nil, pane.Area{W: 86, H: 56}, pane.Area{X: 87, W: 51, H: 56}},
		{137, 56, nil, pane.Area{W: 137, H: 56}, pane.Area{}},
		{137, 56, []string{"p"}, pane.Area{W: 137, H: 34}, pane.Area{Y: 34, W: 137, H: 22}},
		{78, 20, []string{"p"}, pane.Area{W: 78, H: 12}, pane.Area{Y: 12, W: 78, H: 8}},
		{78, 20, []string{"+"}, pane.Area{W: 78, H: 12}, pane.Area{Y: 12, W: 78, H: 8}},
		{78, 20, []string{"+", "+"}, pane.Area{W: 78, H: 8}, pane.Area{Y: 8, W: 78, H: 12}},
		{78, 20, []string{"+", "+", "+", "+", "_"}, pane.Area{W: 78, H: 8}, pane.Area{Y: 8, W: 78, H: 12}},
		{78, 20, []string{"+", "+", "+"}, pane.Area{}, pane.Area{W: 78, H: 20}},
		{78, 11, []string{"p"}, pane.Area{W: 78, H: 11}, pane.Area{}},
		{198, 56, []string{"p"}, pane.Area{W: 198, H: 56}, pane.Area{}},
		{198, 56, []string{"p", "p", "+"}, pane.Area{W: 98, H: 56}, pane.Area{X: 99, W: 99, H: 56}},
	} {
		t.Run(fmt.Sprint(c.w, c.h, c.keys), func(t *testing.T) {
			p := pane.NewPreview(theme.Plain())
			p.Layout(c.w, c.h)
			for _, k := range c.keys {
				press(p, k)
				p.Layout(c.w, c.h)
			}
			list, preview := p.Layout(c.w, c.h)
			if list != c.list || preview != c.preview {
				t.Errorf("list %v, preview %v; want %v, %v", list, preview, c.list, c.preview)
			}
			rows := strings.Split(p.Draw(blank(list), "a", safetext.Literal("title"), fill(99)), "\n")
			if len(rows) != c.h {
				t.Errorf("%d rows, want %d", len(rows), c.h)
			}
			for i, row := range rows {
				if w := ansi.StringWidth(row); w > c.w {
					t.Errorf("row %d takes %d cells of %d", i, w, c.w)
				}
			}
		})
	}
}

func fill(rows int) func(*pane.Sheet) {
	return func(s *pane.Sheet) {
		for i := range rows {
			s.Field(safetext.Literal("row"), s.Pens.Text, safetext.Format("%d", i))
		}
	}
}

func TestAPreviewScrollsAndFollows(t *testing.T) {
	p := pane.NewPreview(theme.Plain())
	draw := func(of string) string {
		list, _ := p.Layout(198, 20)
		return ansi.Strip(p.Draw(blank(list), of, safetext.Clean(of), fill(30)))
	}
	shows := func(of string, want ...string) {
		t.Helper()
		for _, text := range want {
			if got := draw(of); !strings.Contains(got, text) {
				t.Errorf("no %q in\n%s", text, got)
			}
		}
	}
	shows("a", "─ a ─", "row         0 ", "0%  J K scroll")
	press(p, "J", "J")
	shows("a", "row         6 ", "row         24")
	p.Update(tea.MouseWheelMsg{X: 150, Y: 5, Button: tea.MouseWheelDown})
	shows("a", "row         9 ")
	press(p, "J", "J", "J")
	shows("a", "row         11", "row         29", "100%")
	press(p, "K")
	shows("a", "row         8 ")
	shows("b", "─ b ─", "row         0 ")
	if p.Update(tea.MouseWheelMsg{X: 5, Y: 5, Button: tea.MouseWheelDown}) {
		t.Error("the list's wheel is the preview's")
	}
}

func TestAPreviewIsWrittenOnceForARow(t *testing.T) {
	p := pane.NewPreview(theme.Plain())
	written := 0
	draw := func(of string, w int) {
		list, _ := p.Layout(w, 30)
		p.Draw(blank(list), of, safetext.Line{}, func(*pane.Sheet) { written++ })
	}
	for i, step := range []func(){
		func() { draw("a", 198) }, func() { draw("b", 198) }, func() { draw("b", 180) }, func() { p.Refresh(); draw("b", 180) },
	} {
		step()
		draw(map[bool]string{true: "a", false: "b"}[i == 0], map[bool]int{true: 198, false: 180}[i < 2])
		if written != i+1 {
			t.Fatalf("written %d times after step %d", written, i)
		}
	}
}

func TestASheetKeepsToItsWidth(t *testing.T) {
	texts := []string{"", "x", "a few words that go on", strings.Repeat("漢字", 40), strings.Repeat("x", 200), "a\x1b[2Jb\u202ec", "e" + strings.Repeat("\u0301", 40)}
	pens := paint.NewPens(theme.Plain())
	for w := range 40 {
		s := pane.NewSheet(pens, w)
		for _, a := range texts {
			for _, b := range texts {
				s.Field(safetext.Clean(a), pens.Good, safetext.Clean(b))
				s.Row(pane.Part{Pen: pens.Good, Text: safetext.Clean(a)}, pane.Part{Pen: pens.Bad, Text: safetext.Clean(b)})
			}
			s.Head(safetext.Clean(a))
			s.Text(pens.Dim, safetext.Clean(a))
		}
		s.Chart(pens.Good, []float64{1, 2, 3, 0, 5, 6, 7, 8, 9, 1, 2, 3, 4, 5, 6, 7}, 3)
		for _, row := range s.Rows() {
			if got := ansi.StringWidth(row); got > max(w, 2) { // a wide character has nowhere else to go
				t.Fatalf("%d cells of %d: %q", got, w, row)
			}
		}
	}
}

func TestASheetLosesNothingOfAField(t *testing.T) {
	pens := paint.NewPens(theme.Plain())
	s := pane.NewSheet(pens, 30)
	s.Field(safetext.Literal("path"), pens.Text, safetext.Literal("one two three four five six seven "))
	want := []string{"path        one two three four", "            five six seven"}
	for i, row := range s.Rows() {
		if got := strings.TrimRight(ansi.Strip(row), " "); i >= len(want) || got != want[i] {
			t.Errorf("row %d is %q", i, got)
		}
	}
	long := pane.NewSheet(pens, 30)
	for range 2 * pane.MaxRows {
		long.Text(pens.Text, safetext.Literal("x"))
	}
	if len(long.Rows()) != pane.MaxRows || !long.Full() {
		t.Errorf("%d rows", len(long.Rows()))
	}
}

func TestAChart(t *testing.T) {
	s := pane.NewSheet(paint.NewPens(theme.Plain()), 6)
	s.Chart(s.Pens.Good, []float64{9, 9, 0, 1, 2, 3, 4, 8}, 2)
	got := ansi.Strip(strings.Join(s.Rows(), "\n"))
	if want := "     █\n▁▂▄▆██"; got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
