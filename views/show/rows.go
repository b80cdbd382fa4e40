package show

import (
	"hash/maphash"
	"time"

	"github.com/microtop/microtop/introspect/fleet"
	"github.com/microtop/microtop/tui/table"
)

// rows is a table's source that writes cells when they are looked at, and again only when they changed.
type rows[T any] struct {
	opts   Options[T]
	items  []T
	made   []table.Row // Cells nil: not written yet
	stamps []uint64
	seed   maphash.Seed
}

var _ table.Source = (*rows[int])(nil)

// set replaces the items. What was written of an item in the same place with the same stamp stands.
func (r *rows[T]) set(items []T) {
	r.items = items
	for len(r.made) < len(items) {
		r.made, r.stamps = append(r.made, table.Row{}), append(r.stamps, 0)
	}
	clear(r.made[len(items):])
	r.made, r.stamps = r.made[:len(items)], r.stamps[:len(items)]
	for i, item := range items {
		row, id, stamp := &r.made[i], r.opts.ID(item), uint64(0)
		if r.opts.Stamp != nil {
			stamp = r.opts.Stamp(item)
		}
		if row.ID != id || r.stamps[i] != stamp || r.opts.Stamp == nil {
			row.Cells = nil
		}
		row.ID, row.Item, r.stamps[i] = id, item, stamp
	}
}

// Len implements [table.Source].
func (r *rows[T]) Len() int { return len(r.items) }

// Row implements [table.Source]. A row's version is the hash of its cells: a row that says the same is not drawn again.
func (r *rows[T]) Row(i int) table.Row {
	row := &r.made[i]
	if row.Cells == nil {
		row.Cells = r.opts.Cells(r.items[i])
		var h maphash.Hash
		h.SetSeed(r.seed)
		for _, c := range row.Cells {
			_, _ = h.WriteString(c.String()) // never fails
			_ = h.WriteByte(0)
		}
		row.Version = h.Sum64()
	}
	return *row
}

// Stamp changes with what is shown of a node at a time.
func Stamp(n *fleet.Node, now time.Time) uint64 {
	stamp := Mix(uint64(n.State), uint64(n.Since.UnixNano())) //nolint:gosec // any number will do
	if n.Vitals != nil {
		stamp = Mix(stamp, uint64(n.Vitals.Taken.UnixNano()))
	}
	return Mix(stamp, uint64(max(now.Sub(n.LastSeen.Time()), 0)/step))
}

// Mix makes one stamp of two.
func Mix(a, b uint64) uint64 {
	const prime = 0x100000001b3 // of FNV-1a
	return (a*prime ^ b) * prime
}
