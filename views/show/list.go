package show

import (
	"hash/maphash"
	"math"

	tea "charm.land/bubbletea/v2"

	"github.com/microtop/microtop/tui"
	"github.com/microtop/microtop/tui/paint"
	"github.com/microtop/microtop/tui/safetext"
	"github.com/microtop/microtop/tui/table"
	"github.com/microtop/microtop/tui/theme"
)

// Options are what a [List] is made of.
type Options[T any] struct {
	Theme   theme.Theme
	Columns []table.Column
	// ID names an item; no two may share one.
	ID func(T) string
	// Cells writes an item's cells, one a column. It is called only for rows that are looked at.
	Cells func(T) []safetext.Line
	// Stamp, if set, is a number that changes with what an item's cells say: while it stands they are not written anew.
	Stamp func(T) uint64
	// Style, if set, is the pen of an item's cells whose column has none.
	Style func(*paint.Pens, T) paint.Pen
}

// List is a table of items for a screen: embedded, it makes the screen a [tui.Filterer], [tui.Typist] and
// [tui.Escaper]. It belongs to the screen's goroutine.
type List[T any] struct {
	*table.Table
	rows rows[T]
	pens *paint.Pens
}

// NewList returns a list without items.
func NewList[T any](o Options[T]) *List[T] {
	l := &List[T]{rows: rows[T]{opts: o, seed: maphash.MakeSeed()}, pens: paint.NewPens(o.Theme)}
	opts := table.Options{Theme: o.Theme, Columns: o.Columns}
	if o.Style != nil {
		opts.RowStyle = func(p *paint.Pens, r table.Row) paint.Pen { return o.Style(p, r.Item.(T)) } //nolint:forcetypeassert // rows make them
	}
	l.Table = table.New(opts)
	l.SetSource(&l.rows)
	return l
}

// Set replaces the items.
func (l *List[T]) Set(items []T) {
	l.rows.set(items)
	l.Refresh()
}

// Item returns the item under the cursor.
func (l *List[T]) Item() (item T, ok bool) {
	r, ok := l.Selected()
	if !ok {
		return item, false
	}
	item, ok = r.Item.(T)
	return item, ok
}

// Items returns what an action is about: the marked items, else the one under the cursor.
func (l *List[T]) Items() []T {
	var out []T
	for _, r := range l.Targets() {
		if item, ok := r.Item.(T); ok {
			out = append(out, item)
		}
	}
	return out
}

// SetFilter implements [tui.Filterer].
func (l *List[T]) SetFilter(text string) error { return l.Table.SetFilter(text) }

// Filter implements [tui.Filterer].
func (l *List[T]) Filter() tui.Filter {
	shown, total := l.Count()
	return tui.Filter{Text: safetext.Clean(l.Table.Filter()), Shown: shown, Total: total}
}

// Typing is while the table asks by which column to sort: all keys are its own.
func (l *List[T]) Typing() bool { return l.Modal() }

// Escape implements [tui.Escaper].
func (l *List[T]) Escape() bool {
	if !l.Escapes() {
		return false
	}
	l.Update(tea.KeyPressMsg{Code: tea.KeyEscape})
	return true
}

// Draw draws the table and, below it, notes: lines that say more of the item under the cursor.
func (l *List[T]) Draw(w, h int, notes ...Note) string {
	if h < 8 {
		notes = nil
	}
	l.SetSize(w, h-len(notes))
	return l.View() + Below(l.pens, w, notes...)
}

// Keys are the actions of every list, for its help.
func (l *List[T]) Keys(prefix string) []tui.Action {
	return append([]tui.Action{
		{ID: prefix + ".mark", Keys: []string{"space"}, Name: "mark", Help: "mark a row for what is done to several; esc unmarks all", Hidden: true},
		{ID: prefix + ".range", Keys: []string{"V"}, Name: "mark range", Help: "mark from here to where the cursor goes", Hidden: true},
		{ID: prefix + ".sort", Keys: []string{"s"}, Name: "sort", Help: "pick the column to sort by", Hidden: true},
		{ID: prefix + ".reverse", Keys: []string{"S"}, Name: "reverse", Help: "sort the other way round", Hidden: true},
	}, tui.Moving()...)
}

// Picking are the actions of a table that asks by which column to sort.
func Picking() []tui.Action {
	return []tui.Action{
		{ID: "pick.sort", Keys: []string{"enter"}, Name: "sort", Help: "sort by the column, numbers from the largest"},
		{ID: "pick.reverse", Keys: []string{"S"}, Name: "reverse", Help: "sort by the column, from the end", Hidden: true},
		{ID: "pick.next", Keys: []string{"right"}, Name: "next column"},
		{ID: "pick.before", Keys: []string{"left"}, Name: "column before"},
		{ID: "pick.leave", Keys: []string{"esc"}, Name: "leave the order"},
	}
}

// By is a column's sort key.
func By[T any](key func(T) float64) func(table.Row) float64 {
	return func(r table.Row) float64 {
		if item, ok := r.Item.(T); ok {
			return key(item)
		}
		return math.NaN()
	}
}

// Style is a column's pen.
func Style[T any](pen func(*paint.Pens, T) paint.Pen) func(*paint.Pens, table.Row) paint.Pen {
	return func(p *paint.Pens, r table.Row) paint.Pen {
		if item, ok := r.Item.(T); ok {
			return pen(p, item)
		}
		return p.Text
	}
}

// Dim is the pen of a column that matters less.
func Dim(p *paint.Pens, _ table.Row) paint.Pen { return p.Dim }
