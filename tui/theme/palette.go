package theme

import (
	"image/color"

	"charm.land/lipgloss/v2"
)

// palette is what the coloured themes differ in.
type palette struct {
	text, dim, accent, key       color.Color
	good, warn, bad              color.Color
	added, removed, changed      color.Color
	selectedText, selected       color.Color // selected nil means reverse video
	matchText, match             color.Color
	name, text2, number, keyword color.Color
	border                       color.Color
	flameText                    color.Color
	flame                        []color.Color
	series                       []color.Color
}

// Default uses the terminal's own 16 colours, so it suits whatever background and
// palette the user has chosen.
func Default() Theme {
	return build("default", palette{
		accent: lipgloss.Cyan, key: lipgloss.Blue, dim: lipgloss.BrightBlack, border: lipgloss.BrightBlack,
		good: lipgloss.Green, warn: lipgloss.Yellow, bad: lipgloss.Red,
		added: lipgloss.Green, removed: lipgloss.Red, changed: lipgloss.Yellow,
		matchText: lipgloss.Black, match: lipgloss.Yellow,
		name: lipgloss.Blue, text2: lipgloss.Green, number: lipgloss.Cyan, keyword: lipgloss.Magenta,
		flameText: lipgloss.Black,
		flame:     []color.Color{lipgloss.Yellow, lipgloss.Red, lipgloss.Green, lipgloss.Cyan, lipgloss.Magenta, lipgloss.BrightYellow, lipgloss.BrightRed},
		series:    []color.Color{lipgloss.Cyan, lipgloss.Yellow, lipgloss.Green, lipgloss.Magenta, lipgloss.Blue, lipgloss.Red},
	})
}

// Light is for a light background, with strong contrast.
func Light() Theme {
	return build("light", palette{
		text: hex("#1a1a1a"), dim: hex("#5c5c5c"), accent: hex("#00557f"), key: hex("#003f9e"), border: hex("#8a8a8a"),
		good: hex("#006b1f"), warn: hex("#7a4f00"), bad: hex("#b00020"),
		added: hex("#006b1f"), removed: hex("#b00020"), changed: hex("#7a4f00"),
		selectedText: hex("#000000"), selected: hex("#c8e1ff"),
		matchText: hex("#000000"), match: hex("#ffd866"),
		name: hex("#003f9e"), text2: hex("#006b1f"), number: hex("#00557f"), keyword: hex("#7a1fa2"),
		flameText: hex("#000000"),
		flame:     hexes("#ffb454", "#ff9466", "#ffd166", "#f4a261", "#e9c46a", "#ffa69e", "#f6bd60"),
		series:    hexes("#00557f", "#b35900", "#006b1f", "#7a1fa2", "#b00020", "#5c5c5c"),
	})
}

// Dark is for a dark background, with strong contrast.
func Dark() Theme {
	return build("dark", palette{
		text: hex("#f2f2f2"), dim: hex("#a8a8a8"), accent: hex("#5fd7ff"), key: hex("#87afff"), border: hex("#767676"),
		good: hex("#5fff87"), warn: hex("#ffd75f"), bad: hex("#ff7a7a"),
		added: hex("#5fff87"), removed: hex("#ff7a7a"), changed: hex("#ffd75f"),
		selectedText: hex("#ffffff"), selected: hex("#005f87"),
		matchText: hex("#000000"), match: hex("#ffd75f"),
		name: hex("#87afff"), text2: hex("#87ff87"), number: hex("#5fd7ff"), keyword: hex("#ff87ff"),
		flameText: hex("#000000"),
		flame:     hexes("#ffaf5f", "#ff875f", "#ffd75f", "#d7af5f", "#ffaf87", "#ff8787", "#d7875f"),
		series:    hexes("#5fd7ff", "#ffd75f", "#5fff87", "#ff87ff", "#ff7a7a", "#a8a8a8"),
	})
}

// ColorBlind uses the colours of Okabe and Ito, which people with each kind of
// colour blindness can tell apart: blue for good, orange for warning, vermilion for bad.
func ColorBlind() Theme {
	return build("colorblind", palette{
		accent: hex("#56b4e9"), key: hex("#56b4e9"), dim: lipgloss.BrightBlack, border: lipgloss.BrightBlack,
		good: hex("#56b4e9"), warn: hex("#e69f00"), bad: hex("#d55e00"),
		added: hex("#56b4e9"), removed: hex("#d55e00"), changed: hex("#e69f00"),
		matchText: hex("#000000"), match: hex("#f0e442"),
		name: hex("#56b4e9"), text2: hex("#009e73"), number: hex("#e69f00"), keyword: hex("#cc79a7"),
		flameText: hex("#000000"),
		flame:     hexes("#e69f00", "#56b4e9", "#f0e442", "#d55e00", "#cc79a7", "#009e73"),
		series:    hexes("#56b4e9", "#e69f00", "#009e73", "#cc79a7", "#f0e442", "#d55e00"),
	})
}

// Plain uses no colour, only bold, faint, underline and reverse video (NO_COLOR).
func Plain() Theme {
	t := build("plain", palette{})
	t.Added, t.Removed = style().Bold(true), style().Faint(true)
	t.Changed = style().Underline(true)
	t.Good, t.Warn, t.Bad = style(), style().Underline(true), style().Bold(true)
	t.Match, t.Found = style().Underline(true), style().Reverse(true).Underline(true)
	t.Field = style().Bold(true)
	t.Flame = []lipgloss.Style{style().Reverse(true), style().Reverse(true).Faint(true)}
	t.Series = []lipgloss.Style{style(), style().Bold(true), style().Faint(true)}
	return t
}

func build(name string, p palette) Theme {
	t := Theme{
		Name: name, Glyphs: UnicodeGlyphs(),
		Text:   fg(p.text),
		Dim:    faint(p.dim),
		Title:  fg(p.accent).Bold(true),
		Accent: fg(p.accent).Bold(true),
		Header: fg(p.text).Bold(true),
		Crumb:  fg(p.accent).Bold(true),

		Selected: style().Reverse(true),
		Marked:   fg(p.accent).Bold(true),
		Match:    fg(p.matchText).Background(p.match),
		Found:    fg(p.matchText).Background(p.match).Bold(true).Underline(true),

		Border: faint(p.border),
		Focus:  fg(p.accent),
		Danger: fg(p.bad).Bold(true),

		Good: fg(p.good), Warn: fg(p.warn), Bad: fg(p.bad).Bold(true),
		Added: fg(p.added), Removed: fg(p.removed), Changed: fg(p.changed),

		Key: fg(p.key).Bold(true), Hint: faint(p.dim), Ghost: faint(p.dim),
		Button: fg(p.text), Active: style().Reverse(true).Bold(true),

		Field: fg(p.name), String: fg(p.text2), Number: fg(p.number), Keyword: fg(p.keyword),
	}
	if p.selected != nil {
		t.Selected = fg(p.selectedText).Background(p.selected).Bold(true)
		t.Active = t.Selected
	}
	for _, c := range p.flame {
		t.Flame = append(t.Flame, fg(p.flameText).Background(c))
	}
	for _, c := range p.series {
		t.Series = append(t.Series, fg(c))
	}
	return t
}

func style() lipgloss.Style { return lipgloss.NewStyle() }

func fg(c color.Color) lipgloss.Style {
	if c == nil {
		return style()
	}
	return style().Foreground(c)
}

// faint is a colour for quiet text, or the attribute where there is no colour.
func faint(c color.Color) lipgloss.Style {
	if c == nil {
		return style().Faint(true)
	}
	return style().Foreground(c)
}

func hex(s string) color.Color { return lipgloss.Color(s) }

func hexes(s ...string) []color.Color {
	out := make([]color.Color, len(s))
	for i, h := range s {
		out[i] = hex(h)
	}
	return out
}
