package tui

import (
	"strings"

	tea "charm.land/bubbletea/v2"
	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/microtop/microtop/tui/input"
	"github.com/microtop/microtop/tui/safetext"
)

// overlay is a dialog over the frame. It has every key until it closes itself.
type overlay interface {
	update(s *Shell, msg tea.Msg) tea.Cmd
	// draw returns the box within w by h cells.
	draw(s *Shell, w, h int) box
}

// box is a drawn dialog.
type box struct {
	w      int
	lines  []string
	cursor *tea.Position // of its text input, from its corner
}

func (s *Shell) show(owner int, o overlay) {
	s.over, s.owner, s.line, s.dirty = o, owner, nil, true
}

// dismiss closes the dialog and runs what was chosen for the screen that asked.
func (s *Shell) dismiss(chosen tea.Cmd) tea.Cmd {
	s.over = nil
	s.changed()
	return s.own(s.owner, chosen)
}

func (s *Shell) toOverlay(msg tea.Msg) tea.Cmd {
	if k, ok := msg.(tea.KeyPressMsg); ok && k.String() == "esc" {
		return s.dismiss(nil)
	}
	return s.over.update(s, msg)
}

// frame draws a border with a title around rows of inner cells.
func (s *Shell) frame(title safetext.Line, style lipgloss.Style, inner int, rows []string) []string {
	inner = max(inner, 0)
	top, side, bottom := s.edges(title, style, inner)
	lines := []string{top}
	for _, r := range rows {
		lines = append(lines, side+s.fit(r, inner)+side)
	}
	return append(lines, bottom)
}

// edges are the lines above and below a frame of inner cells, and its side.
func (s *Shell) edges(title safetext.Line, style lipgloss.Style, inner int) (above, side, below string) {
	g := s.theme.Glyphs
	top := strings.Repeat(g.Horizontal, inner)
	if name := title.Cut(inner - 2); !name.Empty() {
		top = g.Horizontal + name.String() + strings.Repeat(g.Horizontal, inner-1-name.Width())
	}
	return style.Render(g.TopLeft) + s.fit(style.Render(top), inner) + style.Render(g.TopRight),
		style.Render(g.Vertical), style.Render(g.BottomLeft + strings.Repeat(g.Horizontal, inner) + g.BottomRight)
}

// fit returns a styled row in exactly w cells, as the renderer counts them: a terminal
// that draws a joined emoji as its parts needs more cells than the text's own width.
func (s *Shell) fit(row string, w int) string {
	row, blank := s.cut(row, w)
	if blank > 0 {
		row += strings.Repeat(" ", blank)
	}
	return row
}

// cut returns what goes of a styled row in w cells, and how many of them it leaves.
func (s *Shell) cut(row string, w int) (string, int) {
	n := s.cells.StringWidth(row)
	if n > w {
		row = s.cells.Truncate(row, w, "")
		n = s.cells.StringWidth(row)
	}
	return row, max(w-n, 0)
}

// lay puts a box over the rows of a frame, from cell x, row y on.
func (s *Shell) lay(rows []string, b box, x, y int) {
	for i, line := range b.lines {
		at := y + i
		if at < 0 || at >= len(rows) {
			continue
		}
		right := ""
		if room := s.w - x - b.w; room > 0 {
			right = s.cells.TruncateLeft(rows[at], s.w-room, "")
			if n := s.cells.StringWidth(right); n > room { // a wide character was cut in half
				right = " " + s.cells.TruncateLeft(rows[at], s.w-room+1, "")
			}
		}
		rows[at] = s.fit(s.fit(rows[at], x)+"\x1b[m"+line+"\x1b[m"+right, s.w)
	}
}

// question is the dialog of a [Confirm].
type question struct {
	Confirm
	yes bool // the button that has the focus
}

func newQuestion(c Confirm) *question { return &question{Confirm: c} }

func (q *question) update(s *Shell, msg tea.Msg) tea.Cmd {
	k, ok := msg.(tea.KeyPressMsg)
	if !ok {
		return nil
	}
	switch k.String() {
	case "left", "right", "h", "l", "tab", "shift+tab":
		q.yes = !q.yes
	case "n":
		return s.dismiss(nil)
	case "y":
		if !q.Danger {
			return s.dismiss(q.Yes)
		}
		q.yes = true // enter still has to say so
	case "enter", "space":
		if q.yes {
			return s.dismiss(q.Yes)
		}
		return s.dismiss(nil)
	}
	return nil
}

func (q *question) draw(s *Shell, w, h int) box {
	style := s.theme.Focus
	if q.Danger {
		style = s.theme.Danger
	}
	inner := max(min(max(q.Question.Width()+4, 30), w-4, 72), 0)
	rows := []string{""}
	for _, line := range wrap(q.Question, inner-4) {
		rows = append(rows, "  "+s.theme.Text.Render(line.String()))
	}
	rows = append(rows, "", " "+s.button("Cancel", !q.yes)+" "+s.button("Yes", q.yes), "")
	return box{w: inner + 2, lines: s.frame(safetext.Line{}, style, inner, rows[:min(len(rows), max(h-2, 0))])}
}

// button draws a button, with more than a style when it has the focus.
func (s *Shell) button(name string, focus bool) string {
	if focus {
		return s.theme.Accent.Render(s.theme.Glyphs.Cursor) + s.theme.Active.Render("[ "+name+" ]")
	}
	return " " + s.theme.Button.Render("[ "+name+" ]")
}

// wrap breaks a line between words, or within one that is too long.
func wrap(l safetext.Line, w int) []safetext.Line {
	var lines []safetext.Line
	for _, row := range strings.Split(ansi.Wrap(l.String(), max(w, 1), ""), "\n") {
		lines = append(lines, safetext.Clean(row))
	}
	return lines
}

// ask is the dialog of a [Prompt].
type ask struct {
	Prompt
	input input.Line
}

func newAsk(p Prompt) *ask {
	a := &ask{Prompt: p}
	a.input.Set(p.Initial)
	return a
}

func (a *ask) update(s *Shell, msg tea.Msg) tea.Cmd {
	if k, ok := msg.(tea.KeyPressMsg); ok && k.String() == "enter" {
		var cmd tea.Cmd
		if a.Done != nil {
			cmd = a.Done(a.input.Text())
		}
		return s.dismiss(cmd)
	}
	a.input.Update(msg)
	return nil
}

func (a *ask) draw(s *Shell, w, h int) box {
	inner := max(min(max(a.Title.Width()+4, 50), w-4), 0)
	text, x := a.input.View(max(inner-2, 1))
	rows := []string{" " + s.theme.Text.Render(text.String())}
	return box{w: inner + 2, lines: s.frame(a.Title, s.theme.Focus, inner, rows), cursor: &tea.Position{X: 2 + x, Y: 1}}
}
