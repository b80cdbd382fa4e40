package form_test

import (
	"fmt"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"

	"github.com/microtop/microtop/tui/form"
	"github.com/microtop/microtop/tui/frametest"
	"github.com/microtop/microtop/tui/safetext"
	"github.com/microtop/microtop/tui/theme"
)

// source makes rows up, and counts how many were asked for.
type source struct {
	n     int
	asked int
	row   func(i int) form.Row
}

func (s *source) Len() int { return s.n }

func (s *source) Row(i int) form.Row {
	s.asked++
	return s.row(i)
}

func some(i int) form.Row {
	rows := []form.Row{
		{Label: safetext.Literal("name"), Type: safetext.Literal("string"), Mark: form.Set, Value: safetext.Literal("kettle"), Edit: "kettle", Note: safetext.Literal("what it is called")},
		{Label: safetext.Literal("price"), Type: safetext.Literal("Money"), Kind: form.Group, Open: true, Mark: form.Default, Value: safetext.Literal("{}")},
		{Label: safetext.Literal("units"), Type: safetext.Literal("int64"), Depth: 1, Mark: form.Set, Value: safetext.Literal("many"), Edit: "many", Problem: safetext.Literal("price.units: expected a whole number")},
		{Label: safetext.Literal("kind"), Type: safetext.Literal("Kind"), Kind: form.Choice, Mark: form.Unset, Ghost: safetext.Literal("unset")},
		{Label: safetext.Literal("+ add an element"), Depth: 1, Kind: form.Action},
		{Label: safetext.Clean("漢字 \x1b[2J"), Type: safetext.Literal("string"), Mark: form.Set, Value: safetext.Clean("a\x1b]52;c;x\a b"), Edit: "a\x1b]52;c;x\a b"},
	}
	return rows[i%len(rows)]
}

func shown(n, w, h int) (*form.Form, *source) {
	s := &source{n: n, row: some}
	f := form.New(form.Options{Theme: theme.Default(), Empty: safetext.Literal("no fields")})
	f.SetSource(s)
	f.SetFocus(true)
	f.SetSize(w, h)
	return f, s
}

func press(f *form.Form, keys ...string) (last form.Event) {
	frametest.Press(func(msg tea.Msg) tea.Cmd { last = f.Update(msg); return nil }, keys...)
	return last
}

func TestFramesAreExact(t *testing.T) {
	for _, size := range [][2]int{{80, 24}, {200, 60}, {40, 8}, {20, 5}, {9, 3}, {1, 1}, {0, 0}} {
		f, _ := shown(30, size[0], size[1])
		frametest.Exact(t, f.View(), size[0], size[1])
		press(f, "jj", "enter")
		f.Edit()
		press(f, "typed 漢字 text that is longer than what fits in a small form")
		frametest.Exact(t, f.View(), size[0], size[1])
	}
	f, _ := shown(0, 30, 3)
	if !strings.Contains(f.View(), "no fields") {
		t.Error(f.View())
	}
}

func TestGolden(t *testing.T) {
	f, _ := shown(6, 80, 10)
	press(f, "jj")
	frametest.Golden(t, "problem", f.View())
	f.Select(0)
	f.Edit()
	press(f, "left", "left", "X")
	frametest.Golden(t, "editing", f.View())
}

func TestKeysBecomeEvents(t *testing.T) {
	for _, c := range []struct {
		row  int
		key  string
		want form.Op
	}{
		{0, "enter", form.Begin}, {1, "enter", form.Close}, {3, "enter", form.Choose}, {4, "enter", form.Act},
		{0, "space", form.Toggle}, {0, "delete", form.Clear}, {0, "backspace", form.Clear},
		{1, "right", form.Open}, {1, "left", form.Close}, {3, "right", form.Next}, {3, "left", form.Previous},
		{0, "x", form.Nothing},
	} {
		f, _ := shown(6, 80, 24)
		f.Select(c.row)
		if got := press(f, c.key); got.Op != c.want || c.want != form.Nothing && got.Row != c.row {
			t.Errorf("%s on row %d: %+v, want %v", c.key, c.row, got, c.want)
		}
	}
}

func TestWhatIsTypedIsCommitted(t *testing.T) {
	for key, move := range map[string]int{"enter": 0, "tab": 1, "down": 1, "shift+tab": -1, "up": -1} {
		f, _ := shown(6, 80, 24)
		f.Edit()
		if got := press(f, " and j", key); got.Op != form.Commit || got.Text != "kettle and j" || got.Move != move || f.Editing() {
			t.Errorf("%s: %+v", key, got)
		}
	}
	f, _ := shown(6, 80, 24)
	f.Edit()
	if got := press(f, "lost", "esc"); got.Op != form.Nothing || f.Editing() {
		t.Errorf("esc: %+v", got)
	}
}

func TestSearchGoesRound(t *testing.T) {
	f, _ := shown(12, 80, 24)
	f.Select(1)
	if err := f.SetSearch("kettle"); err != nil {
		t.Fatal(err)
	}
	at := []int{f.Selected()}
	press(f, "n")
	at = append(at, f.Selected())
	press(f, "N")
	if at = append(at, f.Selected()); fmt.Sprint(at) != "[6 0 6]" {
		t.Error(at)
	}
}

func TestClicks(t *testing.T) {
	f, _ := shown(6, 80, 24)
	click := func(y int) form.Event { return f.Update(tea.MouseClickMsg{X: 5, Y: y, Button: tea.MouseLeft}) }
	if e := click(3); e.Op != form.Nothing || f.Selected() != 3 {
		t.Errorf("%+v", e)
	}
	if e := click(3); e.Op != form.Choose {
		t.Errorf("%+v", e)
	}
	if e := click(1); e.Op != form.Close {
		t.Errorf("%+v", e)
	}
	click(99)
	f.Update(tea.MouseWheelMsg{Button: tea.MouseWheelDown})
	if f.Selected() != 4 {
		t.Error(f.Selected())
	}
}

// Ten thousand fields cost what those on the screen cost.
func TestOnlyRowsOnTheScreenAreAskedFor(t *testing.T) {
	f, s := shown(10_000, 120, 50)
	s.asked = 0
	press(f, "G")
	_ = f.View()
	if s.asked > 200 {
		t.Errorf("%d rows asked for", s.asked)
	}
}

func ExampleForm() {
	names := &source{n: 1, row: func(int) form.Row {
		return form.Row{Label: safetext.Literal("name"), Mark: form.Set, Value: safetext.Literal("kettle"), Edit: "kettle"}
	}}
	f := form.New(form.Options{Theme: theme.Plain()})
	f.SetSource(names)
	f.SetSize(40, 2)
	f.Edit() // as enter would
	e := press(f, "s", "enter")
	fmt.Println(e.Op == form.Commit, e.Text)
	// Output: true kettles
}
