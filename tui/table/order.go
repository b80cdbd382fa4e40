package table

import (
	"cmp"
	"math"
	"slices"
	"strings"
)

// order is which rows of a source are shown, and in which order.
type order struct {
	at    []int32 // source indexes
	total int     // rows in the source

	texts []indexed // what the filter looks at, by source index
	keys  []key     // room for sorting
	text  []byte    // room for joining
}

// indexed is the text of a row for as long as its version stands.
type indexed struct {
	id      string
	version uint64
	text    string
}

type key struct {
	num  float64
	text string
	at   int32
}

// sorting is by which column, -1 none.
type sorting struct {
	col     int
	reverse bool
}

// build works the order out anew from the source.
func (o *order) build(src Source, cols []Column, keeps func(r Row, i int) bool, by sorting) {
	n := min(src.Len(), math.MaxInt32)
	o.total, o.at = n, o.at[:0]
	if keeps == nil {
		o.texts = nil
	}
	for i := range n {
		if keeps == nil || keeps(src.Row(i), i) {
			o.at = append(o.at, int32(i))
		}
	}
	if by.col >= 0 && by.col < len(cols) {
		o.sort(src, cols[by.col], by)
	}
}

func (o *order) rowText(r Row, i int) string {
	for len(o.texts) <= i {
		o.texts = append(o.texts, indexed{})
	}
	x := &o.texts[i]
	if x.text != "" && x.version == r.Version && x.id == r.ID {
		return x.text
	}
	o.text = o.text[:0]
	for c := range r.Cells {
		if c > 0 {
			o.text = append(o.text, ' ')
		}
		o.text = append(o.text, r.Cells[c].String()...)
	}
	*x = indexed{r.ID, r.Version, string(o.text)}
	return x.text
}

func (o *order) sort(src Source, col Column, by sorting) {
	o.keys = o.keys[:0]
	for _, i := range o.at {
		r := src.Row(int(i))
		k := key{at: i}
		if col.Number != nil {
			k.num = col.Number(r)
		} else {
			k.text = r.cell(by.col)
		}
		o.keys = append(o.keys, k)
	}
	compare := func(a, b key) int { return strings.Compare(a.text, b.text) }
	if col.Number != nil {
		compare = func(a, b key) int { return cmp.Compare(a.num, b.num) }
	}
	slices.SortFunc(o.keys, func(a, b key) int {
		if an, bn := math.IsNaN(a.num), math.IsNaN(b.num); an || bn {
			if an && bn {
				return cmp.Compare(a.at, b.at)
			} else if an {
				return 1
			}
			return -1
		}
		c := compare(a, b)
		if by.reverse {
			c = -c
		}
		if c == 0 {
			c = cmp.Compare(a.at, b.at)
		}
		return c
	})
	for i, k := range o.keys {
		o.at[i] = k.at
	}
	clear(o.keys) // let go of texts
}

// find returns the position of a row by id, trying near first, -1 when the row
// is not shown.
func (o *order) find(src Source, id string, near int) int {
	if near >= 0 && near < len(o.at) && src.Row(int(o.at[near])).ID == id {
		return near
	}
	for pos, i := range o.at {
		if src.Row(int(i)).ID == id {
			return pos
		}
	}
	return -1
}
