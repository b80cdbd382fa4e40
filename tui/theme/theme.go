package theme

import (
	"fmt"
	"strings"

	"charm.land/lipgloss/v2"
)

// Theme is a set of styles by role. It is a value: copy it, change a field, hand it
// on. Styles carry no size, padding or border; widgets lay text out themselves.
type Theme struct {
	Name   string
	Glyphs Glyphs

	Text   lipgloss.Style // ordinary text
	Dim    lipgloss.Style // less important text, empty values
	Title  lipgloss.Style // the program's name, a dialog's title
	Accent lipgloss.Style // what draws the eye: active tab, prompt sign
	Header lipgloss.Style // column titles
	Crumb  lipgloss.Style // the last crumb: where one is

	Selected lipgloss.Style // the row or node under the cursor
	Marked   lipgloss.Style // a marked row
	Match    lipgloss.Style // text a search found
	Found    lipgloss.Style // the match a search stands on

	Border lipgloss.Style // of a pane
	Focus  lipgloss.Style // border of the pane that has the focus
	Danger lipgloss.Style // border and button of a dangerous question

	Good lipgloss.Style // healthy, succeeded
	Warn lipgloss.Style // stale, slow, degraded
	Bad  lipgloss.Style // failed, dead

	Added   lipgloss.Style // in a diff
	Removed lipgloss.Style
	Changed lipgloss.Style

	Key    lipgloss.Style // a key in hints and help
	Hint   lipgloss.Style // what the key does
	Ghost  lipgloss.Style // proposed completion, placeholder
	Button lipgloss.Style // a button without the focus
	Active lipgloss.Style // the button or menu item with the focus

	Field   lipgloss.Style // syntax: field name
	String  lipgloss.Style // syntax: string
	Number  lipgloss.Style // syntax: number
	Keyword lipgloss.Style // syntax: true, false, null, enum value

	Flame  []lipgloss.Style // frames of a flame graph, chosen by hash of the package
	Series []lipgloss.Style // what is told apart by colour, such as topics, in order
}

// Names lists the themes [ByName] knows, the default first.
func Names() []string {
	return []string{"default", "light", "dark", "colorblind", "plain"}
}

// ByName returns a theme; the empty name is the default. The error names the choices.
func ByName(name string) (Theme, error) {
	switch strings.ToLower(name) {
	case "", "default":
		return Default(), nil
	case "light":
		return Light(), nil
	case "dark":
		return Dark(), nil
	case "colorblind", "colourblind", "color-blind":
		return ColorBlind(), nil
	case "plain", "none":
		return Plain(), nil
	}
	return Theme{}, fmt.Errorf("no theme %q: choose one of %s", name, strings.Join(Names(), ", "))
}

// ASCII returns the theme with glyphs that need nothing but ASCII.
func (t Theme) ASCII() Theme {
	t.Glyphs = ASCIIGlyphs()
	return t
}
