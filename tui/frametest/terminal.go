package frametest

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	uv "github.com/charmbracelet/ultraviolet"
	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/exp/golden"
	"github.com/charmbracelet/x/vt"

	"github.com/microtop/microtop/tui"
	"github.com/microtop/microtop/tui/guard"
)

// patience is how long a wait lasts before the test fails.
const patience = 20 * time.Second

// Terminal is a console with the screen it draws on. Its methods are for the test's
// goroutine.
type Terminal struct {
	t     testing.TB
	guard *guard.Guard
	stop  context.CancelFunc
	wg    sync.WaitGroup
	done  chan struct{} // closed when the program ended
	marks int           // written by Settle
	err   error         // why it did, after done

	mu  sync.Mutex // guards em and raw
	em  *vt.Emulator
	raw bytes.Buffer // all bytes the program wrote
}

// New starts a console of w by h cells and waits for its first frame. It ends with
// the test. Input and Output of cfg are not used.
func New(t testing.TB, cfg tui.Config, w, h int) *Terminal {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	if cfg.Getenv == nil {
		cfg.Getenv = func(string) string { return "" }
	}
	shell, err := tui.NewShell(ctx, cfg)
	if err != nil {
		cancel()
		t.Fatal(err)
	}
	x := &Terminal{t: t, stop: cancel, done: make(chan struct{}), em: vt.NewEmulator(max(w, 1), max(h, 1))}
	_, _ = x.em.WriteString("\x1b[20h") // without a tty the renderer ends rows in a bare \n
	cfg.Input, cfg.Output, cfg.Width, cfg.Height = nil, x, w, h
	opts := append(tui.Options(cfg), tea.WithInput(nil), tea.WithFPS(120), tea.WithEnvironment([]string{"TERM=xterm-256color", "COLORTERM=truecolor", "CLICOLOR_FORCE=1", "SSH_TTY=x"}))
	x.guard = guard.New(shell, nil, io.Discard, opts...)
	x.wg.Go(func() { _, _ = io.Copy(io.Discard, x.em) }) // the emulator's answers
	x.wg.Go(func() {
		x.err = x.guard.Run(ctx)
		shell.Close()
		close(x.done)
	})
	t.Cleanup(x.close)
	x.Send(tea.ModeReportMsg{Mode: ansi.ModeUnicodeCore, Value: ansi.ModeReset}) // the emulator's way with joined emoji
	x.Until("a first frame", func(screen string) bool { return strings.TrimSpace(screen) != "" || w < 1 || h < 1 })
	return x
}

func (x *Terminal) close() {
	x.stop()
	<-x.done
	if pipe, ok := x.em.InputPipe().(io.Closer); ok {
		_ = pipe.Close()
	}
	x.wg.Wait()
}

// Write takes what the program draws.
func (x *Terminal) Write(p []byte) (int, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.raw.Write(p)
	return x.em.Write(p)
}

// Send hands the program a message.
func (x *Terminal) Send(msg tea.Msg) { x.guard.Send(msg) }

// Keys presses keys. Each argument is a key as tui.ParseKey reads it ("enter",
// "ctrl+p", "G"), else text that is typed ("jj", "/chec").
func (x *Terminal) Keys(keys ...string) {
	for _, k := range keys {
		for _, msg := range presses(k) {
			x.Send(msg)
		}
	}
}

// Type types text, a character at a time.
func (x *Terminal) Type(text string) {
	for _, msg := range typed(text) {
		x.Send(msg)
	}
}

// Paste pastes text.
func (x *Terminal) Paste(text string) { x.Send(tea.PasteMsg{Content: text}) }

// Click presses the left mouse button at a cell.
func (x *Terminal) Click(col, row int) {
	x.Send(tea.MouseClickMsg{X: col, Y: row, Button: tea.MouseLeft})
}

// Resize changes the size of the terminal.
func (x *Terminal) Resize(w, h int) {
	x.mu.Lock()
	x.em.Resize(max(w, 1), max(h, 1))
	x.mu.Unlock()
	x.Send(tea.WindowSizeMsg{Width: w, Height: h})
}

// Screen returns the text on the screen, each row without its trailing spaces.
func (x *Terminal) Screen() string {
	x.mu.Lock()
	defer x.mu.Unlock()
	var b strings.Builder
	for row := range x.em.Height() {
		var line strings.Builder
		for col := 0; col < x.em.Width(); {
			cell := x.em.CellAt(col, row)
			if cell == nil || cell.Width == 0 {
				line.WriteByte(' ')
				col++
				continue
			}
			line.WriteString(cell.Content)
			col += cell.Width
		}
		b.WriteString(strings.TrimRight(line.String(), " "))
		b.WriteByte('\n')
	}
	return b.String()
}

// Cell returns the cell at a place: its text and its style.
func (x *Terminal) Cell(col, row int) uv.Cell {
	x.mu.Lock()
	defer x.mu.Unlock()
	if cell := x.em.CellAt(col, row); cell != nil {
		return *cell
	}
	return uv.Cell{}
}

// Find returns the cell where text begins on the screen, -1, -1 when it is not there.
func (x *Terminal) Find(text string) (col, row int) {
	for row, line := range strings.Split(x.Screen(), "\n") {
		if before, _, ok := strings.Cut(line, text); ok {
			return ansi.StringWidth(before), row
		}
	}
	return -1, -1
}

// Cursor returns where the terminal's cursor is.
func (x *Terminal) Cursor() (col, row int) {
	x.mu.Lock()
	defer x.mu.Unlock()
	p := x.em.CursorPosition()
	return p.X, p.Y
}

// Written returns all bytes the program wrote so far.
func (x *Terminal) Written() string {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.raw.String()
}

// WaitFor waits until text is on the screen.
func (x *Terminal) WaitFor(text string) {
	x.t.Helper()
	x.Until(text, func(screen string) bool { return strings.Contains(screen, text) })
}

// WaitGone waits until text is not on the screen.
func (x *Terminal) WaitGone(text string) {
	x.t.Helper()
	x.Until("no "+text, func(screen string) bool { return !strings.Contains(screen, text) })
}

// Until waits until the screen is as ok wants it; what says what that is.
func (x *Terminal) Until(what string, ok func(screen string) bool) {
	x.t.Helper()
	deadline := time.Now().Add(patience)
	for !ok(x.Screen()) {
		select {
		case <-x.done:
			if ok(x.Screen()) {
				return
			}
			x.t.Fatalf("waiting for %s: the program ended (%v)\n%s", what, x.err, x.Screen())
		default:
		}
		if time.Now().After(deadline) {
			x.t.Fatalf("waiting for %s:\n%s", what, x.Screen())
		}
		time.Sleep(2 * time.Millisecond)
	}
}

// Settle waits until all that was sent so far is drawn.
func (x *Terminal) Settle() {
	x.t.Helper()
	// A mark is written before the frame of the same moment. When a second one, sent
	// after the first was seen, is there, so is the frame of the first.
	for range 2 {
		x.marks++
		mark := fmt.Sprintf("\x1b_mark %d\x1b\\", x.marks) // terminals ignore it
		x.Send(tea.RawMsg{Msg: mark})
		x.Until("a frame", func(string) bool { return strings.Contains(x.Written(), mark) })
	}
}

// Golden settles and compares the screen with testdata/<test's name>.golden; run the
// test with -update to write it.
func (x *Terminal) Golden() {
	x.t.Helper()
	x.Settle()
	golden.RequireEqual(x.t, x.Screen())
}

// Ends waits until the program ended and returns why.
func (x *Terminal) Ends() error {
	x.t.Helper()
	select {
	case <-x.done:
		return x.err
	case <-time.After(patience):
		x.t.Fatalf("the program does not end:\n%s", x.Screen())
		return nil
	}
}

// Running tells whether the program has not ended yet.
func (x *Terminal) Running() bool {
	select {
	case <-x.done:
		return false
	default:
		return true
	}
}
