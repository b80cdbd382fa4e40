package form

import (
	tea "charm.land/bubbletea/v2"

	"github.com/microtop/microtop/tui/input"
	"github.com/microtop/microtop/tui/match"
	"github.com/microtop/microtop/tui/paint"
	"github.com/microtop/microtop/tui/safetext"
	"github.com/microtop/microtop/tui/scroll"
	"github.com/microtop/microtop/tui/theme"
)

// Kind says what the keys do on a row.
type Kind int

// The kinds of rows.
const (
	Text   Kind = iota // edited in place
	Choice             // one of a few: enter asks, left and right change
	Group              // opens and closes
	Action             // enter does it, such as adding an element
)

// Mark is the state of a field.
type Mark int

// The marks.
const (
	None    Mark = iota // the row is no field
	Unset               // left out
	Default             // there, with its zero value
	Set
)

// Row is one row of a form.
type Row struct {
	Label safetext.Line
	Value safetext.Line
	Type  safetext.Line // on the right, less important
	// Ghost stands in the value's place while there is none: what could be typed.
	Ghost safetext.Line
	// Problem is why the value does not fit.
	Problem safetext.Line
	// Note says more about the field under the cursor.
	Note  safetext.Line
	Depth int
	Kind  Kind
	Mark  Mark
	// Open tells whether a Group's rows follow.
	Open bool
	// Edit is the text that editing begins with; it is not clean.
	Edit string
}

// Source is where a form sees its rows. Row is called only for rows on the screen, and while searching.
type Source interface {
	Len() int
	Row(i int) Row
}

// Op is what the user wants done to a row.
type Op int

// The operations.
const (
	Nothing Op = iota
	Commit     // give it the text that was typed
	Toggle     // make it present, or leave it out
	Clear      // leave it out, or take an element out
	Next       // the next value of a Choice
	Previous
	Choose // ask for one of the values of a Choice
	Open
	Close
	Act   // do what an Action row says
	Begin // editing would begin; the owner may refuse by not calling Edit
)

// Event is an operation on a row. Text is Commit's.
type Event struct {
	Op   Op
	Row  int
	Text string
	// Move says how the cursor goes on after a Commit: 1 to edit the next field, -1 the one before, 0 to stay.
	Move int
}

// Options is what a form is made of; all may be left out.
type Options struct {
	Theme theme.Theme
	// Empty is shown while there are no rows.
	Empty safetext.Line
}

// Form is the widget. Make it with [New].
type Form struct {
	opts  Options
	pens  *paint.Pens
	w, h  int
	focus bool

	source Source
	win    scroll.Window
	status safetext.Line // said in the last row when the row under the cursor has nothing to say

	line    input.Line
	editing bool

	search *match.Matcher
	expr   string
}

// New returns a form without rows.
func New(o Options) *Form {
	return &Form{opts: o, pens: paint.NewPens(o.Theme), source: none{}}
}

type none struct{}

func (none) Len() int    { return 0 }
func (none) Row(int) Row { return Row{} }

// SetSource shows other rows.
func (f *Form) SetSource(s Source) {
	f.source = s
	f.editing = false
	f.Refresh()
}

// Refresh looks at how many rows there are, after they changed.
func (f *Form) Refresh() {
	f.win.Len = f.source.Len()
	f.win.Fit()
}

// SetSize sets the size in cells; the last row is the status line.
func (f *Form) SetSize(w, h int) {
	f.w, f.h = max(w, 0), max(h, 0)
	f.win.Height = max(f.h-1, 0)
	f.Refresh()
}

// SetFocus says whether keys come here.
func (f *Form) SetFocus(on bool) { f.focus = on }

// SetStatus is what the last row says while the row under the cursor is well.
func (f *Form) SetStatus(text safetext.Line) { f.status = text }

// Selected is the row under the cursor, -1 without rows.
func (f *Form) Selected() int {
	if f.win.Len == 0 {
		return -1
	}
	return f.win.Cursor
}

// Select moves the cursor.
func (f *Form) Select(i int) { f.win.To(i) }

// Editing tells whether a value is being typed: all keys are the form's then.
func (f *Form) Editing() bool { return f.editing }

// Edit begins typing in the row under the cursor.
func (f *Form) Edit() {
	if i := f.Selected(); i >= 0 {
		f.line = input.Line{}
		f.line.Set(f.source.Row(i).Edit)
		f.editing = true
	}
}

// Stop gives up what is being typed.
func (f *Form) Stop() { f.editing = false }

// Update handles keys, pastes and the mouse, and returns what the user wants. Keys that are not the form's do
// nothing.
func (f *Form) Update(msg tea.Msg) Event {
	i := f.Selected()
	if i < 0 {
		return Event{}
	}
	switch msg := msg.(type) {
	case tea.KeyPressMsg:
		if f.editing {
			return f.typed(msg, i)
		}
		return f.key(msg, i)
	case tea.PasteMsg:
		if f.editing {
			f.line.Update(msg)
		}
	case tea.MouseWheelMsg:
		rows, _ := scroll.OfWheel(msg)
		f.win.To(i + rows)
	case tea.MouseClickMsg:
		return f.click(msg, i)
	}
	return Event{}
}

// typed takes a key while a value is typed.
func (f *Form) typed(k tea.KeyPressMsg, i int) Event {
	done := func(move int) Event {
		f.editing = false
		return Event{Op: Commit, Row: i, Text: f.line.Text(), Move: move}
	}
	switch k.String() {
	case "enter":
		return done(0)
	case "tab", "down":
		return done(1)
	case "shift+tab", "up":
		return done(-1)
	case "esc":
		f.editing = false
	default:
		f.line.Update(k)
	}
	return Event{}
}

func (f *Form) key(k tea.KeyPressMsg, i int) Event {
	if f.win.Move(scroll.Of(k)) {
		return Event{}
	}
	row := f.source.Row(i)
	switch k.String() {
	case "enter":
		return Event{Op: enter(row), Row: i}
	case "space":
		return Event{Op: Toggle, Row: i}
	case "delete", "backspace":
		return Event{Op: Clear, Row: i}
	case "right", "l":
		if row.Kind == Choice {
			return Event{Op: Next, Row: i}
		}
		return Event{Op: Open, Row: i}
	case "left", "h":
		if row.Kind == Choice {
			return Event{Op: Previous, Row: i}
		}
		return Event{Op: Close, Row: i}
	case "n":
		f.find(1)
	case "N":
		f.find(-1)
	}
	return Event{}
}

// enter is what enter does on a row.
func enter(r Row) Op {
	switch r.Kind {
	case Choice:
		return Choose
	case Group:
		if r.Open {
			return Close
		}
		return Open
	case Action:
		return Act
	case Text:
	}
	return Begin
}

// click selects a row; a click on the one selected is enter.
func (f *Form) click(m tea.MouseClickMsg, i int) Event {
	at := f.win.Top + m.Y
	if m.Button != tea.MouseLeft || m.Y < 0 || m.Y >= f.win.Height || at >= f.win.Len {
		return Event{}
	}
	if f.editing {
		if at == i {
			return Event{}
		}
		f.editing = false
		f.win.To(at)
		return Event{Op: Commit, Row: i, Text: f.line.Text()}
	}
	f.win.To(at)
	row := f.source.Row(at)
	if at == i || row.Kind == Group {
		return Event{Op: enter(row), Row: at}
	}
	return Event{}
}

// SetSearch looks for an expression (see package match) in labels, types and values, and moves to the first match
// from the cursor on; the empty one ends the search.
func (f *Form) SetSearch(expr string) error {
	m, err := match.Parse(expr)
	if err != nil {
		return err
	}
	f.search, f.expr = m, expr
	if !m.Empty() && f.win.Len > 0 && !f.matches(f.win.Cursor) {
		f.find(1)
	}
	return nil
}

// Search returns the expression searched for.
func (f *Form) Search() string { return f.expr }

func (f *Form) matches(i int) bool {
	r := f.source.Row(i)
	return f.search.Match(r.Label.String() + " " + r.Value.String() + " " + r.Type.String())
}

func (f *Form) find(step int) {
	if f.search.Empty() || f.win.Len == 0 {
		return
	}
	for n := range f.win.Len {
		if i := ((f.win.Cursor+step*(n+1))%f.win.Len + f.win.Len) % f.win.Len; f.matches(i) {
			f.win.To(i)
			return
		}
	}
}
