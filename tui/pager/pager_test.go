package pager_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
	"github.com/google/go-cmp/cmp"

	"github.com/microtop/microtop/tui/frametest"
	"github.com/microtop/microtop/tui/pager"
	"github.com/microtop/microtop/tui/safetext"
	"github.com/microtop/microtop/tui/theme"
)

func keys(p *pager.Pager, list ...string) { frametest.Press(p.Update, list...) }

func line(i int) pager.Line {
	return pager.Line{
		Stamp: safetext.Format("12:00:%02d", i%60), Prefix: safetext.Literal("↑"), Role: pager.Role(i % 8),
		Text: safetext.Format("message %d of orders.created, 漢字 %s", i, strings.Repeat("and so on ", i%20)),
	}
}

func tail(w, h, capacity, n int) *pager.Pager {
	p := pager.New(pager.Options{Theme: theme.Default(), Capacity: capacity, Status: true, Empty: safetext.CleanBlock("nothing yet\npublish with P")})
	p.SetSize(w, h)
	for i := range n {
		p.Append(line(i))
	}
	return p
}

const body = `{
  "name": "checkout",
  "nodes": [1, -2.5, true, null],
  "text": "a long text that goes on and on, further than eighty cells, so that it must be cut or wrapped somewhere",
  "漢字": "\u202e"
}`

func TestGolden(t *testing.T) {
	for _, s := range []struct{ w, h int }{{80, 24}, {200, 60}} {
		size := fmt.Sprintf("%dx%d", s.w, s.h)
		p := tail(s.w, s.h, 1000, 1500)
		frametest.Golden(t, "follow_"+size, ansi.Strip(p.View()))
		keys(p, "up", "up", "w")
		p.Append(line(1), line(2))
		if err := p.SetSearch("message 14[0-9]+"); err != nil {
			t.Fatal(err)
		}
		frametest.Golden(t, "paused_"+size, p.View())
		frametest.Exact(t, p.View(), s.w, s.h)

		p.SetBlock(safetext.CleanBlock(body), pager.JSON)
		keys(p, "down")
		frametest.Golden(t, "json_"+size, p.View())
		frametest.Exact(t, p.View(), s.w, s.h)
		frametest.Golden(t, "empty_"+size, ansi.Strip(tail(s.w, s.h, 10, 0).View()))
	}
}

// visible returns the numbers of the messages on the screen.
func visible(p *pager.Pager) (ids []int) {
	for _, l := range strings.Split(ansi.Strip(p.View()), "\n") {
		var n int
		if _, after, ok := strings.Cut(l, "message "); ok {
			if _, err := fmt.Sscanf(after, "%d", &n); err == nil {
				ids = append(ids, n)
			}
		}
	}
	return ids
}

func TestHoldsStillWhilePaused(t *testing.T) {
	for _, wrapped := range []bool{false, true} {
		p := tail(60, 11, 100, 100)
		p.SetWrap(wrapped)
		keys(p, "up", "up", "up")
		_, chosen, _ := p.Selected()
		before := visible(p)
		for i := range 60 {
			p.Append(line(100 + i))
			if diff := cmp.Diff(before, visible(p)); diff != "" {
				t.Fatalf("wrap %v, after %d more: %s", wrapped, i+1, diff)
			}
		}
		if p.Fresh() != 60 || p.Dropped() != 60 || p.Following() {
			t.Errorf("fresh %d dropped %d following %v", p.Fresh(), p.Dropped(), p.Following())
		}
		if l, id, ok := p.Selected(); !ok || id != chosen || !strings.HasPrefix(l.Text.String(), "message 96 ") {
			t.Errorf("the cursor moved to %d %q", id, l.Text)
		}
		if _, y, ok := p.Cursor(); !ok || !strings.Contains(strings.Split(ansi.Strip(p.View()), "\n")[y], "message 96 ") {
			t.Errorf("the terminal's cursor is in row %d", y)
		}
		if !strings.Contains(ansi.Strip(p.View()), "paused, 60 new") {
			t.Error("the status does not count what is new")
		}
		for i := range 1000 {
			p.Append(line(1000 + i))
		}
		if got := visible(p); got[0] != 1900 {
			t.Errorf("its lines gone, the window shows %v, want the oldest kept", got)
		}
		keys(p, "G")
		if got := visible(p); got[len(got)-1] != 1999 || !p.Following() || p.Fresh() != 0 {
			t.Errorf("G shows %v", got)
		}
		p.Append(line(2000))
		if got := visible(p); got[len(got)-1] != 2000 {
			t.Errorf("not following: %v", got)
		}
	}
}

func TestRewrittenLinesStayWhereTheyAre(t *testing.T) {
	p := tail(80, 10, 100, 250)
	keys(p, "up", "up", "up")
	want, before := visible(p), p.Fresh()
	_, id, _ := p.Selected()
	p.Rewrite(func(l pager.Line) pager.Line {
		l.Text = safetext.Join(" ", safetext.Literal("new"), l.Text)
		return l
	})
	if _, now, _ := p.Selected(); now != id || p.Following() || p.Fresh() != before {
		t.Errorf("the cursor went from %d to %d", id, now)
	}
	if diff := cmp.Diff(want, visible(p)); diff != "" || strings.Count(p.View(), "new message") != len(want) {
		t.Errorf("%s\n%s", diff, p.View())
	}
	p.SetBlock(safetext.CleanBlock("a text"), pager.Text)
	p.Rewrite(func(pager.Line) pager.Line { return pager.Line{} })
	if !strings.Contains(p.View(), "a text") {
		t.Error("a block was rewritten")
	}
}

func TestWhatPauses(t *testing.T) {
	for _, k := range []string{"f", "space", "up", "k", "pgup", "ctrl+u", "g"} {
		p := tail(60, 11, 100, 100)
		keys(p, k)
		if p.Following() {
			t.Errorf("%s does not pause", k)
		}
		keys(p, "f")
		if !p.Following() {
			t.Errorf("f does not follow again after %s", k)
		}
	}
	p := tail(60, 11, 100, 100)
	keys(p, "down", "pgdown", "H", "L", "w", "t")
	p.Update(tea.MouseWheelMsg{Button: tea.MouseWheelDown})
	if !p.Following() {
		t.Error("what does not scroll up pauses")
	}
	p.Update(tea.MouseWheelMsg{Button: tea.MouseWheelUp})
	if p.Following() {
		t.Error("the wheel does not pause")
	}
}

func TestScrollingSidewaysIsKept(t *testing.T) {
	p := tail(40, 11, 100, 100)
	keys(p, "L", "L")
	p.Append(line(100))
	if got := ansi.Strip(p.View()); !strings.Contains(got, " ders.created") || strings.Contains(got, "message") {
		t.Errorf("a new line resets the horizontal position:\n%s", got)
	}
	for range 100 {
		keys(p, "L")
	}
	if got := ansi.Strip(p.View()); !strings.Contains(got, "so on") {
		t.Errorf("scrolled past the end of every line:\n%s", got)
	}
}

func TestSearch(t *testing.T) {
	p := tail(80, 12, 1000, 0)
	var lines []string
	for i := range 300 {
		lines = append(lines, fmt.Sprintf("row %d %s", i, strings.Repeat("x", i%9*20)))
	}
	lines[250] = strings.Repeat("y", 500) + "needle"
	p.SetBlock(safetext.CleanBlock(strings.Join(lines, "\n")), pager.Text)
	at := func() uint64 { _, id, _ := p.Selected(); return id }
	if err := p.SetSearch("row 1[0-9]5 |NEEDLE"); err != nil {
		t.Fatal(err)
	}
	var got []uint64
	for range 12 {
		got = append(got, at())
		keys(p, "n")
	}
	if diff := cmp.Diff([]uint64{106, 116, 126, 136, 146, 156, 166, 176, 186, 196, 251, 106}, got); diff != "" {
		t.Error(diff)
	}
	keys(p, "N", "N")
	if at() != 251 || !strings.Contains(ansi.Strip(p.View()), "needle") {
		t.Errorf("the match far to the right is not in view:\n%s", ansi.Strip(p.View()))
	}
	keys(p, "w", "n", "N")
	if !strings.Contains(ansi.Strip(p.View()), "needle") {
		t.Errorf("the match in a wrapped line is not in view:\n%s", ansi.Strip(p.View()))
	}
	if !strings.Contains(ansi.Strip(p.View()), "in 11 lines") {
		t.Error("matching lines are not counted")
	}
	if err := p.SetSearch("("); err == nil || p.Search() != "row 1[0-9]5 |NEEDLE" {
		t.Errorf("a faulty search: %v, left %q", err, p.Search())
	}
	if !p.Escapes() {
		t.Error("esc has a search to end")
	}
	keys(p, "esc")
	if p.Escapes() || strings.Contains(p.View(), "\x1b[1;4") {
		t.Error("esc leaves the search on")
	}
}

func TestTallLineCanBeReadWhole(t *testing.T) {
	p := tail(22, 6, 100, 0)
	p.SetWrap(true)
	var b strings.Builder
	for i := range 100 {
		fmt.Fprintf(&b, "<%03d>", i)
	}
	p.Append(pager.Line{Text: safetext.Literal("before")}, pager.Line{Text: safetext.Clean(b.String())}, pager.Line{Text: safetext.Literal("after")})
	keys(p, "g")
	var seen strings.Builder
	for range 60 {
		seen.WriteString(strings.Join(strings.Fields(ansi.Strip(p.View())), ""))
		keys(p, "j")
	}
	for i := range 99 {
		if !strings.Contains(seen.String(), fmt.Sprintf("%03d", i)) {
			t.Fatalf("row %d of the line was never on the screen", i)
		}
	}
	if l, _, _ := p.Selected(); l.Text.String() != "after" {
		t.Errorf("ended on %q", l.Text)
	}
	for range 60 {
		keys(p, "k")
	}
	if l, _, _ := p.Selected(); l.Text.String() != "before" {
		t.Errorf("came back to %q", l.Text)
	}
}

func TestBlock(t *testing.T) {
	p := tail(80, 24, 100, 50)
	p.SetBlock(safetext.CleanBlock(body), pager.JSON)
	if p.Len() != 6 || p.Following() || p.Fresh() != 0 {
		t.Errorf("%d lines, following %v", p.Len(), p.Following())
	}
	keys(p, "f")
	if p.Following() {
		t.Error("a block cannot be followed")
	}
	p.Append(line(7))
	if p.Len() != 1 || !p.Following() {
		t.Errorf("a live line after a block: %d lines", p.Len())
	}
	n := 0
	for id, l := range p.All() {
		n++
		if l.Text != line(7).Text || id == 0 {
			t.Errorf("%d %q", id, l.Text)
		}
	}
	if n != 1 {
		t.Error(n)
	}
}

func TestHostileTextKeepsTheFrame(t *testing.T) {
	attacks := map[string]string{
		"combining": "e" + strings.Repeat("\u0301", 1000), "families": strings.Repeat("👩\u200d👩\u200d👧", 5000),
		"wide": strings.Repeat("漢", 1<<18), "tabs": strings.Repeat("a\tb", 1000), "word": strings.Repeat("w", 1<<20),
		"json": `{"a":"` + strings.Repeat(`\"x1`, 1<<18) + `"}`, "control": "\x1b]52;c;AAAA\x07\r\x9b2J\u202e", "flags": strings.Repeat("🇩", 99),
	}
	for name, text := range attacks {
		block := safetext.CleanBlock(strings.Repeat("first\n", 70) + text + "\n" + text + "\nlast")
		for _, s := range []struct{ w, h int }{{0, 0}, {1, 1}, {0, 3}, {3, 1}, {4, 9}, {80, 24}, {200, 60}} {
			list := []string{"G", "w", "k", "k", "w", "L", "w", "g", "pgdown"}
			quickest := make([]time.Duration, len(list)) // the machine may be busy: the best of each counts
			for try := 0; try < 8 && (try == 0 || s.w >= 80 && slices.Max(quickest) > frametest.Frame); try++ {
				p := pager.New(pager.Options{Theme: theme.Dark(), Status: s.h > 5})
				p.SetSize(s.w, s.h)
				p.SetBlock(block, pager.JSON)
				if err := p.SetSearch("x1|[漢w]{3}"); err != nil {
					t.Fatal(err)
				}
				p.View()
				for i, k := range list {
					start := time.Now()
					keys(p, k)
					frame := p.View()
					d := time.Since(start)
					if try == 0 {
						quickest[i] = d
						frametest.Exact(t, frame, s.w, s.h)
					}
					quickest[i] = min(quickest[i], d)
				}
			}
			if d := slices.Max(quickest); d > frametest.Frame && s.w >= 80 {
				t.Errorf("%s at %dx%d: a frame took %v", name, s.w, s.h, d)
			}
		}
	}
}

func TestCosts(t *testing.T) {
	p := tail(200, 50, 10_000, 20_000)
	p.View()
	if n := testing.AllocsPerRun(100, func() { p.View() }); n != 0 {
		t.Errorf("%v allocations for an unchanged frame", n)
	}
	l := line(3)
	if n := testing.AllocsPerRun(1000, func() { p.Append(l) }); n != 0 {
		t.Errorf("%v allocations to append", n)
	}
	if n := testing.AllocsPerRun(100, func() { p.Append(l); p.View() }); n > 100 {
		t.Errorf("%v allocations for a line and a frame", n)
	}
}

func FuzzKeys(f *testing.F) {
	f.Add([]byte("jkGgfwtnN\xc8\xd2\xdc\xe6\xf0\xfa"), uint8(40), uint8(12))
	names := []string{"down", "up", "pgdown", "pgup", "ctrl+d", "ctrl+u", "g", "G", "f", "space", "w", "t", "n", "N", "H", "L", "esc"}
	f.Fuzz(func(t *testing.T, script []byte, w, h uint8) {
		p := tail(int(w), int(h), 30, 10)
		for i, b := range script {
			if i > 200 {
				return
			}
			switch {
			case b < 190:
				keys(p, names[int(b)%len(names)])
			case b < 200:
				p.Update(tea.MouseClickMsg{X: int(b), Y: int(b) - 195, Button: tea.MouseLeft})
			case b < 215:
				for range b - 195 {
					p.Append(line(int(b) * i))
				}
			case b < 220:
				p.Update(tea.MouseWheelMsg{Button: tea.MouseWheelUp})
			case b < 230:
				p.SetBlock(safetext.CleanBlock(string(script)+"\n"+body), pager.JSON)
			case b < 240:
				_ = p.SetSearch(string(script[:i]))
			case b < 243:
				p.Clear()
			default:
				w, h = b%60, uint8(i%30)
				p.SetSize(int(w), int(h))
			}
			frametest.Exact(t, p.View(), int(w), int(h))
		}
	})
}

func BenchmarkAppend(b *testing.B) {
	p := tail(200, 50, 10_000, 20_000)
	l := line(3)
	b.ReportAllocs()
	for b.Loop() {
		p.Append(l)
	}
}

func BenchmarkTailFrame(b *testing.B) {
	for _, wrapped := range []bool{false, true} {
		b.Run(fmt.Sprintf("wrap=%v", wrapped), func(b *testing.B) {
			p := tail(200, 50, 10_000, 20_000)
			p.SetWrap(wrapped)
			batch := make([]pager.Line, 3000) // 100,000 a second at 30 frames a second
			for i := range batch {
				batch[i] = line(i)
			}
			b.ReportAllocs()
			for b.Loop() {
				p.Append(batch...)
				p.View()
			}
		})
	}
}

func BenchmarkScroll(b *testing.B) {
	p := tail(200, 50, 10_000, 10_000)
	p.SetWrap(true)
	keys(p, "g")
	b.ReportAllocs()
	for b.Loop() {
		keys(p, "j")
		p.View()
		if _, id, _ := p.Selected(); id == 10_000 {
			keys(p, "g")
		}
	}
}
