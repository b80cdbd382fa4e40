package tui

import (
	"strings"

	"github.com/charmbracelet/x/ansi"

	"github.com/microtop/microtop/tui/safetext"
)

// memo keeps what one frame drew for the next one, since most of a screen stays as it is: a key moves the cursor by a row.
type memo struct {
	globals []Action
	actions []Action           // of the frame, for the key that follows it; any other message clears them
	hints   map[[2]string]hint // by key and name

	// What follows holds for frames of that inner width, whose cells are counted in that way.
	inner             int
	cells             ansi.Method
	top, side, bottom string
	blank             string // as wide as the frame
	rows              []framed
}

// hint is a key with what it does.
type hint struct {
	text  string
	width int
}

// framed is a row of the body between the frame's sides.
type framed struct{ row, drawn string }

// mostHints bounds them; a console has about a hundred.
const mostHints = 1000

// drawHint is a key and what it does, styled, and how wide that is.
func (s *Shell) drawHint(does, what string) (string, int) {
	id := [2]string{does, what}
	h, known := s.memo.hints[id]
	if !known {
		key, name := safetext.Clean(does), safetext.Clean(what)
		h = hint{s.theme.Key.Render(key.String()) + " " + s.theme.Hint.Render(name.String()), key.Width() + 1 + name.Width()}
		if s.memo.hints == nil || len(s.memo.hints) >= mostHints {
			s.memo.hints = map[[2]string]hint{}
		}
		s.memo.hints[id] = h
	}
	return h.text, h.width
}

// framedBody appends the body's rows in their frame, inner cells wide.
func (s *Shell) framedBody(to []string, inner int, body []string) []string {
	m := &s.memo
	if m.top == "" || m.inner != inner || m.cells != s.cells {
		m.inner, m.cells, m.rows = inner, s.cells, nil
		m.top, m.side, m.bottom = s.edges(safetext.Line{}, s.theme.Border, inner)
		m.blank = strings.Repeat(" ", max(inner, 0))
	}
	for len(m.rows) < len(body) {
		m.rows = append(m.rows, framed{})
	}
	to = append(to, m.top)
	for y, row := range body {
		f := &m.rows[y]
		if f.drawn == "" || f.row != row {
			cut, blank := s.cut(row, inner)
			f.drawn = m.side + cut + m.blank[:blank] + m.side
			if from := f.drawn[len(m.side):]; strings.HasPrefix(from, row) {
				f.row = from[:len(row)]
			} else {
				f.row = strings.Clone(row) // a part of the body would keep all of it
			}
		}
		to = append(to, f.drawn)
	}
	return append(to, m.bottom)
}
