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
	open    *invoke.Request
	secured *collection.TLS // how the request to open was sent
	lent    *lent
	names   []string
	done    safetext.Line
	err     error
}

// lent is a saved call that sends variables of the environment to an address that it names itself.
type lent struct{ name, address, variables string }

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
				c.TLS = collection.TLSOf(s.back.flags)
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
		r, secured, err := collection.Parse(line)
		if err != nil {
			return tui.Fail(err)
		}
		return s.compose(r, secured)
	}})
}

func (s *screen) onSaved(msg saved) tea.Cmd {
	switch {
	case msg.err != nil:
		return tui.Fail(msg.err)
	case msg.open != nil:
		return s.compose(*msg.open, msg.secured)
	case msg.lent != nil:
		return tui.Do(tui.Confirm{
			Question: safetext.Format("Fill in %s of the environment? The call names its own address, %s.", msg.lent.variables, msg.lent.address),
			Danger:   true, Yes: s.readSaved(msg.lent.name, true),
		})
	case len(msg.names) > 0:
		menu := tui.Menu{Title: safetext.Literal("saved calls")}
		for _, name := range msg.names {
			menu.Items = append(menu.Items, tui.Item{Label: safetext.Clean(name), Run: s.readSaved(name, false)})
		}
		return tui.Do(menu)
	}
	return tui.Say(tui.Good, msg.done)
}

// compose opens the composer with a request, and says if it was to be sent over connections secured in another way.
func (s *screen) compose(r invoke.Request, secured *collection.TLS) tea.Cmd {
	opened := tui.Do(tui.Open{Name: "call", With: r})
	if own := collection.TLSOf(s.back.flags); secured == nil || own != nil && *own == *secured {
		return opened
	}
	return tea.Sequence(opened, tui.Say(tui.Warn, safetext.Format("the call is meant for TLS, which this console was not started with: %s", strings.Join(secured.Flags(), " "))))
}

// readSaved reads a saved call and fills its variables in. Where it lends some to an address of its own, allowed says that
// the user agreed.
func (s *screen) readSaved(name string, allowed bool) tea.Cmd {
	folder := s.back.saved
	return s.scope.Cmd(func(context.Context) tea.Msg {
		c, err := folder.Read(name)
		if err != nil {
			return saved{err: err}
		}
		if names := c.Lends(); len(names) > 0 && !allowed {
			return saved{lent: &lent{name, c.Address, strings.Join(names, ", ")}}
		}
		secured, err := folder.TLS(c)
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
		return saved{open: &r, secured: secured, err: err}
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
