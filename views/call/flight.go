package call

import (
	"cmp"
	"context"
	"errors"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/microtop/microtop/introspect/history"
	"github.com/microtop/microtop/introspect/invoke"
	"github.com/microtop/microtop/introspect/schema"
	"github.com/microtop/microtop/tui"
	"github.com/microtop/microtop/tui/pager"
	"github.com/microtop/microtop/tui/safetext"
	"github.com/microtop/microtop/views/compose"
)

// pace is how often the clock of a running call moves.
const pace = 100 * time.Millisecond

// running tells whether a call is under way.
func (s *screen) running() bool { return s.cancel != nil }

// composed is the request as it stands.
func (s *screen) composed() (invoke.Request, error) {
	r, err := s.checkOptions()
	r.Body = []byte(s.body.Text())
	return r, err
}

// send starts the call. It runs beside the program, under a context that esc, ctrl+c and
// leaving the screen end.
func (s *screen) send() tea.Cmd {
	if reason := s.cannotSend(); reason != "" {
		return tui.Say(tui.Warn, safetext.Clean(reason))
	}
	r, err := s.composed()
	if err != nil {
		s.toFocus(onOptions)
		return tui.Fail(err)
	}
	ctx, cancel := context.WithCancel(s.scope.Context())
	s.flight++
	s.cancel, s.since, s.help = cancel, time.Now(), false
	flight, call, keep, connect := s.flight, s.back.call, s.back.keep, s.back.flags
	if keep == nil {
		keep = func(history.Record) error { return nil }
	}
	left := s.scope.Context()
	return tea.Batch(s.clock(), func() tea.Msg {
		defer cancel()
		result, err := call(ctx, r)
		record := history.Of(r, result, err) // before a large body is cut
		lost := keep(record)
		a := newAnswer(r.Service, result, err)
		if result != nil {
			err = result.Err
		}
		a.lines = a.text.Lines()
		if lost != nil {
			a.note = safetext.Format("not in the history: %s", lost)
		}
		did := compose.Did(record, cmp.Or(ctx.Err(), err), "", connect...)
		if left.Err() != nil { // there is no screen to show it, but the log has it
			return did
		}
		return landed{flight, a, did}
	})
}

func (s *screen) clock() tea.Cmd {
	flight := s.flight
	return s.scope.Cmd(func(ctx context.Context) tea.Msg {
		timer := time.NewTimer(pace)
		defer timer.Stop()
		select {
		case <-ctx.Done():
			return nil
		case <-timer.C:
			return tick(flight)
		}
	})
}

// onLanded shows an answer, unless its call was given up.
func (s *screen) onLanded(msg landed) tea.Cmd {
	did := tui.Do(msg.did)
	if msg.flight != s.flight || !s.running() {
		return did
	}
	s.end()
	s.put(msg.answer)
	var wrong *schema.BodyError
	if errors.As(msg.answer.err, &wrong) {
		s.body.Refuse(wrong)
		s.toFocus(onBody)
	}
	return did
}

func (s *screen) put(a *answer) {
	if s.answer != nil && len(s.answer.body) > 0 {
		s.before = s.answer.body
	}
	if before := s.answer != nil && s.answer.err != nil; before != (a.err != nil) {
		s.result.SetWrap(!before) // what went wrong is read whole
	}
	s.answer, s.look, s.folded = a, safetext.Line{}, false
	if a.lines == nil {
		a.lines = a.text.Lines()
	}
	s.result.SetLines(a.lines, a.syntax)
}

func (s *screen) end() {
	s.cancel()
	s.cancel = nil
}

// Busy implements [tui.Busy].
func (s *screen) Busy() bool { return s.running() }

// Cancel implements [tui.Busy]: the call is given up at once, whether or not the node
// ever says something.
func (s *screen) Cancel() bool {
	if !s.running() {
		return false
	}
	after := time.Since(s.since).Round(time.Millisecond)
	s.end()
	s.put(&answer{err: context.Canceled, syntax: pager.Text, text: safetext.BlockOf(
		safetext.Format("cancelled after %s", after), safetext.Line{}, safetext.Literal("the service may have done what was asked"))})
	return true
}

// Escape implements [tui.Escaper].
func (s *screen) Escape() bool {
	switch {
	case s.Cancel():
	case s.onTree() && s.tree.Escapes():
		s.tree.Update(tea.KeyPressMsg{Code: tea.KeyEscape})
	case s.onTree():
		s.folded = false
	case s.shown().Escapes():
		s.shown().Update(tea.KeyPressMsg{Code: tea.KeyEscape})
	case s.help:
		s.help = false
	case !s.look.Empty() && s.focus == onResult:
		s.whole()
	case s.focus == onBody && s.body.AsForm():
		s.toFocus(onResult)
	default:
		return false
	}
	return true
}

// SetFilter implements [tui.Filterer]: it searches the form, or what is shown beside it.
func (s *screen) SetFilter(text string) error {
	if s.onForm() {
		return s.body.SetSearch(text)
	}
	if s.onTree() {
		return s.tree.SetFilter(text)
	}
	return s.shown().SetSearch(text)
}

// Filter implements [tui.Filterer].
func (s *screen) Filter() tui.Filter {
	if s.onForm() {
		return tui.Filter{Text: safetext.Clean(s.body.Search())}
	}
	if s.onTree() {
		return tui.Filter{Text: safetext.Clean(s.tree.Filter())}
	}
	return tui.Filter{Text: safetext.Clean(s.shown().Search())}
}

func (s *screen) onForm() bool { return s.focus == onBody && s.body.AsForm() }
