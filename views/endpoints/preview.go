package endpoints

import (
	"cmp"

	"github.com/microtop/microtop/introspect/schema"
	"github.com/microtop/microtop/tui"
	"github.com/microtop/microtop/tui/pane"
	"github.com/microtop/microtop/tui/safetext"
	"github.com/microtop/microtop/views/compose"
	"github.com/microtop/microtop/views/show"
)

// maxNodes is how many nodes the preview of a version lists.
const maxNodes = 60

// of names what the preview of a row is about: the row's endpoint, or its version.
func (it item) of() string {
	if it.e == nil {
		return it.d.Version
	}
	return it.d.Version + "\x00" + it.e.Name + "\x00" + it.e.Topic
}

func (it item) title() safetext.Line {
	if it.e == nil {
		return safetext.Format("version %s", it.d.Version)
	}
	return safetext.Clean(it.e.Name)
}

// about writes all that is known of an endpoint: what it is, how it is called from a shell, and its messages.
func (s *screen) about(sheet *pane.Sheet, it item) {
	text := sheet.Pens.Text
	field := func(name, value string) { sheet.Field(safetext.Clean(name), text, safetext.Clean(value)) }
	if it.e == nil {
		nodes(sheet, it)
		return
	}
	e := it.e
	field("kind", kinds[e.Kind])
	field("version", cmp.Or(it.d.Version, show.Unknown)+" on "+show.Count(len(it.d.Nodes), "node"))
	if e.Kind == schema.Subscriber {
		field("topic", e.Topic)
	}
	shape := &compose.Shape{Schema: it.d.Schema, Endpoint: e, Version: it.d.Version, Problem: it.d.Problem}
	sheet.Block(text, safetext.BlockOf(shape.Types().Lines()[1:]...)) // the first line says what is above
	if e.Kind.Callable() {
		sheet.Head(safetext.Literal("command"))
		sheet.Text(sheet.Pens.Dim, safetext.Clean(s.command(e, s.request(it))))
	}
}

// nodes lists where a version runs.
func nodes(sheet *pane.Sheet, it item) {
	sheet.Field(safetext.Literal("endpoints"), sheet.Pens.Text, safetext.Format("%d", len(it.d.Schema.Endpoints)))
	sheet.Head(safetext.Clean(show.Count(len(it.d.Nodes), "node")))
	for i, n := range it.d.Nodes {
		if i == maxNodes {
			sheet.Row(pane.Part{Pen: sheet.Pens.Dim, Text: safetext.Format("and %d more: n lists all", len(it.d.Nodes)-i)})
			return
		}
		sheet.Field(safetext.Clean(show.Short(it.d.Name, n.Id)), sheet.Pens.Text, safetext.Clean(n.Address))
	}
}

// Remember implements [tui.Rememberer].
func (s *screen) Remember(look tui.Look) { show.RememberPreview(look, s.preview) }

// Recall implements [tui.Rememberer].
func (s *screen) Recall(look tui.Look) { show.RecallPreview(look, s.preview) }
