package log_test

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"go.uber.org/goleak"

	"github.com/microtop/microtop/tui"
	"github.com/microtop/microtop/tui/frametest"
	"github.com/microtop/microtop/tui/safetext"
	"github.com/microtop/microtop/tui/theme"
	"github.com/microtop/microtop/views/log"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// first is the screen before the log.
type first struct{}

func (first) Init() tea.Cmd          { return nil }
func (first) Update(tea.Msg) tea.Cmd { return nil }
func (first) View(int, int) string   { return "first" }
func (first) Title() safetext.Line   { return safetext.Literal("first") }
func (first) Close()                 {}
func (first) Actions() []tui.Action {
	return []tui.Action{{ID: "first.say", Keys: []string{"1"}, Name: "say", Run: func() tea.Cmd { return tui.Say(tui.Warn, safetext.Literal("said just now")) }}}
}

func open(t *testing.T, journal *tui.Journal, w, h int) *frametest.Terminal {
	t.Helper()
	return frametest.New(t, tui.Config{Name: "microtop", Journal: journal, Start: tui.Open{Name: "first"}, Routes: []tui.Route{
		{Name: "first", New: func(any) (tui.Screen, error) { return first{}, nil }},
		log.Route(t.Context(), journal, theme.Default()),
	}}, w, h)
}

func at(second int) time.Time { return time.Date(2026, 3, 1, 3, 14, second, 0, time.Local) }

func journal() *tui.Journal {
	j := tui.NewJournal(nil)
	for i, e := range []tui.Entry{
		{Text: safetext.Literal("opened nodes of shop.cart"), Command: "microtop nodes --context staging shop.cart"},
		{Level: tui.Good, Text: safetext.Literal("called shop.cart Cart.Add: 200 OK in 4.2 ms"), Command: `microtop call --context staging --metadata 'authorization=[redacted]' shop.cart Cart.Add '{"sku":"kettle"}'`},
		{Level: tui.Bad, Text: safetext.Literal("called shop.payment Payment.Charge: 503: no gateway"), Command: "microtop call --context staging shop.payment Payment.Charge"},
		{Level: tui.Warn, Text: safetext.Literal("copied the row, 12 bytes, through the terminal")},
		{Level: tui.Good, Text: safetext.Literal("switched to context prod"), Command: "microtop --context prod"},
	} {
		e.Time = at(i)
		j.Add(e)
	}
	return j
}

func TestFrames(t *testing.T) {
	for _, size := range []struct{ w, h int }{{80, 24}, {200, 60}} {
		t.Run(fmt.Sprintf("%dx%d", size.w, size.h), func(t *testing.T) {
			x := open(t, journal(), size.w, size.h)
			x.Keys(":log", "enter")
			x.WaitFor("switched to context prod")
			x.Keys("jjj")
			x.WaitFor("authorization=[redacted]")
			x.Golden()
		})
	}
}

func TestALineIsSearchedOpenedAndCopied(t *testing.T) {
	x := open(t, journal(), 100, 30)
	x.Keys(":log", "enter", "/", "503", "enter")
	x.WaitFor("[1/5]")
	x.Keys("y")
	x.WaitFor("the command line")
	x.Keys("c")
	x.WaitFor("copied the command line")
	want := base64.StdEncoding.EncodeToString([]byte("microtop call --context staging shop.payment Payment.Charge"))
	x.Until("the command line on the clipboard", func(string) bool { return strings.Contains(x.Written(), want) })
	x.Keys("enter")
	x.WaitFor("2026-03-01 03:14:02  ✗ called shop.payment Payment.Charge: 503: no gateway")
	x.Keys("esc")
	x.WaitFor("WHAT")
}

// What is said while the log is open comes to it, and what was said before; the newest are kept.
func TestWhatIsSaidComesToTheLog(t *testing.T) {
	j := tui.NewJournal(nil)
	x := open(t, j, 100, 30)
	x.Keys("1")
	x.WaitFor("said just now")
	x.Keys(":log", "enter")
	x.WaitFor("! said just now")
	for i := range 1200 {
		j.Add(tui.Entry{Time: at(0), Text: safetext.Format("line %d of many", i)})
	}
	x.WaitFor("line 1199 of many")
	x.WaitFor("are gone: the newest are kept")
}

func TestNothingWasDone(t *testing.T) {
	x := open(t, tui.NewJournal(nil), 100, 30)
	x.Keys(":log", "enter")
	x.WaitFor("nothing was done yet")
}

func TestHostileCommandsStayInTheirCells(t *testing.T) {
	j := tui.NewJournal(nil)
	j.Add(tui.Entry{Time: at(0), Text: safetext.Clean("\x1b[2Ja\nb"), Command: "microtop call \x1b]52;c;ZXZpbA==\x07 x"})
	x := open(t, j, 80, 24)
	x.Keys(":log", "enter")
	x.WaitFor("␛[2Ja")
	x.Keys("enter")
	x.WaitFor("␛]52")
	if strings.Contains(x.Written(), "\x1b]52") {
		t.Error("the clipboard was reached")
	}
}
