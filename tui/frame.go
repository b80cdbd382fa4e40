package tui

import (
	"strings"

	tea "charm.land/bubbletea/v2"
	"charm.land/lipgloss/v2"

	"github.com/microtop/microtop/tui/safetext"
	"github.com/microtop/microtop/tui/theme"
)

// Segment is a part of the header. When there is no room the last ones that are not
// Right go first.
type Segment struct {
	Label safetext.Line
	Value safetext.Line
	Style lipgloss.Style // of the value
	Right bool           // at the right end; kept as long as anything
}

// narrow is the width below which hints shrink to the help key.
const narrow = 80

// rows tells how the height is shared: a tiny terminal shows the body only.
func (s *Shell) rows() (header, crumbs, foot, border int) {
	switch {
	case s.h >= 8 && s.w >= 20:
		return 1, 1, 1, 1
	case s.h >= 3:
		return 0, 0, 1, 0
	}
	return 0, 0, 0, 0
}

func (s *Shell) bodySize() (w, h int) {
	header, crumbs, foot, border := s.rows()
	return max(s.w-2*border, 0), max(s.h-header-crumbs-foot-2*border, 0)
}

// View draws the frame, or returns the last drawing when nothing changed.
func (s *Shell) View() tea.View {
	if !s.dirty {
		return s.view
	}
	s.dirty = false
	v := tea.View{AltScreen: true, WindowTitle: s.windowTitle()}
	if s.mouse {
		v.MouseMode = tea.MouseModeCellMotion
	}
	if s.w > 0 && s.h > 0 {
		rows := s.compose()
		v.Cursor = s.cursor(rows)
		v.Content = strings.Join(rows, "\n")
		if s.theme.Glyphs.ASCII {
			v.Content = theme.ToASCII(v.Content)
		}
	}
	s.view = v
	return v
}

func (s *Shell) windowTitle() string {
	title := safetext.Clean(s.cfg.Name)
	if top := s.screen(); top != nil {
		title = safetext.Join(" ", title, top.Title())
	}
	return title.Cut(80).String()
}

// compose returns the frame's rows, each exactly as wide as the terminal, and notes
// where the body begins.
func (s *Shell) compose() []string {
	header, crumbs, foot, border := s.rows()
	w, h := s.bodySize()
	if top := s.screen(); s.stale && top != nil {
		s.body = top.View(w, h)
		s.stale = false
	}
	body := strings.Split(s.body, "\n")
	for len(body) < h {
		body = append(body, "")
	}
	body = body[:h]
	s.x, s.y = border, header+crumbs+border
	rows := make([]string, 0, s.h)
	if header > 0 {
		rows = append(rows, s.header())
	}
	if crumbs > 0 {
		rows = append(rows, s.crumbs())
	}
	if border > 0 {
		rows = s.framedBody(rows, w, body)
	} else {
		for _, r := range body {
			rows = append(rows, s.fit(r, s.w))
		}
	}
	if foot > 0 {
		rows = append(rows, s.foot())
	}
	return rows
}

// header draws the program's name and the segments there is room for.
func (s *Shell) header() string {
	left := " " + s.theme.Title.Render(safetext.Clean(s.cfg.Name).Cut(s.w-2).String())
	used := 1 + safetext.Clean(s.cfg.Name).Cut(s.w-2).Width()
	right, rightW := "", 0
	var segments []Segment
	if s.cfg.Header != nil {
		segments = s.cfg.Header(s.w)
	}
	for _, g := range segments {
		if text, n := s.segment(g); g.Right && used+rightW+n+4 <= s.w {
			right, rightW = right+"  "+text, rightW+2+n
		}
	}
	for _, g := range segments {
		if g.Right {
			continue
		}
		text, n := s.segment(g)
		if used+2+n+rightW+1 > s.w {
			break
		}
		left, used = left+"  "+text, used+2+n
	}
	return s.fit(left+strings.Repeat(" ", max(s.w-used-rightW-1, 0))+right, s.w)
}

func (s *Shell) segment(g Segment) (string, int) {
	text, n := g.Style.Render(g.Value.String()), g.Value.Width()
	if !g.Label.Empty() {
		text, n = s.theme.Dim.Render(g.Label.String())+" "+text, n+1+g.Label.Width()
	}
	return text, n
}

// crumbs draws where one is, then the filter and how many rows it leaves. The first
// crumbs give way.
func (s *Shell) crumbs() string {
	right := s.filterState()
	rightW := lipgloss.Width(right)
	room := s.w - rightW - 3
	sep := " " + s.theme.Glyphs.Crumb + " "
	text, used := "", 0
	for i := len(s.stack) - 1; i >= 0; i-- {
		title := s.stack[i].screen.Title()
		ahead := 0 // cells that tell of crumbs left out
		if i > 0 {
			ahead = 4
		}
		if i < len(s.stack)-1 {
			if used+title.Width()+3+ahead > room {
				text, used = s.theme.Dim.Render(s.theme.Glyphs.Ellipsis+sep)+text, used+4
				break
			}
			text, used = s.theme.Dim.Render(title.String()+sep)+text, used+title.Width()+3
			continue
		}
		title = title.Cut(room - ahead)
		text, used = s.theme.Crumb.Render(title.String()), title.Width()
	}
	return s.fit(" "+text+strings.Repeat(" ", max(s.w-used-rightW-2, 0))+right, s.w)
}

func (s *Shell) filterState() string {
	f, ok := s.screen().(Filterer)
	if !ok {
		return ""
	}
	state := f.Filter()
	var parts []string
	if !state.Text.Empty() {
		parts = append(parts, s.theme.Accent.Render("/"+state.Text.Cut(s.w/3).String()))
	}
	if state.Total > 0 {
		count := safetext.Format("[%d]", state.Total)
		if !state.Text.Empty() {
			count = safetext.Format("[%d/%d]", state.Shown, state.Total)
		}
		parts = append(parts, s.theme.Dim.Render(count.String()))
	}
	return strings.Join(parts, " ")
}
