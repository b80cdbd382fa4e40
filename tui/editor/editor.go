package editor

import (
	"fmt"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/microtop/microtop/tui/paint"
	"github.com/microtop/microtop/tui/safetext"
	"github.com/microtop/microtop/tui/scroll"
	"github.com/microtop/microtop/tui/theme"
)

// DefaultLimit is how many bytes a text may have unless told otherwise.
const DefaultLimit = 4 << 20

// Options is what an editor is made of; all may be left out.
type Options struct {
	Theme theme.Theme
	// Limit is how many bytes the text may have, safetext.MaxBlock at most.
	Limit int
	// Placeholder is shown while there is no text.
	Placeholder safetext.Line
}

// Editor is the widget. Make it with [New].
type Editor struct {
	opts    Options
	pens    *paint.Pens
	errCell paint.Pen
	w, h    int
	focus   bool

	buf  buffer
	win  scroll.Window
	side int // cells scrolled sideways

	fault  *fault
	notice string

	row   paint.Row
	frame string
	fresh bool
}

// fault is an error in the text, line and byte column from 1.
type fault struct {
	line, col int
	text      safetext.Line
}

// New returns an empty editor without focus.
func New(o Options) *Editor {
	if o.Limit <= 0 {
		o.Limit = DefaultLimit
	}
	o.Limit = min(o.Limit, safetext.MaxBlock)
	e := &Editor{opts: o}
	e.buf.set("")
	e.SetTheme(o.Theme)
	e.fit()
	return e
}

// SetTheme changes the styles.
func (e *Editor) SetTheme(t theme.Theme) {
	e.pens = paint.NewPens(t)
	e.errCell = paint.NewPen(t.Bad.Underline(true).Reverse(true))
	e.fresh = false
}

// SetSize sets the size in cells; the last row is the status line.
func (e *Editor) SetSize(w, h int) {
	e.w, e.h = max(w, 0), max(h, 0)
	e.fit()
}

// SetFocus says whether keys come here, which shows the cursor.
func (e *Editor) SetFocus(on bool) {
	e.focus = on
	e.fresh = false
}

// SetText replaces the text; the cursor is at its beginning. A text over the
// limit is refused with an error to show.
func (e *Editor) SetText(b safetext.Block) error {
	if n := len(b.String()); n > e.opts.Limit {
		return fmt.Errorf("text of %d bytes is over the limit of %d: edit it with ctrl+e", n, e.opts.Limit)
	}
	e.buf.set(b.String())
	e.edited()
	return nil
}

// Text returns the text. Lines end in "\n", the last one in nothing.
func (e *Editor) Text() string { return e.buf.String() }

// Lines returns the number of lines, at least 1.
func (e *Editor) Lines() int { return len(e.buf.lines) }

// Position returns the cursor's line and byte column, from 1.
func (e *Editor) Position() (line, col int) { return e.buf.row + 1, e.buf.col + 1 }

// SetError shows an error at a line and byte column, from 1, until the text is
// edited. A line below 1 means the text as a whole.
func (e *Editor) SetError(line, col int, text safetext.Line) {
	e.fault, e.fresh = &fault{line, col, text}, false
}

// ClearError takes the error away.
func (e *Editor) ClearError() { e.fault, e.fresh = nil, false }

// Update handles keys that move or edit, and pasted text. All other keys (esc,
// tab, function keys, and ctrl chords not in the help) are the screen's. It never
// returns a command.
func (e *Editor) Update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case tea.PasteMsg:
		e.put(strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(msg.Content)) // terminals paste "\r"
	case tea.KeyPressMsg:
		e.key(msg)
	case tea.MouseClickMsg:
		if msg.Button == tea.MouseLeft && msg.Y >= 0 && msg.Y < e.win.Height {
			e.buf.row = min(e.win.Top+msg.Y, len(e.buf.lines)-1)
			e.buf.col = paint.Take(e.buf.line(), max(msg.X-e.gutter()+e.side, 0))
			e.buf.snap()
			e.fit()
		}
	case tea.MouseWheelMsg:
		rows, _ := scroll.OfWheel(msg)
		e.buf.vertical(rows)
		e.fit()
	}
	return nil
}

func (e *Editor) key(k tea.KeyPressMsg) {
	if e.move(k.String()) {
		e.notice = ""
		e.fit()
		return
	}
	b := &e.buf
	switch k.String() {
	case "enter":
		e.changed(b.newline(e.opts.Limit))
	case "backspace", "ctrl+h":
		b.backspace()
		e.edited()
	case "delete":
		b.delete()
		e.edited()
	case "ctrl+w", "alt+backspace", "ctrl+backspace":
		if b.col == 0 {
			b.backspace()
		} else {
			b.remove(b.wordLeft(), b.col)
		}
		e.edited()
	case "alt+d", "ctrl+delete":
		if b.col == len(b.line()) {
			b.join()
		} else {
			b.remove(b.col, b.wordRight())
		}
		e.edited()
	case "ctrl+k":
		if b.col == len(b.line()) {
			b.join()
		} else {
			b.remove(b.col, len(b.line()))
		}
		e.edited()
	case "ctrl+u":
		b.remove(0, b.col)
		e.edited()
	default:
		if k.Text != "" && k.Mod&^tea.ModShift == 0 {
			e.put(k.Text)
		}
	}
}

// move carries out a key that only moves the cursor.
func (e *Editor) move(k string) bool {
	b := &e.buf
	page := max(e.win.Height-1, 1)
	switch k {
	case "left":
		b.left()
	case "right":
		b.right()
	case "up":
		b.vertical(-1)
	case "down":
		b.vertical(1)
	case "pgup":
		b.vertical(-page)
	case "pgdown":
		b.vertical(page)
	case "home", "ctrl+a":
		b.to(b.row, 0)
	case "end":
		b.to(b.row, len(b.line()))
	case "ctrl+home", "alt+<":
		b.to(0, 0)
	case "ctrl+end", "alt+>":
		b.to(len(b.lines)-1, len(b.lines[len(b.lines)-1]))
	case "ctrl+left", "alt+left", "alt+b":
		b.moveWord(-1)
	case "ctrl+right", "alt+right", "alt+f":
		b.moveWord(1)
	default:
		return false
	}
	return true
}

func (e *Editor) put(text string) { e.changed(e.buf.insert(text, e.opts.Limit)) }

// changed notes that text was put in, or that there was no room for it.
func (e *Editor) changed(ok bool) {
	if ok {
		e.edited()
		return
	}
	e.notice = fmt.Sprintf("no room: the text may have %d bytes", e.opts.Limit)
	e.fresh = false
}

func (e *Editor) edited() {
	e.fault, e.notice = nil, ""
	e.fit()
}

// fit brings the cursor into view.
func (e *Editor) fit() {
	e.fresh = false
	e.win.Len, e.win.Height, e.win.Cursor = len(e.buf.lines), max(e.h-1, 0), e.buf.row
	e.win.Fit()
	room := e.room()
	cell := paint.Width(e.buf.line()[:e.buf.col])
	switch {
	case cell < e.side:
		e.side = max(cell-room/2, 0)
	case room > 0 && cell > e.side+room-2: // a wide character fits under the cursor
		e.side = max(cell-room/2, 0)
	}
	if cell <= room-2 {
		e.side = 0
	}
}
