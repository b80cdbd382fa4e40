package events

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/microtop/microtop/introspect/fleet"
	"github.com/microtop/microtop/tui/paint"
	"github.com/microtop/microtop/tui/safetext"
	"github.com/microtop/microtop/tui/table"
	"github.com/microtop/microtop/tui/theme"
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
	kind := show.Style(func(p *paint.Pens, r *row) paint.Pen { return kindPen(p, r.Kind) })
	return []table.Column{
		{Title: "TIME", Min: 8, Max: 8, Style: show.Dim, Number: show.By(func(r *row) float64 { return float64(r.Time.UnixNano()) })},
		{Title: "KIND", Min: 9, Max: 9, Style: kind},
		{Title: "SERVICE", Min: 10, Max: 40},
		{Title: "NODE", Min: 8, Max: 36, Priority: 2},
		{Title: "ADDRESS", Min: 14, Max: 48, Priority: 3, Style: show.Dim},
		{Title: "WHAT", Min: 20, Flex: 1, Priority: 1},
	}
}

// kindPen repeats in colour what the kind says.
func kindPen(p *paint.Pens, k fleet.EventKind) paint.Pen {
	switch k {
	case fleet.Joined, fleet.CameBack:
		return p.Good
	case fleet.Changed:
		return p.Changed
	case fleet.Left:
		return p.Warn
	case fleet.WentDown:
		return p.Bad
	}
	return p.Text
}

func sign(g theme.Glyphs, k fleet.EventKind) string {
	switch k {
	case fleet.Joined:
		return "+"
	case fleet.CameBack:
		return g.Full
	case fleet.Changed:
		return "~"
	case fleet.Left:
		return "-"
	case fleet.WentDown:
		return g.Empty
	}
	return g.Bullet
}

func (s *screen) cells(r *row) []safetext.Line {
	return []safetext.Line{
		safetext.Clean(r.Time.Format(time.TimeOnly)),
		safetext.Clean(sign(s.theme.Glyphs, r.Kind) + " " + string(r.Kind)),
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
		what := whatOf(e, arrow)
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

// whatOf says what happened, beyond the kind.
func whatOf(e fleet.Event, arrow string) string {
	switch e.Kind {
	case fleet.Joined:
		return "version " + e.Node.Version
	case fleet.Left:
		return "left the registry"
	case fleet.WentDown:
		return show.Why(&e.Node)
	case fleet.CameBack:
		return "answers again"
	case fleet.Changed:
		if e.Before != nil {
			return difference(e.Before, &e.Node, arrow)
		}
	}
	return ""
}

// difference says what of a node became what.
func difference(before, after *fleet.Node, arrow string) string {
	var out []string
	if before.Address != after.Address {
		out = append(out, "address "+before.Address+" "+arrow+" "+after.Address)
	}
	keys := map[string]bool{}
	for key := range before.Metadata {
		keys[key] = true
	}
	for key := range after.Metadata {
		keys[key] = true
	}
	for _, key := range show.SortedKeys(keys) {
		old, was := before.Metadata[key]
		now, is := after.Metadata[key]
		switch {
		case was && !is:
			out = append(out, "-"+key+"="+old)
		case !was && is:
			out = append(out, "+"+key+"="+now)
		case old != now:
			out = append(out, key+" "+old+" "+arrow+" "+now)
		}
	}
	return strings.Join(out, ", ")
}
