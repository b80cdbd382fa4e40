package paint

import (
	"strings"

	"charm.land/lipgloss/v2"

	"github.com/microtop/microtop/tui/theme"
)

// Pen is a text style as the escape sequences before and after the text. The
// zero Pen writes plain text. Pens are comparable and immutable.
type Pen struct{ open, close string }

// NewPen works out the sequences of a style. Only its colours and attributes
// count, not its size, padding or border.
func NewPen(s lipgloss.Style) Pen {
	const probe = "x"
	before, after, _ := strings.Cut(s.Inline(true).Render(probe), probe)
	return Pen{before, after}
}

// Underlined is the pen with a line under its text.
func (p Pen) Underlined() Pen { return Pen{"\x1b[4m" + p.open, "\x1b[m"} }

// Pens are the pens of a theme, by role; see [theme.Theme] for what each is for.
type Pens struct {
	Text, Dim, Title, Accent, Header, Crumb Pen
	Selected, Marked, Match, Found          Pen
	Border, Focus, Danger                   Pen
	Good, Warn, Bad                         Pen
	Added, Removed, Changed                 Pen
	Key, Hint, Ghost, Button, Active        Pen
	Field, String, Number, Keyword          Pen
	Flame, Series                           []Pen

	Glyphs theme.Glyphs
}

// NewPens makes the pens of a theme. Make them once and again when the theme
// changes.
func NewPens(t theme.Theme) *Pens {
	p := &Pens{Glyphs: t.Glyphs}
	for _, x := range []struct {
		pen   *Pen
		style lipgloss.Style
	}{
		{&p.Text, t.Text}, {&p.Dim, t.Dim}, {&p.Title, t.Title}, {&p.Accent, t.Accent},
		{&p.Header, t.Header}, {&p.Crumb, t.Crumb}, {&p.Selected, t.Selected}, {&p.Marked, t.Marked},
		{&p.Match, t.Match}, {&p.Found, t.Found}, {&p.Border, t.Border}, {&p.Focus, t.Focus},
		{&p.Danger, t.Danger}, {&p.Good, t.Good}, {&p.Warn, t.Warn}, {&p.Bad, t.Bad},
		{&p.Added, t.Added}, {&p.Removed, t.Removed}, {&p.Changed, t.Changed}, {&p.Key, t.Key},
		{&p.Hint, t.Hint}, {&p.Ghost, t.Ghost}, {&p.Button, t.Button}, {&p.Active, t.Active},
		{&p.Field, t.Field}, {&p.String, t.String}, {&p.Number, t.Number}, {&p.Keyword, t.Keyword},
	} {
		*x.pen = NewPen(x.style)
	}
	for _, s := range t.Flame {
		p.Flame = append(p.Flame, NewPen(s))
	}
	for _, s := range t.Series {
		p.Series = append(p.Series, NewPen(s))
	}
	return p
}
