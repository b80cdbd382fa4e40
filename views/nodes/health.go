package nodes

import (
	"context"
	"errors"
	"fmt"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/microtop/microtop/introspect"
	"github.com/microtop/microtop/introspect/fleet"
	"github.com/microtop/microtop/introspect/vitals"
	"github.com/microtop/microtop/tui"
	"github.com/microtop/microtop/tui/safetext"
	"github.com/microtop/microtop/views/show"
)

// maxChecked is how many nodes are asked at once.
const maxChecked = 100

// round is a health check of some nodes.
type round struct {
	cancel      context.CancelFunc // nil when nothing runs
	id          int
	asked, well int
	answers     int
	last, sick  checked // an answer; one that is bad
}

// checked is what one node answered.
type checked struct {
	round  int
	node   safetext.Line
	line   string // the command that asks the same
	status string
	took   time.Duration
	err    error
}

// check asks the targets for their health, each by itself.
func (s *screen) check() tea.Cmd {
	s.Cancel()
	nodes := s.Items()
	if len(nodes) > maxChecked {
		return tui.Say(tui.Warn, safetext.Format("%d nodes are marked: at most %d are asked at once", len(nodes), maxChecked))
	}
	ctx, cancel := context.WithCancel(s.scope.Context())
	s.round = round{cancel: cancel, id: s.round.id + 1, asked: len(nodes)}
	id, cmds := s.round.id, []tea.Cmd{}
	for _, n := range nodes {
		cmds = append(cmds, func() tea.Msg { return s.ask(ctx, id, n) })
	}
	return tea.Sequence(tui.Say(tui.Info, safetext.Format("asking %s", show.Count(len(nodes), "node"))), tea.Batch(cmds...))
}

// ask runs beside the program: it only reads what never changes.
func (s *screen) ask(ctx context.Context, id int, n *fleet.Node) tea.Msg {
	begin := time.Now()
	answers, err := vitals.Health(ctx, s.session, introspect.Target{Service: n.Service, Version: n.Version, Node: n.ID})
	line := append(append([]string{"microtop", "health"}, s.session.Flags()...), n.Service, "--node", n.ID)
	out := checked{round: id, node: show.Node(n), line: show.Command(line...), took: time.Since(begin), err: err}
	switch {
	case err != nil:
	case len(answers) == 0:
		out.err = errors.New("it left the registry")
	case answers[0].Err != nil:
		out.err = answers[0].Err
	default:
		if out.status = answers[0].Value.GetStatus(); out.status != "ok" {
			out.err = fmt.Errorf("it says %q", out.status)
		}
	}
	return out
}

// took notes an answer, and says how it went after the last one.
func (s *screen) took(c checked) tea.Cmd {
	r := &s.round
	if c.round != r.id || r.cancel == nil {
		return nil
	}
	r.answers++
	r.last = c
	if c.err == nil {
		r.well++
	} else {
		r.sick = c
	}
	if r.answers < r.asked {
		return nil
	}
	r.cancel()
	r.cancel = nil
	switch {
	case r.asked == 1 && c.err == nil:
		return tui.Do(tui.Did{Level: tui.Good, Text: safetext.Format("%s says %q after %s", c.node, c.status, show.Duration(c.took)), Command: c.line})
	case r.asked == 1:
		return tui.Do(tui.Did{Level: tui.Bad, Text: safetext.Format("%s: %s", c.node, show.Failure(c.err)), Command: c.line})
	case r.well == r.asked:
		return tui.Say(tui.Good, safetext.Format("all %d nodes are well", r.asked))
	}
	return tui.Say(tui.Bad, safetext.Format("%d of %d nodes are not well: %s: %s", r.asked-r.well, r.asked, r.sick.node, show.Failure(r.sick.err)))
}

// Busy implements [tui.Busy]: a health check is nothing to ask about before quitting.
func (s *screen) Busy() bool { return false }

// Cancel implements [tui.Busy].
func (s *screen) Cancel() bool {
	if s.round.cancel == nil {
		return false
	}
	s.round.cancel()
	s.round.cancel = nil
	return true
}
