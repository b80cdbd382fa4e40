package compose

import (
	tea "charm.land/bubbletea/v2"

	"github.com/microtop/microtop/tui"
)

// FormActions are the keys of a message's form, for the screen it is on; prefix begins their ids. m is nil where only
// the list matters.
func FormActions(prefix string, m *Message) []tui.Action {
	return []tui.Action{
		{ID: prefix + ".fill", Keys: []string{"enter"}, Name: "edit", Help: "edit a field, choose a value, open a group, add an element"},
		{ID: prefix + ".present", Keys: []string{"space"}, Name: "set/unset", Help: "leave a field out, or send it with its default"},
		{ID: prefix + ".clear", Keys: []string{"delete", "backspace"}, Name: "clear", Help: "leave a field out; take an element out", Hidden: true},
		{ID: prefix + ".unfold", Keys: []string{"right", "l"}, Name: "open", Help: "open a group; the next value of a choice", Hidden: true},
		{ID: prefix + ".fold", Keys: []string{"left", "h"}, Name: "close", Help: "close a group; the value before of a choice", Hidden: true},
		{ID: prefix + ".undo", Keys: []string{"U"}, Name: "undo", Help: "take the last change of the form back", Run: func() tea.Cmd { return m.Undo() }, Hidden: true},
	}
}
