package tui

import (
	"fmt"
	"strings"
	"unicode/utf8"

	tea "charm.land/bubbletea/v2"
)

var namedKeys = map[string]rune{
	"enter": tea.KeyEnter, "tab": tea.KeyTab, "esc": tea.KeyEscape, "backspace": tea.KeyBackspace, "space": tea.KeySpace,
	"up": tea.KeyUp, "down": tea.KeyDown, "left": tea.KeyLeft, "right": tea.KeyRight,
	"home": tea.KeyHome, "end": tea.KeyEnd, "pgup": tea.KeyPgUp, "pgdown": tea.KeyPgDown, "insert": tea.KeyInsert, "delete": tea.KeyDelete,
	"f1": tea.KeyF1, "f2": tea.KeyF2, "f3": tea.KeyF3, "f4": tea.KeyF4, "f5": tea.KeyF5, "f6": tea.KeyF6,
	"f7": tea.KeyF7, "f8": tea.KeyF8, "f9": tea.KeyF9, "f10": tea.KeyF10, "f11": tea.KeyF11, "f12": tea.KeyF12,
}

var modifiers = []struct {
	prefix string
	mod    tea.KeyMod
}{{"ctrl+", tea.ModCtrl}, {"alt+", tea.ModAlt}, {"shift+", tea.ModShift}}

// ParseKey reads a key as tea.Key.String writes it: a character ("j", "G", "?"), a
// name ("enter", "pgdown", "f1"), either after "ctrl+", "alt+" or "shift+" in this order.
func ParseKey(s string) (tea.KeyPressMsg, error) {
	rest, key := s, tea.Key{}
	for _, m := range modifiers {
		if after, ok := strings.CutPrefix(rest, m.prefix); ok && after != "" {
			rest, key.Mod = after, key.Mod|m.mod
		}
	}
	if code, ok := namedKeys[rest]; ok {
		key.Code = code
		if code == tea.KeySpace && key.Mod == 0 {
			key.Text = " "
		}
		return tea.KeyPressMsg(key), nil
	}
	r, size := utf8.DecodeRuneInString(rest)
	if size == 0 || size != len(rest) || r <= ' ' || r == utf8.RuneError {
		return tea.KeyPressMsg{}, fmt.Errorf("no key %q: write a character, or enter, tab, esc, space, up, pgdown, f1 …, with ctrl+, alt+ or shift+ before", s)
	}
	key.Code = r
	if key.Mod == 0 {
		key.Text = rest
	}
	return tea.KeyPressMsg(key), nil
}

// same are chords that are one key on every terminal without the newer keyboard
// protocols, so they are one key everywhere.
var same = map[string]string{"ctrl+i": "tab", "ctrl+m": "enter", "ctrl+j": "enter", "ctrl+h": "backspace", "ctrl+[": "esc"}

// normal returns the key as actions name it.
func normal(k tea.KeyPressMsg) tea.KeyPressMsg {
	if name, ok := same[k.String()]; ok {
		k, _ = ParseKey(name)
	}
	return k
}
