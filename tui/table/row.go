package table

import "github.com/microtop/microtop/tui/safetext"

// Source is where rows come from. The table asks for rows by index and may ask
// for the same one many times; Row should not allocate. A source that changed
// must be announced with [Table.Refresh].
type Source interface {
	// Len returns the number of rows.
	Len() int
	// Row returns row i, 0 <= i < Len(). The table does not change or keep Cells.
	Row(i int) Row
}

// Row is one line of the table.
type Row struct {
	// ID names the object behind the row; no two rows may share one.
	ID string
	// Version changes whenever a cell, or what a style depends on, changes.
	Version uint64
	// Cells has one text per column, in the order of the columns.
	Cells []safetext.Line
	// Item is the object itself, for the screen's own use.
	Item any
}

// cell returns the text of a column, empty where the row is short.
func (r Row) cell(col int) string {
	if col < len(r.Cells) {
		return r.Cells[col].String()
	}
	return ""
}

// Rows is a Source over a slice.
type Rows []Row

var _ Source = Rows(nil)

// Len returns the number of rows.
func (r Rows) Len() int { return len(r) }

// Row returns row i.
func (r Rows) Row(i int) Row { return r[i] }
