package profile

import (
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/microtop/microtop/profiling"
	"github.com/microtop/microtop/tui/pager"
	"github.com/microtop/microtop/tui/paint"
	"github.com/microtop/microtop/tui/pane"
	"github.com/microtop/microtop/tui/safetext"
	"github.com/microtop/microtop/tui/table"
	"github.com/microtop/microtop/views/show"
)

// topColumns are those of a top, or of a comparison.
func topColumns(diff bool) []table.Column {
	right := func(title string, least, priority int, number func(table.Row) float64) table.Column {
		return table.Column{Title: title, Min: least, Right: true, Priority: priority, Number: number}
	}
	function := table.Column{Title: "FUNCTION", Min: 20, Whole: 40, Flex: 1, Short: unqualified}
	if !diff {
		by := func(value func(profiling.Row) float64) func(table.Row) float64 { return show.By(value) }
		return []table.Column{
			right("FLAT", 8, 0, by(func(r profiling.Row) float64 { return float64(r.Flat) })),
			right("FLAT%", 6, 1, by(func(r profiling.Row) float64 { return r.FlatPercent })),
			right("SUM%", 6, 3, by(func(r profiling.Row) float64 { return r.SumPercent })),
			right("CUM", 8, 1, by(func(r profiling.Row) float64 { return float64(r.Cum) })),
			right("CUM%", 6, 2, by(func(r profiling.Row) float64 { return r.CumPercent })),
			function,
		}
	}
	by := func(value func(profiling.DiffRow) float64) func(table.Row) float64 { return show.By(value) }
	changed := func(value func(profiling.DiffRow) int64) func(*paint.Pens, table.Row) paint.Pen {
		return show.Style(func(p *paint.Pens, r profiling.DiffRow) paint.Pen {
			switch v := value(r); {
			case v > 0:
				return p.Bad
			case v < 0:
				return p.Good
			}
			return p.Dim
		})
	}
	cols := []table.Column{
		right("FLAT", 9, 0, by(func(r profiling.DiffRow) float64 { return float64(r.Flat) })),
		right("FLAT%", 6, 2, by(func(r profiling.DiffRow) float64 { return r.FlatPercent })),
		right("CUM", 9, 1, by(func(r profiling.DiffRow) float64 { return float64(r.Cum) })),
		right("CUM%", 6, 2, by(func(r profiling.DiffRow) float64 { return r.CumPercent })),
		right("BASE", 8, 3, by(func(r profiling.DiffRow) float64 { return float64(r.BaseCum) })),
		right("NEW", 8, 3, by(func(r profiling.DiffRow) float64 { return float64(r.NewCum) })),
		function,
	}
	cols[0].Style = changed(func(r profiling.DiffRow) int64 { return r.Flat })
	cols[2].Style = changed(func(r profiling.DiffRow) int64 { return r.Cum })
	return cols
}

func groupColumns() []table.Column {
	return []table.Column{
		{Title: "COUNT", Min: 6, Right: true, Number: show.By(func(g profiling.Group) float64 { return float64(g.Count) })},
		{Title: "WAITS FOR", Min: 10, Max: 24},
		{Title: "WHERE", Min: 20, Flex: 1, Short: unqualified},
		{Title: "DEPTH", Min: 5, Right: true, Priority: 2, Number: show.By(func(g profiling.Group) float64 { return float64(len(g.Stack)) })},
	}
}

// View implements [tui.Screen].
func (v *viewer) View(w, h int) string {
	if !v.title.Empty() {
		v.detail.SetSize(w, h-1)
		return pane.Stack(pane.Rule(v.pens, w, safetext.Join(" ", v.title, safetext.Literal("(esc goes back)")), safetext.Line{}, true), v.detail.View())
	}
	rule := pane.Rule(v.pens, w, v.heading(), v.about(), true)
	switch v.tab {
	case onFlame:
		v.flame.SetSize(w, h-1)
		return pane.Stack(rule, v.flame.View())
	case onGroups:
		below := 0
		if h >= 14 {
			below = h / 2
		}
		v.groups.SetSize(w, h-1-below)
		if below == 0 {
			return pane.Stack(rule, v.groups.View())
		}
		return pane.Stack(rule, v.groups.View(), v.drawStack(w, below))
	case onTop:
	}
	v.top.SetSize(w, h-2)
	return pane.Stack(rule, v.top.View(), v.place(w))
}

// Cursor implements [tui.Cursorer].
func (v *viewer) Cursor() (x, y int, ok bool) { return 0, 1, true }

// heading says what is shown.
func (v *viewer) heading() safetext.Line {
	name := map[tab]string{onTop: "top", onFlame: "flame graph", onGroups: "goroutines"}[v.tab]
	if v.problem != nil || v.data == nil {
		return safetext.Clean(name)
	}
	e := v.data.entries[0]
	about := safetext.Format("%s  %s of %s", name, e.Meta.Kind, whose(v.data.entries))
	switch {
	case v.data.base != nil:
		return safetext.Format("%s  %s against %s", about, e.Meta.Start.Local().Format("15:04:05"), v.data.base.Meta.Start.Local().Format("15:04:05"))
	case len(v.data.entries) > 1:
		return safetext.Format("%s, %d nodes", about, len(v.data.entries))
	}
	return about
}

// whose are captures: the service's, or those of how many.
func whose(entries []profiling.Entry) string {
	services := map[string]bool{}
	for _, e := range entries {
		services[e.Meta.Service] = true
	}
	if len(services) > 1 {
		return show.Count(len(services), "service")
	}
	return entries[0].Meta.Service
}

// about says what is summed, and what is left out.
func (v *viewer) about() safetext.Line {
	l := v.look
	if l == nil {
		return safetext.Line{}
	}
	kind := l.kind
	if kind == "" {
		kind = v.data.profile.DefaultType().Name
	}
	total := l.value(l.total)
	if v.data.base != nil {
		total = safetext.Format("%s %s %s", l.value(l.base), v.pens.Glyphs.Right, total)
	}
	parts := []safetext.Line{safetext.Join(" ", safetext.Clean(kind), total)}
	if l.project {
		parts = append(parts, safetext.Literal("project only"))
	}
	switch {
	case v.tab == onFlame && l.left > 0:
		parts = append(parts, safetext.Format("%d small boxes left out", l.left))
	case v.tab == onTop && l.count > len(l.top):
		parts = append(parts, safetext.Format("first %d of %d", len(l.top), l.count))
	}
	if v.working {
		parts = append(parts, safetext.Literal("working"))
	}
	return safetext.Join("  ", parts...)
}

// unqualified is a function's name without the path of its package: that is the same in most rows.
func unqualified(name string) string {
	end := strings.IndexAny(name, "([ ") // a type's own path may follow
	if end < 0 {
		end = len(name)
	}
	return name[strings.LastIndexByte(name[:end], '/')+1:]
}

// place says what the function under the cursor is called in full, and where it is.
func (v *viewer) place(w int) string {
	var row paint.Row
	row.Start(w, 0)
	row.Fill(paint.Pen{}, 2)
	if s, ok := v.symbol(); ok {
		text := symbol(s)
		if text.Width() > w-4 && s.File != "" {
			s.File = filepath.Base(s.File)
			text = symbol(s)
		}
		row.Fit(v.pens.Dim, text.String(), w-4, v.pens.Glyphs.Ellipsis, false)
	}
	return row.String()
}

// drawStack draws the stack of the group under the cursor.
func (v *viewer) drawStack(w, h int) string {
	r, ok := v.groups.Selected()
	if !ok {
		v.stack.Clear()
	} else if g, isGroup := r.Item.(profiling.Group); isGroup && v.group != r.ID {
		v.group = r.ID
		v.stack.SetBlock(stackLines(g), pager.Text)
	}
	v.stack.SetSize(w, h-1)
	return pane.Stack(pane.Rule(v.pens, w, safetext.Literal("stack, the last call first"), safetext.Line{}, false), v.stack.View())
}

func stackLines(g profiling.Group) safetext.Block {
	lines := []safetext.Line{safetext.Format("%s, %s", show.Count(int(g.Count), "goroutine"), g.Wait)}
	for _, key := range slices.Sorted(maps.Keys(g.Labels)) {
		lines = append(lines, safetext.Format("label %s = %s", key, g.Labels[key]))
	}
	for _, s := range g.Stack {
		lines = append(lines, symbol(s))
	}
	return safetext.BlockOf(lines...)
}
