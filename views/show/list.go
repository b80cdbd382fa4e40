package show

import (
	"hash/maphash"
	"math"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/microtop/microtop/tui"
	"github.com/microtop/microtop/tui/paint"
	"github.com/microtop/microtop/tui/pane"
	"github.com/microtop/microtop/tui/safetext"
	"github.com/microtop/microtop/tui/table"
	"github.com/microtop/microtop/tui/theme"
)

// Options are what a [List] is made of.
type Options[T any] struct {
	// Name, if set, is by which the order of the rows is remembered.
	Name    string
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
	// Labels, if set, are an item's sets of labels: the filter -l key=value looks for one that fits.
	Labels func(T) []map[string]string
	// Title names an item over its preview; without it the first cell does.
	Title func(T) safetext.Line
	// About writes the preview of an item; without it that is each cell in full.
	About func(*pane.Sheet, T)
}

// List is a table of items for a screen, with a preview of the one under the cursor: embedded, it makes the screen a
// [tui.Filterer], [tui.Typist], [tui.Cursorer] and [tui.Escaper]. It belongs to the screen's goroutine.
type List[T any] struct {
	*table.Table
	rows    rows[T]
	pens    *paint.Pens
	preview *pane.Preview
	keys    []tui.Action
}

// lately is for how long a list shows that a cell changed.
const lately = 5 * time.Second

// NewList returns a list without items.
func NewList[T any](o Options[T]) *List[T] {
	l := &List[T]{rows: rows[T]{opts: o, seed: maphash.MakeSeed()}, pens: paint.NewPens(o.Theme), preview: pane.NewPreview(o.Theme)}
	opts := table.Options{Theme: o.Theme, Columns: o.Columns, Changes: lately}
	if o.Labels != nil {
		opts.Labels = func(r table.Row) []map[string]string { return o.Labels(r.Item.(T)) } //nolint:forcetypeassert // rows make them
	}
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
	l.preview.Refresh()
}

// Update takes the keys and the mouse: the preview's, then the table's.
func (l *List[T]) Update(msg tea.Msg) tea.Cmd {
	if l.Modal() || !l.preview.Update(msg) {
		return l.Table.Update(msg)
	}
	if _, ok := l.Item(); ok && l.preview.Cramped() {
		return tui.Say(tui.Warn, safetext.Literal("there is no room for the preview: it needs a taller terminal"))
	}
	return nil
}

// Cursor implements [tui.Cursorer].
func (l *List[T]) Cursor() (x, y int, ok bool) {
	x, y, ok = l.Table.Cursor()
	return x, y, ok && !l.preview.Hides()
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

// Draw draws the table, below it notes that say more of the item under the cursor, and its preview. What the preview
// says is not noted too.
func (l *List[T]) Draw(w, h int, notes ...Note) string {
	item, ok := l.Item()
	list := pane.Area{W: w, H: h}
	if ok {
		list, _ = l.preview.Layout(w, h)
		if l.preview.Shown() {
			notes = slices.DeleteFunc(notes, func(n Note) bool { return n.more })
		}
	}
	if list.H < 8 {
		notes = nil
	}
	drawn := ""
	if list.W > 0 {
		l.SetSize(list.W, list.H-len(notes))
		drawn = l.View() + Below(l.pens, list.W, notes...)
	}
	if !ok {
		return drawn
	}
	return l.preview.Draw(drawn, l.rows.opts.ID(item), l.title(item), func(s *pane.Sheet) { l.about(s, item) })
}

func (l *List[T]) title(item T) safetext.Line {
	if l.rows.opts.Title != nil {
		return l.rows.opts.Title(item)
	}
	if r, ok := l.Selected(); ok && len(r.Cells) > 0 {
		return r.Cells[0]
	}
	return safetext.Line{}
}

func (l *List[T]) about(s *pane.Sheet, item T) {
	if l.rows.opts.About != nil {
		l.rows.opts.About(s, item)
		return
	}
	r, _ := l.Selected()
	for i, cell := range r.Cells {
		if sign := cell.Width() <= 1 && i < len(l.rows.opts.Columns) && l.rows.opts.Columns[i].Title == ""; sign || cell.Empty() {
			continue // it says something beside the row only
		}
		if i < len(l.rows.opts.Columns) {
			s.Field(safetext.Clean(strings.ToLower(l.rows.opts.Columns[i].Title)), s.Pens.Text, cell)
		}
	}
}

// Keys are the actions of every list, for its help. A list has one prefix, and makes them once; the slice has no room
// behind it, and its elements are not to be changed.
func (l *List[T]) Keys(prefix string) []tui.Action {
	if l == nil { // of a screen that is only asked what it can do
		return listKeys(prefix)
	}
	if l.keys == nil {
		l.keys = slices.Clip(listKeys(prefix))
	}
	return l.keys
}

func listKeys(prefix string) []tui.Action {
	return slices.Concat(PreviewKeys(prefix), []tui.Action{
		{ID: prefix + ".mark", Keys: []string{"space"}, Name: "mark", Help: "mark a row for what is done to several; esc unmarks all", Hidden: true},
		{ID: prefix + ".range", Keys: []string{"V"}, Name: "mark range", Help: "mark from here to where the cursor goes", Hidden: true},
		{ID: prefix + ".sort", Keys: []string{"s"}, Name: "sort", Help: "pick the column to sort by", Hidden: true},
		{ID: prefix + ".reverse", Keys: []string{"S"}, Name: "reverse", Help: "sort the other way round", Hidden: true},
	}, tui.Moving())
}

// PreviewKeys are the actions of a screen with a preview; its open and close are the first.
func PreviewKeys(prefix string) []tui.Action {
	return []tui.Action{
		{ID: prefix + ".preview", Keys: []string{"p"}, Name: "preview", Help: "open or close the pane that says more of the row"},
		{ID: prefix + ".zoom", Keys: []string{"+"}, Name: "zoom", Help: "more room for the preview: half, then all", Hidden: true},
		{ID: prefix + ".unzoom", Keys: []string{"_"}, Name: "unzoom", Help: "less room for the preview", Hidden: true},
		{ID: prefix + ".scroll", Keys: []string{"J"}, Name: "scroll preview", Help: "scroll the preview down", Hidden: true},
		{ID: prefix + ".scrollback", Keys: []string{"K"}, Name: "scroll preview back", Help: "scroll the preview up", Hidden: true},
	}
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
