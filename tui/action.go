package tui

import (
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/microtop/microtop/tui/safetext"
)

// Action is something to do on a screen. One table of them feeds the keys, the hints
// in the foot, help, the ":" command line and the palette.
type Action struct {
	ID   string   // stable, for the config file: "services.describe"
	Keys []string // as [ParseKey] reads them: "d", "ctrl+s", "shift+tab"
	Name string   // one word or two: the hint and the ":" command
	Help string   // one line for help; Name when empty
	// Run does it. With nil the key, after remapping, goes to the screen's Update: so a
	// widget's keys can be shown and remapped too.
	Run func() tea.Cmd
	// Disabled tells why it cannot be done now, "" when it can. The reason is shown
	// when the key is pressed; hints and help leave the action out.
	Disabled func() string
	// Confirm is the question to ask first, naming the target; nil asks nothing. What
	// asks is dangerous: the default answer is no.
	Confirm func() safetext.Line
	Hidden  bool // not in the hints
}

func (a Action) reason() string {
	if a.Disabled == nil {
		return ""
	}
	return a.Disabled()
}

func (a Action) enabled() bool { return a.reason() == "" }

func (a Action) help() string {
	if a.Help != "" {
		return a.Help
	}
	return a.Name
}

// command is the action's word on the ":" line.
func (a Action) command() string { return strings.ReplaceAll(a.Name, " ", "-") }

// Moving lists the keys that tables, pagers and trees move with, for the help of a
// screen that passes them on to one.
func Moving() []Action { return slices.Clone(moving) }

// moving never changes. Screens list their actions with each key and each frame.
var moving = hidden([]Action{
	{ID: "move.down", Keys: []string{"j", "down"}, Name: "down"},
	{ID: "move.up", Keys: []string{"k", "up"}, Name: "up"},
	{ID: "move.pagedown", Keys: []string{"pgdown", "ctrl+f"}, Name: "page down"},
	{ID: "move.pageup", Keys: []string{"pgup", "ctrl+b"}, Name: "page up"},
	{ID: "move.halfdown", Keys: []string{"ctrl+d"}, Name: "half a page down"},
	{ID: "move.halfup", Keys: []string{"ctrl+u"}, Name: "half a page up"},
	{ID: "move.top", Keys: []string{"g", "home"}, Name: "top"},
	{ID: "move.bottom", Keys: []string{"G", "end"}, Name: "bottom"},
	{ID: "move.left", Keys: []string{"H", "shift+left"}, Name: "scroll left"},
	{ID: "move.right", Keys: []string{"L", "shift+right"}, Name: "scroll right"},
})

func hidden(list []Action) []Action {
	for i := range list {
		list[i].Hidden = true
	}
	return list
}

// globals are the actions of the shell itself. They are made once; nobody changes them.
func (s *Shell) globals() []Action {
	if s.memo.globals == nil {
		s.memo.globals = s.newGlobals()
	}
	return s.memo.globals
}

func (s *Shell) newGlobals() []Action {
	return []Action{
		{ID: "shell.help", Keys: []string{"?"}, Name: "help", Help: "all keys that work here", Run: s.openHelp, Hidden: true},
		{ID: "shell.filter", Keys: []string{"/"}, Name: "filter", Help: "filter rows, search text", Run: s.openFilter, Disabled: func() string {
			if _, ok := s.screen().(Filterer); !ok {
				return "nothing to filter here"
			}
			return ""
		}},
		{ID: "shell.command", Keys: []string{":"}, Name: "command", Help: "go to a screen, run a command", Run: s.openCommand},
		{ID: "shell.palette", Keys: []string{"ctrl+p"}, Name: "palette", Help: "find anything by a few letters", Run: s.openPalette, Hidden: true},
		{ID: "shell.back", Keys: []string{"esc"}, Name: "back", Run: s.escape, Hidden: true},
		{ID: "shell.before", Keys: []string{"["}, Name: "view before", Help: "back through the views that were opened", Run: s.step(-1), Hidden: true},
		{ID: "shell.after", Keys: []string{"]"}, Name: "view after", Help: "forward again", Run: s.step(1), Hidden: true},
		{ID: "shell.last", Keys: []string{"-"}, Name: "last view", Help: "the view that was shown before; twice is here again", Run: s.lastView, Hidden: true},
		{ID: "shell.leave", Keys: []string{"q"}, Name: "leave", Help: "back, at the first screen quit", Run: s.leave, Hidden: true},
		{ID: "shell.quit", Name: "quit", Help: "quit from wherever one is", Run: s.quit, Hidden: true},
		{ID: "shell.cancel", Keys: []string{"ctrl+c"}, Name: "cancel", Help: "cancel what runs; twice quits", Run: s.interrupt, Hidden: true},
		{ID: "shell.log", Name: "log", Help: "what was done and said so far", Run: func() tea.Cmd { return Do(Open{Name: "log"}) }, Hidden: true, Disabled: func() string {
			if _, ok := s.routes.find("log"); !ok {
				return "no log is kept"
			}
			return ""
		}},
		{ID: "shell.mouse", Keys: []string{"M"}, Name: "mouse", Help: "let the mouse select text, or take it back", Run: s.toggleMouse, Hidden: true},
		{ID: "shell.redraw", Keys: []string{"ctrl+l"}, Name: "redraw", Help: "repair the screen", Run: s.redraw, Hidden: true},
		{ID: "shell.suspend", Keys: []string{"ctrl+z"}, Name: "suspend", Help: "to the shell; fg comes back", Run: func() tea.Cmd { return tea.Suspend }, Hidden: true},
	}
}

// whileTyping are the global actions that no text input takes keys from.
var whileTyping = []string{"shell.cancel", "shell.redraw", "shell.suspend", "shell.palette"}

// actions are those of the top screen, then the shell's, with the keys remapped.
func (s *Shell) actions() []Action {
	var list []Action
	if top := s.screen(); top != nil {
		list = slices.Clone(top.Actions())
	}
	list = append(list, s.globals()...)
	for i := range list {
		list[i].Keys = s.keys.of(list[i])
	}
	return list
}
