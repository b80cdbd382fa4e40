package frametest

import (
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/exp/golden"

	"github.com/microtop/microtop/tui"
)

// Frame is how long a key and its frame may take in a test, at the best of a few tries. A screen is refreshed every 16 ms; a
// machine that runs other tests too gets three times that, and the race detector much more. What costs more than it draws, such
// as all of a long text, takes far longer.
const Frame = slower * 50 * time.Millisecond

// Press hands keys to a widget's Update, each written as in [Terminal.Keys].
func Press(update func(tea.Msg) tea.Cmd, keys ...string) {
	for _, k := range keys {
		for _, msg := range presses(k) {
			update(msg)
		}
	}
}

// presses reads a key, else text to type.
func presses(k string) []tea.KeyPressMsg {
	if key, err := tui.ParseKey(k); err == nil {
		return []tea.KeyPressMsg{key}
	}
	return typed(k)
}

func typed(text string) []tea.KeyPressMsg {
	var list []tea.KeyPressMsg
	for _, r := range text {
		list = append(list, tea.KeyPressMsg{Code: r, Text: string(r)})
	}
	return list
}

// Exact fails the test unless a widget's frame has exactly w cells in each of h rows; without rows it is empty.
func Exact(t testing.TB, frame string, w, h int) {
	t.Helper()
	if h == 0 {
		if frame != "" {
			t.Fatalf("no rows wanted: %q", frame)
		}
		return
	}
	rows := strings.Split(frame, "\n")
	if len(rows) != h {
		t.Fatalf("%d rows, want %d", len(rows), h)
	}
	for y, row := range rows {
		if got := ansi.StringWidth(row); got != w {
			t.Fatalf("row %d has %d cells, want %d: %.200q", y, got, w, row)
		}
	}
}

// Golden compares a widget's frame with testdata/<test's name>/<name>.golden; run the test with -update to write it.
func Golden(t *testing.T, name, frame string) {
	t.Helper()
	t.Run(name, func(t *testing.T) {
		t.Helper()
		golden.RequireEqual(t, frame)
	})
}
