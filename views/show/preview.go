package show

import (
	"math"
	"time"

	"github.com/microtop/microtop/introspect/fleet"
	"github.com/microtop/microtop/tui/pane"
	"github.com/microtop/microtop/tui/safetext"
)

// maxListed is how many nodes or endpoints a preview lists.
const maxListed = 60

// Traffic writes what nodes do together: rates, and how they went over the last minute.
func Traffic(s *pane.Sheet, nodes []*fleet.Node) {
	load := LoadOf(nodes)
	if math.IsNaN(load.Requests) {
		s.Field(safetext.Literal("traffic"), s.Pens.Dim, safetext.Literal("the nodes tell nothing of what they do"))
		return
	}
	share := load.ErrorShare()
	errors := "nothing was asked for a minute"
	if !math.IsNaN(share) {
		errors = Percent(share) + "% errors"
	}
	s.Field(safetext.Literal("requests"), s.Pens.Text, safetext.Format("%s a second, %s", Rate(load.Requests), errors))
	const minute = 60
	s.Chart(s.Pens.Series[0], Trend(nodes, minute), 3)
	failed := ErrorTrend(nodes, minute)
	for _, v := range failed {
		if v > 0 {
			s.Field(safetext.Literal("errors"), s.Pens.Text, safetext.Literal("a second, over the last minute"))
			s.Chart(s.Pens.Bad, failed, 2)
			break
		}
	}
}

// NodeRows lists nodes with their state and what they do; versions says whether to name theirs.
func NodeRows(s *pane.Sheet, nodes []*fleet.Node, now time.Time, versions bool) {
	part := func(text string, w int) pane.Part {
		return pane.Part{Pen: s.Pens.Text, Text: safetext.Clean(text).Cut(w).Pad(w + 1)}
	}
	right := func(text string, w int) pane.Part {
		return pane.Part{Pen: s.Pens.Text, Text: safetext.Clean(text).PadLeft(w)}
	}
	for i, n := range nodes {
		if i == maxListed {
			s.Row(pane.Part{Pen: s.Pens.Dim, Text: safetext.Format("and %d more: n lists all", len(nodes)-i)})
			return
		}
		row := []pane.Part{{Pen: StatePen(s.Pens, n.State), Text: safetext.Clean(Dot(s.Pens.Glyphs, n.State) + " ")}, part(ShortID(n), 10)}
		if versions {
			row = append(row, part(n.Version, 8))
		}
		row = append(row, part(n.Address, 20))
		if n.State == fleet.Down || n.State == fleet.Suspect {
			s.Row(append(row, pane.Part{Pen: StatePen(s.Pens, n.State), Text: safetext.Format("%s %s", n.State, Since(now, n.Since))})...)
			if why := Why(n); why != "" {
				s.Row(pane.Part{Pen: s.Pens.Warn, Text: safetext.Clean("  " + why)})
			}
			continue
		}
		load := LoadOf(nodes[i : i+1])
		row = append(row, right(Rate(load.Requests)+"/s", 7))
		if load.Heap > 0 {
			row = append(row, right(Bytes(load.Heap), 8), right(Age(load.Uptime), 7))
		}
		s.Row(row...)
	}
}

// Metadata writes metadata in order of its keys, in full.
func Metadata(s *pane.Sheet, m map[string]string) {
	if len(m) == 0 {
		return
	}
	s.Head(safetext.Literal("metadata"))
	s.Align(SortedKeys(m)...)
	for _, key := range SortedKeys(m) {
		s.Field(safetext.Clean(key), s.Pens.Text, safetext.Clean(m[key]))
	}
}

// Shared is the metadata that all nodes have alike.
func Shared(nodes []*fleet.Node) map[string]string {
	if len(nodes) == 0 {
		return nil
	}
	out := map[string]string{}
	for key, value := range nodes[0].Metadata {
		alike := true
		for _, n := range nodes[1:] {
			alike = alike && n.Metadata[key] == value
		}
		if alike {
			out[key] = value
		}
	}
	return out
}
