package editor

import (
	"fmt"
	"strconv"

	"github.com/microtop/microtop/tui/paint"
)

// gutter returns the cells that line numbers and the blank after them take, 0
// where there is no room for them.
func (e *Editor) gutter() int {
	n := max(len(strconv.Itoa(len(e.buf.lines))), 2) + 1
	if n > e.w/3 {
		return 0
	}
	return n
}

// room returns the cells of a row of text.
func (e *Editor) room() int { return e.w - e.gutter() }

// Cursor returns where the terminal's own cursor belongs, relative to the
// editor's top left cell; ok is false without focus or room.
func (e *Editor) Cursor() (x, y int, ok bool) {
	x = e.gutter() + paint.Width(e.buf.line()[:e.buf.col]) - e.side
	y = e.buf.row - e.win.Top
	return x, y, e.focus && x < e.w && y < e.win.Height
}

// View returns the editor, exactly as many cells wide and rows high as
// [Editor.SetSize] said.
func (e *Editor) View() string {
	if e.fresh {
		return e.frame
	}
	e.fresh = true
	if e.h == 0 {
		e.frame = ""
		return e.frame
	}
	var out []byte
	for y := range e.win.Height {
		e.row.Start(e.w, 0)
		if i := e.win.Top + y; i < len(e.buf.lines) {
			e.drawLine(i)
		}
		out = append(e.row.AppendTo(out), '\n')
	}
	e.row.Start(e.w, 0)
	e.drawStatus()
	e.frame = string(e.row.AppendTo(out))
	return e.frame
}

func (e *Editor) drawLine(i int) {
	faulty := e.fault != nil && e.fault.line == i+1
	if n := e.gutter(); n > 0 {
		pen, end := e.pens.Dim, " "
		if i == e.buf.row && e.focus {
			pen = e.pens.Accent
		}
		if faulty {
			pen, end = e.pens.Bad, e.pens.Glyphs.Cross
		}
		e.row.Fit(pen, strconv.Itoa(i+1), n-1, e.pens.Glyphs.Ellipsis, true)
		e.row.Text(pen, end)
	}
	line := e.buf.lines[i]
	if line == "" && len(e.buf.lines) == 1 && !e.opts.Placeholder.Empty() {
		text, at := e.opts.Placeholder.String(), 0
		if e.focus {
			at = paint.Take(text, 1)
			e.row.Text(e.pens.Active, text[:at])
		}
		e.row.Text(e.pens.Ghost, text[at:])
		return
	}
	from, half := paint.Skip(line, e.side)
	to := from + paint.Take(line[from:], e.room()-half)
	e.row.Fill(paint.Pen{}, half)
	cursor, bad := -1, -1
	if i == e.buf.row && e.focus {
		cursor = e.buf.col
	}
	if faulty {
		bad = e.faultAt(line)
	}
	at := from
	for _, c := range []struct {
		at  int
		pen paint.Pen
	}{{min(cursor, bad), e.first(cursor, bad)}, {max(cursor, bad), e.last(cursor, bad)}} {
		if c.at < at || c.at > to {
			continue
		}
		e.row.Text(e.pens.Text, line[at:c.at])
		at = c.at
		if at == len(line) {
			e.row.Fill(c.pen, 1)
			break
		}
		n, _ := paint.Next(line[at:])
		e.row.Text(c.pen, line[at:at+n])
		at += n
	}
	if at < to {
		e.row.Text(e.pens.Text, line[at:to])
	}
}

// first and last are the pens of the leftmost and rightmost of cursor and error;
// where they meet the cursor wins.
func (e *Editor) first(cursor, bad int) paint.Pen {
	if cursor <= bad && cursor >= 0 {
		return e.pens.Active
	}
	return e.errCell
}

func (e *Editor) last(cursor, bad int) paint.Pen {
	if cursor >= bad {
		return e.pens.Active
	}
	return e.errCell
}

// faultAt returns the offset of the character the error is at.
func (e *Editor) faultAt(line string) int {
	at := 0
	for at < len(line) {
		n, _ := paint.Next(line[at:])
		if at+n >= e.fault.col {
			break
		}
		at += n
	}
	return at
}

func (e *Editor) drawStatus() {
	line, col := e.Position()
	switch {
	case e.fault != nil:
		place := ""
		if e.fault.line >= 1 {
			place = fmt.Sprintf("%d:%d ", e.fault.line, e.fault.col)
		}
		e.row.Text(e.pens.Bad, e.pens.Glyphs.Cross+" "+place+e.fault.text.String())
	case e.notice != "":
		e.row.Text(e.pens.Warn, e.pens.Glyphs.Warning+" "+e.notice)
	default:
		e.row.Text(e.pens.Dim, fmt.Sprintf("%d:%d  %s, %s", line, col, count(len(e.buf.lines), "line"), count(e.buf.size, "byte")))
	}
}

// count is a number with its noun.
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.Itoa(n) + " " + noun + "s"
}
