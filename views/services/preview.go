package services

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/microtop/microtop/introspect/fleet"
	"github.com/microtop/microtop/introspect/schema"
	"github.com/microtop/microtop/tui/pane"
	"github.com/microtop/microtop/tui/safetext"
	"github.com/microtop/microtop/views/show"
)

// maxEndpoints is how many endpoints the preview lists.
const maxEndpoints = 60

func (l *line) title() safetext.Line {
	return safetext.Clean(strings.TrimSpace(l.service.Name + " " + l.version))
}

// preview writes all that the registry and the probes tell of a service.
func (s *screen) preview(sheet *pane.Sheet, l *line) {
	sheet.Field(safetext.Literal("health"), show.StatePen(sheet.Pens, l.worst), show.Health(s.theme.Glyphs, l.nodes))
	sheet.Field(safetext.Literal("versions"), sheet.Pens.Text, versions(l))
	show.Traffic(sheet, l.nodes)
	sheet.Head(safetext.Clean(show.Count(len(l.nodes), "node")))
	show.NodeRows(sheet, l.nodes, s.now, l.version == "" && len(l.service.Versions) > 1)
	endpoints(sheet, l.service)
	show.Metadata(sheet, show.Shared(l.nodes))
	events, _ := s.source.Events()
	show.Happened(sheet, events, s.now, func(n *fleet.Node) bool {
		return n.Service == l.service.Name && (l.version == "" || n.Version == l.version)
	})
}

// versions are the service's, with how many nodes each has.
func versions(l *line) safetext.Line {
	var out []string
	for _, v := range slices.Backward(l.service.Versions) {
		n := 0
		for _, node := range l.nodes {
			if node.Version == v {
				n++
			}
		}
		if n > 0 || l.version == "" {
			out = append(out, fmt.Sprintf("%s on %s", v, show.Count(n, "node")))
		}
	}
	return safetext.Clean(strings.Join(out, ", "))
}

// endpoints lists what can be called, then who listens to which topic.
func endpoints(sheet *pane.Sheet, service *fleet.Service) {
	list := service.Endpoints
	if len(list) == 0 {
		return
	}
	sheet.Head(safetext.Clean(show.Count(len(list), "endpoint")))
	more := max(len(list)-maxEndpoints, 0)
	arrow := sheet.Pens.Glyphs.Right
	for _, e := range schema.FromRegistry(list[:len(list)-more]).Endpoints {
		if !e.Kind.Callable() {
			sheet.Row(pane.Part{Pen: sheet.Pens.Dim, Text: safetext.Format("%s %s %s", e.Name, arrow, e.Topic)})
			continue
		}
		kind := ""
		if e.Kind.Streams() {
			kind = "  " + string(e.Kind) + " stream"
			if e.Kind == schema.Stream {
				kind = "  stream"
			}
		}
		sheet.Row(
			pane.Part{Pen: sheet.Pens.Text, Text: safetext.Clean(e.Name)},
			pane.Part{Pen: sheet.Pens.Keyword, Text: safetext.Format("  %s %s %s", cmp.Or(short(e.Request), "?"), arrow, cmp.Or(short(e.Response), "?"))},
			pane.Part{Pen: sheet.Pens.Dim, Text: safetext.Clean(kind)},
		)
	}
	if more > 0 {
		sheet.Row(pane.Part{Pen: sheet.Pens.Dim, Text: safetext.Format("and %d more: enter lists all", more)})
	}
}

// short is a type's name without its package.
func short(name string) string { return name[strings.LastIndexByte(name, '.')+1:] }
