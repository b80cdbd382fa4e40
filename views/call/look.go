package call

import (
	"context"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/microtop/microtop/tui"
	"github.com/microtop/microtop/tui/pager"
	"github.com/microtop/microtop/tui/safetext"
	"github.com/microtop/microtop/views/show"
)

// looked brings another look at answer number flight: what a jq expression gives, or how it differs.
type looked struct {
	flight int
	what   safetext.Line
	block  safetext.Block // a text, or
	lines  []pager.Line   // a difference
	err    error
}

// noAnswer says why there is no answer to look at; nothing if there is one.
func (s *screen) noAnswer() string {
	if s.answer == nil || len(s.answer.body) == 0 || s.running() {
		return "there is no answer yet"
	}
	return ""
}

// askJQ asks for a jq expression.
func (s *screen) askJQ() tea.Cmd {
	return tui.Do(tui.Prompt{Title: safetext.Literal("jq on the answer, such as .items[0].name; empty shows all"), Initial: s.jq, Done: func(expr string) tea.Cmd {
		s.jq = strings.TrimSpace(expr)
		s.folded = false
		if s.jq == "" || s.jq == "." {
			s.whole()
			return nil
		}
		flight, body, expr := s.flight, s.answer.body, s.jq
		return s.scope.Cmd(func(ctx context.Context) tea.Msg {
			text, err := show.JQ(ctx, expr, body)
			if err == nil && len(text) == 0 {
				text = []byte("(nothing)")
			}
			return looked{flight: flight, what: safetext.Format("jq %s", expr), block: safetext.CleanBlock(string(safetext.JSON(text))), err: err}
		})
	}})
}

// noDiff is why there is nothing to compare.
func (s *screen) noDiff() string {
	if reason := s.noAnswer(); reason != "" {
		return reason
	}
	if s.before == nil {
		return "there is no answer before this one"
	}
	return ""
}

// diff shows how the answer differs from the one before it.
func (s *screen) diff() tea.Cmd {
	flight, from, to := s.flight, s.before, s.answer.body
	return s.scope.Cmd(func(context.Context) tea.Msg {
		lines, same := show.Diff(from, to)
		if same {
			lines = []pager.Line{{Text: safetext.Literal("the two answers are the same")}}
		}
		return looked{flight: flight, what: safetext.Literal("- the answer before  + this one"), lines: lines}
	})
}

func (s *screen) onLooked(msg looked) tea.Cmd {
	if msg.flight != s.flight || s.noAnswer() != "" {
		return nil
	}
	if msg.err != nil {
		return tui.Fail(msg.err)
	}
	s.help, s.folded, s.look = false, false, msg.what
	s.toFocus(onResult)
	if msg.lines == nil {
		s.result.SetBlock(msg.block, pager.JSON)
		return nil
	}
	s.result.Clear()
	s.result.SetFollow(false)
	s.result.Append(msg.lines...)
	s.result.Update(tea.KeyPressMsg{Code: 'g', Text: "g"})
	return nil
}

// whole shows the answer itself again.
func (s *screen) whole() {
	s.look, s.folded = safetext.Line{}, false
	s.result.SetLines(s.answer.lines, s.answer.syntax)
}

// noFold is why the answer cannot be folded.
func (s *screen) noFold() string {
	if reason := s.noAnswer(); reason != "" {
		return reason
	}
	if s.answer.tree == nil {
		return "only JSON objects and lists fold"
	}
	return ""
}

// fold shows the answer as a tree, or as text again.
func (s *screen) fold() tea.Cmd {
	on := !s.folded
	s.whole()
	s.folded, s.help = on, false
	if on {
		s.tree.SetRoots(s.answer.tree)
		s.toFocus(onResult)
	}
	return nil
}
