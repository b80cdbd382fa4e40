package frametest_test

import (
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"

	"github.com/microtop/microtop/tui"
	"github.com/microtop/microtop/tui/frametest"
	"github.com/microtop/microtop/tui/safetext"
	"github.com/microtop/microtop/tui/theme"
)

// echo shows the keys it got, the last one selected.
type echo struct{ keys []string }

func (e *echo) Init() tea.Cmd         { return nil }
func (e *echo) Title() safetext.Line  { return safetext.Literal("echo") }
func (e *echo) Actions() []tui.Action { return nil }
func (e *echo) Close()                {}

func (e *echo) Update(msg tea.Msg) tea.Cmd {
	if k, ok := msg.(tea.KeyPressMsg); ok {
		e.keys = append(e.keys, k.String())
	}
	return nil
}

func (e *echo) View(int, int) string {
	if len(e.keys) == 0 {
		return ""
	}
	last := len(e.keys) - 1
	return "漢 " + strings.Join(e.keys[:last], ",") + theme.Default().Selected.Render("["+e.keys[last]+"]")
}

func TestATerminalShowsWhatKeysDo(t *testing.T) {
	x := frametest.New(t, tui.Config{Name: "echo", Start: tui.Open{Name: "echo"}, Routes: []tui.Route{{Name: "echo", New: func(any) (tui.Screen, error) { return &echo{}, nil }}}}, 40, 10)
	x.Keys("ab", "enter", "ctrl+x", "G")
	x.Settle()
	col, row := x.Find("[G]")
	if row != 3 || !strings.Contains(x.Screen(), "│漢 a,b,enter,ctrl+x[G]") {
		t.Fatalf("at %d,%d:\n%s", col, row, x.Screen())
	}
	if c := x.Cell(col, row); c.Content != "[" || c.Style.Attrs == 0 {
		t.Errorf("the cell at %d,%d is %q with attributes %v", col, row, c.Content, c.Style.Attrs)
	}
	x.Keys("q")
	if err := x.Ends(); err != nil || x.Running() {
		t.Errorf("ended with %v", err)
	}
}
