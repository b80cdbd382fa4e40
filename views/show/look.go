package show

import (
	"slices"
	"strings"

	"github.com/microtop/microtop/tui"
	"github.com/microtop/microtop/tui/pane"
	"github.com/microtop/microtop/tui/table"
)

// The names of what lists note of their look: the preview is alike in all, the order is each list's own.
const (
	notedPreview = "preview"
	notedZoom    = "preview.zoom"
	notedOrder   = ".order"
)

var zooms = []string{pane.Normal: "normal", pane.Half: "half", pane.Whole: "whole"}

// Remember implements [tui.Rememberer].
func (l *List[T]) Remember(look tui.Look) {
	RememberPreview(look, l.preview)
	if l.rows.opts.Name == "" {
		return
	}
	col, reverse := l.Sort()
	if col < 0 {
		return
	}
	order := l.rows.opts.Columns[col].Title
	if reverse {
		order = "-" + order
	}
	look[l.rows.opts.Name+notedOrder] = order
}

// Recall implements [tui.Rememberer].
func (l *List[T]) Recall(look tui.Look) {
	RecallPreview(look, l.preview)
	title, reverse := strings.CutPrefix(look[l.rows.opts.Name+notedOrder], "-")
	col := slices.IndexFunc(l.rows.opts.Columns, func(c table.Column) bool { return c.Title == title })
	if col >= 0 && title != "" {
		l.SetSort(col, reverse)
	}
}

// RememberPreview notes what the user made of a preview.
func RememberPreview(look tui.Look, p *pane.Preview) {
	if c := p.Choice(); c.Chosen {
		look[notedPreview] = map[bool]string{true: "open", false: "closed"}[c.Open]
		look[notedZoom] = zooms[c.Zoom]
	}
}

// RecallPreview makes a preview what was noted.
func RecallPreview(look tui.Look, p *pane.Preview) {
	zoom := pane.Zoom(max(slices.Index(zooms, look[notedZoom]), 0))
	if open := look[notedPreview]; open == "open" || open == "closed" {
		p.Choose(pane.Choice{Chosen: true, Open: open == "open", Zoom: zoom})
	}
}
