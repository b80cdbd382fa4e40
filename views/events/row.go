package events

import (
	"fmt"
	"slices"
	"time"

	"github.com/microtop/microtop/introspect/fleet"
	"github.com/microtop/microtop/tui/paint"
	"github.com/microtop/microtop/tui/safetext"
	"github.com/microtop/microtop/tui/table"
	"github.com/microtop/microtop/views/show"
)

// A node flaps when it went away or down so often in so long.
const (
	flaps  = 3
	window = 2 * time.Minute
)

// row is an event in its place of the timeline.
type row struct {
	fleet.Event
	id   string // its number since the start
	what string
}

func columns() []table.Column {
	kind := show.Style(func(p *paint.Pens, r *row) paint.Pen { return show.KindPen(p, r.Kind) })
	return []table.Column{
		{Title: "TIME", Min: 8, Max: 8, Style: show.Dim, Number: show.By(func(r *row) float64 { return float64(r.Time.UnixNano()) })},
		{Title: "KIND", Min: 9, Max: 9, Style: kind},
		{Title: "SERVICE", Min: 10, Max: 40, Whole: 28},
		{Title: "NODE", Min: 9, Max: 36, Priority: 2},
		{Title: "ADDRESS", Min: 14, Max: 48, Priority: 3, Style: show.Dim},
		{Title: "WHAT", Min: 20, Whole: 28, Flex: 1, Priority: 1},
	}
}

func (s *screen) cells(r *row) []safetext.Line {
	return []safetext.Line{
		safetext.Clean(r.Time.Format(time.TimeOnly)),
		safetext.Clean(show.Sign(s.theme.Glyphs, r.Kind) + " " + string(r.Kind)),
		safetext.Clean(r.Node.Service),
		safetext.Clean(show.BareID(&r.Node)),
		safetext.Clean(r.Node.Address),
		safetext.Clean(r.what),
	}
}

// rowsOf makes the rows, the newest first. dropped is how many older events there were.
func rowsOf(events []fleet.Event, dropped uint64, arrow string) []*row {
	out := make([]*row, len(events))
	falls := map[string][]time.Time{} // of a node, those within the window
	for i, e := range events {
		what := show.What(e, arrow)
		if e.Kind == fleet.Left || e.Kind == fleet.WentDown {
			key := e.Node.Key()
			recent := slices.DeleteFunc(falls[key], func(t time.Time) bool { return e.Time.Sub(t) > window })
			falls[key] = append(recent, e.Time)
			if n := len(falls[key]); n >= flaps {
				what = fmt.Sprintf("flapping: %d times in %s; %s", n, show.Age(window), what)
			}
		}
		out[len(events)-1-i] = &row{Event: e, id: fmt.Sprint(dropped + uint64(i)), what: what}
	}
	return out
}
