package call

import (
	"context"
	"errors"
	"os"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/microtop/microtop/introspect/collection"
	"github.com/microtop/microtop/introspect/invoke"
	"github.com/microtop/microtop/tui"
	"github.com/microtop/microtop/tui/safetext"
)

// saved brings what the folder of saved calls said: a request to open, names to choose from, or that a call was saved.
type saved struct {
	open  *invoke.Request
	names []string
	done  safetext.Line
	err   error
}

// save asks for a name and writes the call there, without its secrets.
func (s *screen) save() tea.Cmd {
	r, err := s.composed()
	if err != nil {
		return tui.Fail(err)
	}
	initial := strings.ToLower(strings.ReplaceAll(r.Service+"/"+r.Endpoint, " ", "-"))
	return tui.Do(tui.Prompt{Title: safetext.Literal("save the call under which name?"), Initial: initial, Done: func(name string) tea.Cmd {
		name = strings.TrimSpace(name)
		if name == "" {
			return nil
		}
		folder := s.back.saved
		return s.scope.Cmd(func(context.Context) tea.Msg {
			c, secrets, err := collection.FromRequest(r)
			if err == nil {
				err = folder.Save(name, c, false)
			}
			said := safetext.Format("saved: microtop call --saved %s", name)
			if len(secrets) > 0 {
				said = safetext.Format("saved as %s; its secrets are taken from %s in the environment", name, strings.Join(secrets, ", "))
			}
			return saved{done: said, err: err}
		})
	}})
}

// openSaved asks which saved call to open.
func (s *screen) openSaved() tea.Cmd {
	folder := s.back.saved
	return s.scope.Cmd(func(context.Context) tea.Msg {
		names, err := folder.List()
		if err == nil && len(names) == 0 {
			err = errors.New("no call is saved yet: s saves this one")
		}
		return saved{names: names, err: err}
	})
}

// importLine asks for a command line to compose from.
func (s *screen) importLine() tea.Cmd {
	return tui.Do(tui.Prompt{Title: safetext.Literal("paste a `microtop call` or `grpcurl` line"), Done: func(line string) tea.Cmd {
		if strings.TrimSpace(line) == "" {
			return nil
		}
		r, err := collection.Parse(line)
		if err != nil {
			return tui.Fail(err)
		}
		return tui.Do(tui.Open{Name: "call", With: r})
	}})
}

func (s *screen) onSaved(msg saved) tea.Cmd {
	switch {
	case msg.err != nil:
		return tui.Fail(msg.err)
	case msg.open != nil:
		return tui.Do(tui.Open{Name: "call", With: *msg.open})
	case len(msg.names) > 0:
		menu := tui.Menu{Title: safetext.Literal("saved calls")}
		for _, name := range msg.names {
			menu.Items = append(menu.Items, tui.Item{Label: safetext.Clean(name), Run: s.readSaved(name)})
		}
		return tui.Do(menu)
	}
	return tui.Say(tui.Good, msg.done)
}

func (s *screen) readSaved(name string) tea.Cmd {
	folder := s.back.saved
	return s.scope.Cmd(func(context.Context) tea.Msg {
		c, err := folder.Read(name)
		if err != nil {
			return saved{err: err}
		}
		vars, err := folder.Environment("")
		if err != nil {
			return saved{err: err}
		}
		r, err := c.Request(vars, os.LookupEnv)
		var missing *collection.MissingError
		if errors.As(err, &missing) { // shown with its variables, to be filled in
			r, err = c.Raw()
		}
		return saved{open: &r, err: err}
	})
}

// everywhere opens the screen that makes the call on every node.
func (s *screen) everywhere() tea.Cmd { return s.openWith("compare") }

// load opens the screen that makes a load of the call.
func (s *screen) load() tea.Cmd { return s.openWith("load") }

func (s *screen) openWith(name string) tea.Cmd {
	r, err := s.composed()
	if err != nil {
		return tui.Fail(err)
	}
	return tui.Do(tui.Open{Name: name, With: r})
}

func (s *screen) askEverywhere() safetext.Line {
	return safetext.Format("Send the request to every node of %s?", s.request.Target)
}
