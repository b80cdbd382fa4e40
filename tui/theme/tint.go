package theme

import (
	"image/color"

	"charm.land/lipgloss/v2"
)

// tints are the terminal's own colours by their names.
var tints = map[string]color.Color{
	"red": lipgloss.Red, "green": lipgloss.Green, "yellow": lipgloss.Yellow, "blue": lipgloss.Blue,
	"magenta": lipgloss.Magenta, "cyan": lipgloss.Cyan, "white": lipgloss.White,
}

// Tint is the style of what the user gave a colour: a name such as "red", one of the terminal's own, or "#rrggbb". It
// tells whether there is such a colour. A plain theme only makes it bold.
func (t Theme) Tint(name string) (lipgloss.Style, bool) {
	c, ok := tints[name]
	if len(name) == 7 && name[0] == '#' {
		c, ok = hex(name), true
	}
	switch {
	case !ok:
		return lipgloss.Style{}, false
	case t.Name == "plain":
		return style().Bold(true), true
	}
	return fg(c).Bold(true), true
}
