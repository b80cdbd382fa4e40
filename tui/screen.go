package tui

import (
	"context"

	tea "charm.land/bubbletea/v2"

	"github.com/microtop/microtop/tui/safetext"
)

// Screen is one full view of the console. The shell calls its methods from one
// goroutine; none may block or do I/O. What waits is a tea.Cmd, best made with
// [Scope.Cmd]; its message comes back to the same screen, also while another screen
// is on top, and is dropped after Close.
type Screen interface {
	// Init returns what to do first. It is called once, after New.
	Init() tea.Cmd
	// Update takes keys that are no action's, mouse events with coordinates relative
	// to the body, pastes, and the messages of the screen's own commands.
	Update(tea.Msg) tea.Cmd
	// View draws the body in at most w by h cells. It is called only after a change.
	View(w, h int) string
	// Title is the screen's crumb.
	Title() safetext.Line
	// Actions are what can be done here, the most important first. Called often.
	Actions() []Action
	// Close ends what the screen runs. It is called once, when it leaves the stack.
	Close()
}

// Filterer is a screen that "/" filters or searches.
type Filterer interface {
	// SetFilter takes the text as it is typed; "" clears. After an error, which is
	// shown, the last good filter stays.
	SetFilter(text string) error
	// Filter tells what the crumbs show.
	Filter() Filter
}

// Filter is the state of a [Filterer].
type Filter struct {
	Text         safetext.Line // empty without a filter
	Shown, Total int           // rows; Total 0 shows nothing
}

// Typist is a screen with a text input. While Typing, keys go to Update but for the
// screen's own enabled actions on keys that type nothing ("enter", "ctrl+s"), and
// ctrl+c, ctrl+l, ctrl+p and ctrl+z.
type Typist interface{ Typing() bool }

// Cursorer is a screen with a place of attention: a focused input, the selected row.
// The terminal's own cursor is put there, relative to the body, for screen readers
// and input methods.
type Cursorer interface{ Cursor() (x, y int, ok bool) }

// Escaper is a screen with a use of its own for esc, such as clearing marks. Escape
// tells whether there was one; else esc goes back.
type Escaper interface{ Escape() bool }

// Busy is a screen that may be running something worth a question before it is quit.
type Busy interface {
	Busy() bool
	// Cancel stops what runs and tells whether anything did.
	Cancel() bool
}

// Leaver is a screen with something left to do when it leaves the stack, such as telling
// the log what that cuts short. Leave is called just before Close; what it returns runs
// beside the program, after the screen's scope has ended. A program that quits does not
// wait for it.
type Leaver interface{ Leave() tea.Cmd }

// Scope is how long a screen lives. Make it with [NewScope], end it in Close.
type Scope struct {
	within func() context.Context
	cancel context.CancelFunc
}

// NewScope starts a scope that ends with ctx at the latest.
func NewScope(ctx context.Context) Scope {
	ctx, cancel := context.WithCancel(ctx)
	return Scope{func() context.Context { return ctx }, cancel}
}

// Context ends with the scope.
func (s Scope) Context() context.Context { return s.within() }

// Cmd runs fn beside the program. Its message is dropped when the scope ended first.
func (s Scope) Cmd(fn func(context.Context) tea.Msg) tea.Cmd {
	return func() tea.Msg {
		ctx := s.within()
		if msg := fn(ctx); ctx.Err() == nil {
			return msg
		}
		return nil
	}
}

// Close ends the scope and what runs in it.
func (s Scope) Close() { s.cancel() }
