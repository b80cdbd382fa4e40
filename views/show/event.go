package show

import (
	"strings"
	"time"

	"github.com/microtop/microtop/introspect/fleet"
	"github.com/microtop/microtop/tui/paint"
	"github.com/microtop/microtop/tui/pane"
	"github.com/microtop/microtop/tui/safetext"
	"github.com/microtop/microtop/tui/theme"
)

// maxHappened is how many events a preview tells.
const maxHappened = 8

// KindPen repeats in colour what the kind of an event says.
func KindPen(p *paint.Pens, k fleet.EventKind) paint.Pen {
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

// Sign stands before the kind of an event.
func Sign(g theme.Glyphs, k fleet.EventKind) string {
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

// What says what happened, beyond the kind.
func What(e fleet.Event, arrow string) string {
	switch e.Kind {
	case fleet.Joined:
		return "version " + e.Node.Version
	case fleet.Left:
		return "left the registry"
	case fleet.WentDown:
		return Why(&e.Node)
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
	for _, key := range SortedKeys(keys) {
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

// Happened writes the last events that are wanted, the newest first; nothing without any.
func Happened(s *pane.Sheet, events []fleet.Event, now time.Time, wanted func(*fleet.Node) bool) {
	told := 0
	for i := len(events) - 1; i >= 0 && told < maxHappened; i-- {
		e := &events[i]
		if !wanted(&e.Node) {
			continue
		}
		if told++; told == 1 {
			s.Head(safetext.Literal("what happened lately"))
		}
		s.Row(
			pane.Part{Pen: s.Pens.Dim, Text: safetext.Clean(Since(now, e.Time)).PadLeft(6)},
			pane.Part{Pen: KindPen(s.Pens, e.Kind), Text: safetext.Format("  %s %s", Sign(s.Pens.Glyphs, e.Kind), e.Kind).Pad(13)},
			pane.Part{Pen: s.Pens.Text, Text: safetext.Clean(ShortID(&e.Node)).Cut(12).Pad(12)},
			pane.Part{Pen: s.Pens.Text, Text: safetext.Clean("  " + What(*e, s.Pens.Glyphs.Right))},
		)
	}
}
