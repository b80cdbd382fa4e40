package tui

import (
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/microtop/microtop/tui/input"
	"github.com/microtop/microtop/tui/safetext"
)

// prompt is the line in place of the foot that ":" and "/" open.
type prompt struct {
	sign   string // ":" or "/"
	input  input.Line
	ghost  string // what tab would add
	err    safetext.Line
	recall int // how far back in the history; 0 is the line itself
	draft  string
}

// history is what was entered before, the oldest first.
type history []string

func (h *history) add(line string) {
	if line == "" || len(*h) > 0 && (*h)[len(*h)-1] == line {
		return
	}
	if *h = append(*h, line); len(*h) > 200 {
		*h = slices.Delete(*h, 0, 1)
	}
}

func (s *Shell) openCommand() tea.Cmd {
	s.line = &prompt{sign: ":"}
	return nil
}

// openFilter starts with the filter that is on.
func (s *Shell) openFilter() tea.Cmd {
	if f, ok := s.screen().(Filterer); ok {
		s.line = &prompt{sign: "/"}
		s.line.input.Set(f.Filter().Text.String())
	}
	return nil
}

// toLine edits the prompt line, ends it, or moves in its history.
func (s *Shell) toLine(msg tea.Msg) tea.Cmd {
	p := s.line
	if k, ok := msg.(tea.KeyPressMsg); ok {
		switch name := k.String(); {
		case name == "esc":
			s.line = nil
			if p.sign == "/" {
				s.filter("")
			}
			return nil
		case name == "enter":
			return s.enter()
		case name == "backspace" && p.input.Text() == "":
			s.line = nil
			return nil
		case p.sign == ":" && (name == "up" || name == "ctrl+p" || name == "down" || name == "ctrl+n"):
			s.recall(name == "up" || name == "ctrl+p")
			return nil
		case p.ghost != "" && p.input.AtEnd() && (name == "tab" || name == "right" || name == "end"):
			p.input.Insert(p.ghost)
			p.ghost = s.complete(p.input.Text())
			return nil
		}
	}
	if !p.input.Update(msg) {
		return nil
	}
	p.recall = 0
	if p.sign == "/" {
		p.err = s.filter(p.input.Text())
	} else {
		p.ghost = s.complete(p.input.Text())
	}
	return nil
}

// filter hands the text to the screen and returns what is wrong with it.
func (s *Shell) filter(text string) safetext.Line {
	f, ok := s.screen().(Filterer)
	if !ok {
		return safetext.Line{}
	}
	s.changed()
	if err := f.SetFilter(text); err != nil {
		return safetext.Clean(err.Error())
	}
	return safetext.Line{}
}

// recall moves through the commands entered before.
func (s *Shell) recall(older bool) {
	p := s.line
	if p.recall == 0 {
		p.draft = p.input.Text()
	}
	if older {
		p.recall = min(p.recall+1, len(s.commands))
	} else {
		p.recall = max(p.recall-1, 0)
	}
	if p.recall == 0 {
		p.input.Set(p.draft)
	} else {
		p.input.Set(s.commands[len(s.commands)-p.recall])
	}
	p.ghost = ""
}

func (s *Shell) enter() tea.Cmd {
	p := s.line
	if p.sign == "/" {
		if p.err.Empty() {
			s.line = nil
		}
		return nil // a bad pattern stays to be mended
	}
	s.line = nil
	line := strings.TrimSpace(p.input.Text())
	s.commands.add(line)
	return s.command(line)
}

// command runs a ":" line: a screen with an argument, or an action; after " /" a
// filter for the screen.
func (s *Shell) command(line string) tea.Cmd {
	if line == "" {
		return nil
	}
	line, filter, filtered := strings.Cut(line, " /")
	name, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
	if name == "q" || name == "q!" { // as vim users type it
		name = "quit"
	}
	if _, ok := s.routes.find(name); ok {
		o := Open{Name: name}
		if rest = strings.TrimSpace(rest); rest != "" {
			o.With = rest
		}
		depth := s.topID()
		cmd := s.open(o)
		if filtered && (depth != s.topID() || s.current(name)) {
			if err := s.filter(filter); !err.Empty() {
				return tea.Batch(cmd, s.toast(Toast{Bad, err}))
			}
		}
		return cmd
	}
	for _, a := range s.actions() {
		if a.ID != name && a.command() != name || a.Run == nil {
			continue
		}
		if reason := a.reason(); reason != "" {
			return s.toast(Toast{Warn, safetext.Clean(reason)})
		}
		return s.run(a)
	}
	return s.toast(Toast{Warn, safetext.Format("no command %q%s", name, meant(name, s.words()))})
}

func (s *Shell) current(name string) bool {
	r, ok := s.routes.find(name)
	return ok && len(s.stack) > 0 && s.stack[len(s.stack)-1].route == r.Name
}

// words are what a ":" line may begin with: screens, their aliases, actions.
func (s *Shell) words() []string {
	words := s.names()
	for _, a := range s.actions() {
		if a.Run != nil && a.enabled() && !slices.Contains(words, a.command()) {
			words = append(words, a.command())
		}
	}
	for _, r := range s.routes {
		words = append(words, r.Aliases...)
	}
	return words
}

// complete returns what is missing of the first word that begins with text; after a
// screen's name, what that adds to its argument.
func (s *Shell) complete(text string) string {
	if text == "" {
		return ""
	}
	if name, arg, inArg := strings.Cut(text, " "); inArg {
		if route, ok := s.routes.find(name); ok && route.Complete != nil && !strings.Contains(arg, "/") {
			return safetext.Clean(route.Complete(arg)).String()
		}
		return ""
	}
	for _, w := range s.words() {
		if rest, ok := strings.CutPrefix(w, text); ok {
			return rest
		}
	}
	return ""
}
