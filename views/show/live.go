package show

import (
	"context"
	"fmt"
	"math"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/microtop/microtop/introspect/fleet"
	"github.com/microtop/microtop/tui"
	"github.com/microtop/microtop/tui/safetext"
)

// Source is where screens see the fleet; *fleet.Fleet is one. It must be safe for concurrent use, and no method may
// block.
type Source interface {
	Snapshot() *fleet.Snapshot
	// Changed is closed as soon as there is a newer snapshot than the one of now.
	Changed() <-chan struct{}
	// Relist asks for the registry to be read again now.
	Relist()
	// Events returns the timeline, oldest first, and how many older events were dropped.
	Events() ([]fleet.Event, uint64)
}

var _ Source = (*fleet.Fleet)(nil)

// Fresh says that what a screen shows is out of date: the fleet changed, or ages grew.
type Fresh struct{}

const (
	// pace is how often a screen shows what changed while things keep changing: often enough to feel live, calm enough
	// to read.
	pace = 200 * time.Millisecond
	// ageing is how often ages are written anew.
	ageing = time.Second
)

// Next waits until the source has another generation than the one seen, a second at most, and reports [Fresh]. A change
// after a quiet spell is reported at once, also just after ages were written anew; changes that follow each other are
// reported together. Any number of screens may wait on one source.
func Next(scope tui.Scope, source Source, seen *fleet.Snapshot) tea.Cmd {
	return scope.Cmd(func(ctx context.Context) tea.Msg {
		soonest, old := time.NewTimer(pace-time.Since(seen.Since)), time.NewTimer(ageing)
		defer soonest.Stop()
		defer old.Stop()
		for changed := source.Changed(); source.Snapshot().Generation == seen.Generation; changed = source.Changed() {
			select {
			case <-ctx.Done():
				return nil
			case <-old.C:
				return Fresh{}
			case <-changed:
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-soonest.C:
			return Fresh{}
		}
	})
}

// Nothing says why a screen of the fleet has no rows and what to do. where is the registry's name; what is what the
// screen lists, "services".
func Nothing(s *fleet.Snapshot, where, what string, hints ...safetext.Line) safetext.Block {
	var lines []safetext.Line
	switch {
	case s.Problem != "":
		lines = append(lines, safetext.Format("no %s: the registry does not answer%s", what, again(s, time.Now())), safetext.Clean(s.Problem), safetext.Line{},
			safetext.Literal("r                 asks it now"),
			safetext.Literal("microtop doctor   says what is wrong on the way there"))
	case s.Taken.IsZero():
		return safetext.BlockOf(safetext.Format("reading %s …", where))
	default:
		lines = append(lines, safetext.Format("no %s in %s", what, where), safetext.Line{})
		lines = append(lines, hints...)
		lines = append(lines, safetext.Literal(":ctx              is the registry's address right? switches to another"))
		lines = append(lines, safetext.Literal("microtop doctor   checks the registry and the network"))
	}
	return safetext.BlockOf(append(lines, safetext.Literal("microtop demo     starts a small shop to look at"))...)
}

// Stale says that the registry does not answer and how old what is shown is; empty when all is well.
func Stale(s *fleet.Snapshot, now time.Time) safetext.Line {
	switch {
	case s.Problem == "":
		return safetext.Line{}
	case s.Taken.IsZero():
		return safetext.Format("the registry does not answer%s: %s", again(s, now), s.Problem)
	}
	when := "just now"
	if age := now.Sub(s.Taken); age >= step {
		when = Age(age) + " ago"
	}
	return safetext.Format("the registry last answered %s%s: %s", when, again(s, now), s.Problem)
}

// again says when a registry that does not answer is asked again.
func again(s *fleet.Snapshot, now time.Time) string {
	if s.Retry.IsZero() {
		return ""
	}
	return ", " + Retry(s, now)
}

// Retry says when a registry that does not answer is asked again: "asked again in 3s"; "" when that is not so.
func Retry(s *fleet.Snapshot, now time.Time) string {
	wait := s.Retry.Sub(now)
	switch {
	case s.Retry.IsZero():
		return ""
	case wait <= 0:
		return "asked again now"
	}
	return fmt.Sprintf("asked again in %ds", int(math.Ceil(wait.Seconds())))
}
