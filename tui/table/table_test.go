package table_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
	"github.com/google/go-cmp/cmp"

	"github.com/microtop/microtop/tui/frametest"
	"github.com/microtop/microtop/tui/paint"
	"github.com/microtop/microtop/tui/safetext"
	"github.com/microtop/microtop/tui/table"
	"github.com/microtop/microtop/tui/theme"
)

func keys(t *table.Table, list ...string) { frametest.Press(t.Update, list...) }

func line(format string, args ...any) safetext.Line {
	return safetext.Clean(fmt.Sprintf(format, args...))
}

func columns() []table.Column {
	number := func(r table.Row) float64 { return r.Item.(float64) }
	return []table.Column{
		{Title: "SERVICE", Min: 8, Max: 30},
		{Title: "VERSION", Priority: 4, Mark: true},
		{Title: "HEALTH", Priority: 1, Style: func(p *paint.Pens, r table.Row) paint.Pen {
			if r.Item.(float64) > 900 {
				return p.Bad
			}
			return p.Good
		}},
		{Title: "REQ/S", Min: 6, Right: true, Number: number},
		{Title: "ADDRESS", Priority: 3, Max: 24},
		{Title: "ABOUT", Priority: 5, Flex: 1},
	}
}

func rows(n int) table.Rows {
	list := make(table.Rows, n)
	for i := range list {
		list[i] = row(i)
	}
	return list
}

func row(i int) table.Row {
	rate := float64((i * 7919) % 1000)
	return table.Row{ID: fmt.Sprintf("svc-%05d", i), Item: rate, Cells: []safetext.Line{
		line("svc-%05d", i), line("1.%d.0", i%7), line("●●○"), line("%.0f", rate),
		line("10.0.%d.%d:8080", i/250, i%250), line("owner team%d, 漢字 and more", i%13),
	}}
}

func newTable(w, h int, src table.Source) *table.Table {
	t := table.New(table.Options{
		Theme: theme.Default(), Columns: columns(), Changes: 5 * time.Second,
		Empty: safetext.CleanBlock("no services in mdns\nis the registry address right? :ctx"),
	})
	t.SetSize(w, h)
	t.SetSource(src)
	return t
}

func TestGolden(t *testing.T) {
	for _, s := range []struct{ w, h int }{{80, 24}, {200, 60}} {
		tb := newTable(s.w, s.h, rows(300))
		tb.View()
		keys(tb, "down", "down", "space", "V", "down", "down", "V", "down")
		tb.SetSort(3, true)
		if err := tb.SetFilter("1.[13].0"); err != nil {
			t.Fatal(err)
		}
		frame := tb.View()
		frametest.Exact(t, frame, s.w, s.h)
		frametest.Golden(t, fmt.Sprintf("table_%dx%d", s.w, s.h), ansi.Strip(frame))
		frametest.Golden(t, fmt.Sprintf("table_%dx%d_styled", s.w, s.h), frame)
	}
	for name, src := range map[string]table.Source{"empty": rows(0), "nomatch": rows(9)} {
		tb := newTable(80, 24, src)
		if err := tb.SetFilter("nothing\x1b[2J"); err == nil {
			t.Fatal("a stray bracket compiles")
		}
		if name == "nomatch" {
			if err := tb.SetFilter("nothing\x1b"); err != nil {
				t.Fatal(err)
			}
		}
		frametest.Golden(t, name, ansi.Strip(tb.View()))
		frametest.Exact(t, tb.View(), 80, 24)
	}
}

func selected(t *testing.T, tb *table.Table) string {
	t.Helper()
	r, ok := tb.Selected()
	if !ok {
		t.Fatal("nothing selected")
	}
	return r.ID
}

func TestCursorStaysOnItsRow(t *testing.T) {
	src := rows(100)
	tb := newTable(80, 24, src)
	if got := selected(t, tb); got != "svc-00000" {
		t.Fatal(got)
	}
	tb.SetSource(append(table.Rows{row(500)}, src...))
	if got := selected(t, tb); got != "svc-00500" {
		t.Errorf("an untouched cursor belongs on the first row, is on %s", got)
	}
	keys(tb, "pgdown", "down", "down")
	id := selected(t, tb)
	screenLine := func() int {
		for y, l := range strings.Split(ansi.Strip(tb.View()), "\n") {
			if strings.Contains(l, id) {
				return y
			}
		}
		return -1
	}
	before := screenLine()
	grown := append(table.Rows{row(700), row(701), row(702)}, src...)
	tb.SetSource(grown)
	if got := selected(t, tb); got != id || screenLine() != before {
		t.Errorf("rows came in above: on %s line %d, want %s line %d", got, screenLine(), id, before)
	}
	tb.SetSort(3, false)
	if got := selected(t, tb); got != id {
		t.Errorf("sorting moved the cursor to %s", got)
	}
	tb.SetSort(-1, false)
	pos := tb.Position()
	var less table.Rows
	for _, r := range grown {
		if r.ID != id {
			less = append(less, r)
		}
	}
	tb.SetSource(less)
	if got := tb.Position(); got != pos {
		t.Errorf("its row gone, the cursor is at %d, want its neighbour at %d", got, pos)
	}
	tb.SetSource(rows(0))
	if _, ok := tb.Selected(); ok || tb.Position() != 0 {
		t.Error("an empty table has a selected row")
	}
}

func TestMarks(t *testing.T) {
	tb := newTable(80, 24, rows(20))
	keys(tb, "space", "down", "V", "down", "down")
	want := []string{"svc-00000", "svc-00002", "svc-00003", "svc-00004"}
	ids := func() (got []string) {
		for _, r := range tb.Targets() {
			got = append(got, r.ID)
		}
		return got
	}
	if diff := cmp.Diff(want, ids()); diff != "" {
		t.Error(diff)
	}
	if err := tb.SetFilter("svc-00002"); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, ids()); diff != "" {
		t.Errorf("the filter took marks away: %s", diff)
	}
	tb.SetSource(rows(3))
	if diff := cmp.Diff([]string{"svc-00000", "svc-00002"}, ids()); diff != "" {
		t.Errorf("marks of rows that are gone: %s", diff)
	}
	for range 3 {
		if !tb.Escapes() {
			break
		}
		keys(tb, "esc")
	}
	if tb.Escapes() || tb.Marks() != 0 || tb.Filter() != "" {
		t.Errorf("esc left %d marks, filter %q", tb.Marks(), tb.Filter())
	}
	if diff := cmp.Diff([]string{selected(t, tb)}, ids()); diff != "" {
		t.Error(diff)
	}
}

func TestSort(t *testing.T) {
	src := rows(50)
	src[7].Item = math.NaN()
	tb := newTable(100, 10, src)
	tb.View()
	keys(tb, "s")
	if !tb.Modal() {
		t.Fatal("s does not ask for a column")
	}
	keys(tb, "l", "l", "l", "enter")
	if col, reverse := tb.Sort(); col != 3 || !reverse {
		t.Fatalf("numbers start with the largest; sorted by %d %v", col, reverse)
	}
	last := math.Inf(1)
	keys(tb, "g")
	for range 49 {
		r, _ := tb.Selected()
		if v := r.Item.(float64); v > last {
			t.Fatalf("%v after %v", v, last)
		} else {
			last = v
		}
		keys(tb, "down")
	}
	if got := selected(t, tb); got != "svc-00007" {
		t.Errorf("not a number belongs at the end, found %s", got)
	}
	keys(tb, "S")
	if _, reverse := tb.Sort(); reverse {
		t.Error("S does not reverse")
	}
	tb.View()
	tb.Update(tea.MouseClickMsg{X: 3, Y: 0, Button: tea.MouseLeft})
	if col, reverse := tb.Sort(); col != 0 || reverse {
		t.Errorf("a click on the first title sorts by %d %v", col, reverse)
	}
	tb.Update(tea.MouseClickMsg{X: 3, Y: 4, Button: tea.MouseLeft})
	keys(tb, "g")
	tb.View()
	tb.Update(tea.MouseClickMsg{X: 3, Y: 4, Button: tea.MouseLeft})
	if got := selected(t, tb); got != "svc-00003" {
		t.Errorf("a click on the fourth row selects %s", got)
	}
	if x, y, ok := tb.Cursor(); x != 0 || y != 4 || !ok {
		t.Errorf("the cursor is at %d %d %v", x, y, ok)
	}
}

func TestFilter(t *testing.T) {
	tb := newTable(80, 24, rows(1000))
	for _, c := range []struct {
		expr  string
		shown int
	}{{"", 1000}, {"svc-0001", 10}, {"SVC-00[0-4]", 500}, {"!svc-00[0-4]", 500}, {"-f s00015", 1}, {"team12.*more", 76}} {
		if err := tb.SetFilter(c.expr); err != nil {
			t.Fatal(err)
		}
		if shown, total := tb.Count(); shown != c.shown && c.expr != "-f s00015" || total != 1000 {
			t.Errorf("%q: %d of %d, want %d", c.expr, shown, total, c.shown)
		}
	}
	if err := tb.SetFilter("("); err == nil || tb.Filter() != "team12.*more" {
		t.Errorf("a faulty filter: %v, left %q", err, tb.Filter())
	}
	src := rows(10)
	tb.SetSource(src)
	if err := tb.SetFilter("changed"); err != nil {
		t.Fatal(err)
	}
	if shown, _ := tb.Count(); shown != 0 {
		t.Fatal(shown)
	}
	src[4].Version++
	src[4].Cells = []safetext.Line{line("changed")}
	tb.Refresh()
	if shown, _ := tb.Count(); shown != 1 {
		t.Errorf("a row's new version is not looked at: %d", shown)
	}
}

func TestChangedCellsAreShownForAWhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := rows(5)
		tb := newTable(100, 10, src)
		tb.View()
		change := func(col int, text string) {
			src[2].Cells = slices.Clone(src[2].Cells)
			src[2].Cells[col] = line("%s", text)
			src[2].Version++
			tb.Refresh()
		}
		row := func() string { tb.Refresh(); return strings.Split(tb.View(), "\n")[3] }
		const changed = "\x1b[33m"
		change(1, "9.9.9")
		if got := row(); !strings.Contains(got, changed+"9.9.9") {
			t.Errorf("the change is not shown: %q", got)
		}
		time.Sleep(3 * time.Second)
		change(3, "7") // a figure: no news, and the version's stay
		if got := row(); !strings.Contains(got, changed+"9.9.9") || strings.Contains(got, changed+"     7") {
			t.Errorf("after 3 s: %q", got)
		}
		time.Sleep(3 * time.Second)
		if got := row(); strings.Contains(got, changed) || !strings.Contains(got, "9.9.9") {
			t.Errorf("the change is shown for ever: %q", got)
		}
	})
}

func TestRowsAreFilteredByLabels(t *testing.T) {
	o := table.Options{Theme: theme.Default(), Columns: []table.Column{{Title: "NODE"}}}
	src := table.Rows{{ID: "a", Item: "eu", Cells: []safetext.Line{line("node a -l region=eu")}}, {ID: "b", Item: "us", Cells: []safetext.Line{line("node b")}}}
	for labelled, want := range map[bool]string{true: "b", false: "a"} {
		o.Labels = nil
		if labelled {
			o.Labels = func(r table.Row) []map[string]string { return []map[string]string{{"region": r.Item.(string)}} }
		}
		tb := table.New(o)
		tb.SetSize(40, 6)
		tb.SetSource(src)
		expr := "-l region=us"
		if !labelled {
			expr = "-l region=eu" // text, where there are no labels
		}
		if err := tb.SetFilter(expr); err != nil {
			t.Fatal(err)
		}
		if shown, total := tb.Count(); shown != 1 || total != 2 || selected(t, tb) != want {
			t.Errorf("labels %v: %d of %d rows, %s", labelled, shown, total, selected(t, tb))
		}
		if err := tb.SetFilter("-l ="); (err != nil) != labelled || tb.Filter() == "" {
			t.Errorf("labels %v: a bad expression gives %v", labelled, err)
		}
		if err := tb.SetFilter(""); err != nil {
			t.Fatal(err)
		}
		if shown, _ := tb.Count(); shown != 2 {
			t.Errorf("labels %v: the filter stays", labelled)
		}
	}
}

func TestSideways(t *testing.T) {
	tb := newTable(40, 10, rows(5))
	if got := ansi.Strip(tb.View()); strings.Contains(got, "ABOUT") {
		t.Fatal("the least important column stays in a narrow table")
	}
	for range 20 {
		keys(tb, "L")
	}
	got := ansi.Strip(tb.View())
	frametest.Exact(t, tb.View(), 40, 10)
	if !strings.Contains(got, "and more") || !strings.Contains(got, "svc-00004") {
		t.Errorf("the end of the row cannot be reached, or its name is lost:\n%s", got)
	}
	for range 20 {
		keys(tb, "H")
	}
	if got := ansi.Strip(tb.View()); strings.Contains(got, "ABOUT") {
		t.Error("scrolling back does not come back")
	}
}

func TestHostileTextKeepsTheFrame(t *testing.T) {
	attacks := []string{
		"e" + strings.Repeat("\u0301", 1000), strings.Repeat("👩\u200d👩\u200d👧", 30), strings.Repeat("漢", 500), "a\tb\tc",
		strings.Repeat("w", 1<<20), "\x1b]52;c;AAAA\x07", "\r\n\x9b2J", "🇩🇪🇩", "ൎ", "1\ufe0f\u20e3", "\u202eevil",
	}
	var src table.Rows
	for i := range 100 {
		cells := make([]safetext.Line, 6)
		for c := range cells {
			cells[c] = safetext.Clean(attacks[(i+c)%len(attacks)])
		}
		src = append(src, table.Row{ID: fmt.Sprint(i), Item: 1.0, Cells: cells})
	}
	for _, s := range []struct{ w, h int }{{0, 0}, {1, 1}, {0, 5}, {5, 1}, {3, 3}, {80, 24}, {200, 60}, {500, 200}} {
		list := []string{"down", "L", "L", "G", "s", "esc", "H", "space"}
		quickest := make([]time.Duration, len(list)) // the machine may be busy: the best of each counts
		for try := 0; try < 8 && (try == 0 || s.w >= 80 && slices.Max(quickest) > frametest.Frame); try++ {
			tb := newTable(s.w, s.h, src)
			for i, k := range list {
				keys(tb, k)
				start := time.Now()
				frame := tb.View()
				d := time.Since(start)
				if try == 0 {
					quickest[i] = d
					frametest.Exact(t, frame, s.w, s.h)
				}
				quickest[i] = min(quickest[i], d)
			}
		}
		if d := slices.Max(quickest); d > frametest.Frame && s.w <= 200 {
			t.Errorf("%dx%d: a frame took %v", s.w, s.h, d)
		}
	}
}

func TestNothingIsDrawnWhenNothingChanged(t *testing.T) {
	tb := newTable(200, 50, rows(1000))
	tb.View()
	if n := testing.AllocsPerRun(100, func() { tb.View() }); n != 0 {
		t.Errorf("%v allocations for an unchanged frame", n)
	}
	before := tb.View()
	tb.Refresh()
	if after := tb.View(); after != before {
		t.Error("a refresh without a change changed the frame")
	}
}

func TestFrameAllocations(t *testing.T) {
	tb := newTable(200, 50, rows(10_000))
	tb.View()
	if n := testing.AllocsPerRun(200, func() { keys(tb, "down"); tb.View() }); n > 200 {
		t.Errorf("%v allocations for a move and a frame, want at most 200", n)
	}
	src := rows(10_000)
	tb.SetSource(src)
	if n := testing.AllocsPerRun(100, func() { src[3].Version++; tb.Refresh(); tb.View() }); n > 200 {
		t.Errorf("%v allocations for a refresh and a frame, want at most 200", n)
	}
}

func FuzzKeys(f *testing.F) {
	f.Add([]byte("jjkGgVV sS\x00\x01"), uint8(80), uint8(24))
	f.Fuzz(func(t *testing.T, script []byte, w, h uint8) {
		names := []string{"down", "up", "pgdown", "pgup", "home", "end", "ctrl+d", "ctrl+u", "space", "V", "s", "S", "esc", "enter", "left", "right", "H", "L", "1", "9"}
		src := rows(30)
		tb := newTable(int(w), int(h), src)
		rng := rand.New(rand.NewPCG(1, 2))
		for i, b := range script {
			if i > 200 {
				return
			}
			switch {
			case b < 200:
				keys(tb, names[int(b)%len(names)])
			case b < 215:
				tb.Update(tea.MouseClickMsg{X: rng.IntN(300) - 20, Y: rng.IntN(100) - 20, Button: tea.MouseLeft})
			case b < 225:
				tb.Update(tea.MouseWheelMsg{Button: tea.MouseWheelDown})
			case b < 235:
				tb.SetSource(rows(int(b) % 7))
			case b < 245:
				_ = tb.SetFilter(string(script[:i]))
			default:
				tb.SetSize(int(b)%50, i%30)
				w, h = b%50, uint8(i%30)
			}
			frametest.Exact(t, tb.View(), int(w), int(h))
		}
	})
}

func TestATextThatDoesNotFitHasAShortForm(t *testing.T) {
	last := func(s string) string { return s[strings.LastIndexByte(s, '/')+1:] }
	tb := table.New(table.Options{Theme: theme.Default(), Columns: []table.Column{{Title: "FUNCTION", Min: 8, Short: last}}})
	tb.SetSource(table.Rows{{ID: "1", Cells: []safetext.Line{line("example.org/a/b.Call")}}, {ID: "2", Cells: []safetext.Line{line("a/b.Go")}}})
	for width, want := range map[int]string{40: "example.org/a/b.Call", 14: "b.Call", 9: "b.Call", 7: "b.Ca…"} {
		tb.SetSize(width, 4)
		if got := strings.Fields(ansi.Strip(strings.Split(tb.View(), "\n")[1])); got[len(got)-1] != want {
			t.Errorf("%d cells wide: %q, want %q", width, got, want)
		}
	}
}
