package tui

import (
	"reflect"

	tea "charm.land/bubbletea/v2"

	"github.com/microtop/microtop/tui/safetext"
)

// Open asks for a screen by its route's name. A screen opened without With that is on
// the stack already is come back to.
type Open struct {
	Name string
	With any
}

// Back leaves the top screen. The first screen stays.
type Back struct{}

// Quit ends the program, after a question when a screen is [Busy].
type Quit struct{}

// Level is how good or bad a [Toast] is.
type Level int

// The levels of a toast.
const (
	Info Level = iota
	Good
	Warn
	Bad
)

// Toast is a short message in the foot; the [Journal] keeps it.
type Toast struct {
	Level Level
	Text  safetext.Line
}

// Did tells the log what was done, and the command line that does the same; "" where
// there is none. It is a [Toast] too unless Quiet.
type Did struct {
	Level   Level
	Text    safetext.Line
	Command string // without secrets
	Quiet   bool
}

// Confirm asks a question and runs Yes if the answer is yes. A Danger is answered by
// moving to its button, never by one key.
type Confirm struct {
	Question safetext.Line
	Danger   bool
	Yes      tea.Cmd
}

// Item is one line of a [Menu] or the palette.
type Item struct {
	Key    string // picks it directly in a menu; "" none
	Label  safetext.Line
	Detail safetext.Line
	Run    tea.Cmd
}

// Menu is a small list to pick from.
type Menu struct {
	Title safetext.Line
	Items []Item
}

// Prompt asks for one line of text. Done runs in Update, with the text as typed.
type Prompt struct {
	Title   safetext.Line
	Initial string
	Done    func(string) tea.Cmd
}

// Copy puts text on the clipboard through the terminal (OSC 52), which works over ssh
// too. The text is not cleaned: a toast warns of what could act when it is pasted.
type Copy struct {
	What safetext.Line
	Text string
}

// Edit opens the user's editor on a text. Done runs in Update, with the text as saved.
type Edit struct {
	Text string
	Ext  string // ".json"; chooses the editor's mode
	Done func(string, error) tea.Cmd
}

// Do returns a command that sends a message, for instance tui.Do(tui.Back{}). What it
// asks of the shell happens before the next key is looked at, which a command of
// another make cannot promise: a dialog asked for with Do never misses a key.
//
//go:noinline
func Do(msg tea.Msg) tea.Cmd { return func() tea.Msg { return msg } }

// isDo tells whether Do made the command, by the code that all its commands share.
func isDo(cmd tea.Cmd) bool {
	return reflect.ValueOf(cmd).Pointer() == reflect.ValueOf(Do(nil)).Pointer()
}

// Say returns a command that shows a toast.
func Say(level Level, text safetext.Line) tea.Cmd { return Do(Toast{level, text}) }

// Fail returns a command that shows an error.
func Fail(err error) tea.Cmd { return Say(Bad, safetext.Clean(err.Error())) }
