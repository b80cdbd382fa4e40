package nodes

import (
	"math"
	"strconv"

	"github.com/microtop/microtop/introspect/fleet"
	"github.com/microtop/microtop/tui/pane"
	"github.com/microtop/microtop/tui/safetext"
	"github.com/microtop/microtop/views/show"
)

// preview writes a node's record, how it is, and what happened to it.
func (s *screen) preview(sheet *pane.Sheet, n *fleet.Node) {
	text := sheet.Pens.Text
	field := func(name, value string) { sheet.Field(safetext.Clean(name), text, safetext.Clean(value)) }
	sheet.Field(safetext.Literal("state"), show.StatePen(sheet.Pens, n.State),
		safetext.Format("%s %s", show.State(s.theme.Glyphs, n.State), show.For(s.now, n.Since)))
	if why := show.Why(n); why != "" {
		sheet.Field(safetext.Literal("problem"), sheet.Pens.Warn, safetext.Clean(why))
	}
	field("id", n.ID)
	field("version", n.Version)
	field("address", n.Address)
	field("protocol", n.Protocol())
	field("last seen", show.Since(s.now, n.LastSeen.Time()))
	sheet.Head(safetext.Literal("vitals"))
	nodes := []*fleet.Node{n}
	load := show.LoadOf(nodes)
	show.Traffic(sheet, nodes)
	if v := n.Vitals; v != nil && !math.IsNaN(load.Requests) {
		field("in all", strconv.FormatUint(v.Requests, 10)+" requests, "+strconv.FormatUint(v.Errors, 10)+" errors")
		field("heap", show.Bytes(v.Heap))
		field("goroutines", strconv.FormatUint(v.Goroutines, 10))
		field("gc pause", show.Duration(v.GCPause)+" in all")
		field("uptime", show.Age(v.Uptime))
		field("probe", show.Duration(v.RTT))
	}
	show.Metadata(sheet, n.Metadata)
	events, _ := s.source.Events()
	show.Happened(sheet, events, s.now, func(other *fleet.Node) bool { return other.Key() == n.Key() })
}
