package table

import "github.com/microtop/microtop/tui/paint"

// gap is the number of blank cells between two columns, gutter that before the
// first one, where the cursor and the mark are shown.
const (
	gap    = 2
	gutter = 2
)

// Column describes one column. Widths are in cells.
type Column struct {
	// Title is the program's own text.
	Title string
	// Min is the least width the column is shown with, 0 the title's own.
	Min int
	// Max is the greatest, 0 no limit.
	Max int
	// Flex is the column's share of space nobody needs, 0 none.
	Flex int
	// Right aligns cells and title to the right.
	Right bool
	// Priority says what goes first in a narrow table: the highest number, of
	// several the rightmost. 0 always stays.
	Priority int
	// Whole is the width up to which text is not cut as long as there is a column
	// of a higher Priority to drop instead; 0 gives none up.
	Whole int
	// Mark shows changes of the column's cells; see [Options.Changes]. Figures that
	// never rest have it off.
	Mark bool
	// Short, when set, gives the text that stands for one that does not fit.
	Short func(string) string
	// Number, when set, is what the column sorts by instead of its text. NaN
	// sorts last.
	Number func(Row) float64
	// Style, when set, chooses the pen of a cell. The cursor's and a mark's pen
	// win over it.
	Style func(*paint.Pens, Row) paint.Pen
}

// layout returns the width of each column in total cells, gaps not included, -1
// for a dropped one. want is the width of the widest text seen per column.
func layout(cols []Column, want []int, total int) []int {
	least, most := bounds(cols, want, total)
	width := make([]int, len(cols))
	copy(width, least)
	room := total - need(width)
	for room < 0 {
		i := expendable(cols, width)
		if i < 0 {
			break
		}
		width[i] = -1
		room = total - need(width)
	}
	if room < 0 {
		squeeze(width, total)
		return width
	}
	room = keepWhole(cols, width, want, most, total)
	for level := 0; room > 0 && level <= maxPriority(cols); level++ {
		for i, c := range cols {
			if width[i] >= 0 && c.Priority == level {
				more := min(room, max(min(want[i], most[i])-width[i], 0))
				width[i], room = width[i]+more, room-more
			}
		}
	}
	spread(cols, width, most, room)
	return width
}

// keepWhole widens the columns that ask for it, the most important first, and
// drops less important ones for that. It returns the room left.
func keepWhole(cols []Column, width, want, most []int, total int) int {
	room := total - need(width)
	for level := range maxPriority(cols) + 1 {
		for i, c := range cols {
			more := min(want[i], most[i], c.Whole) - width[i]
			if width[i] < 0 || c.Priority != level || more <= 0 {
				continue
			}
			for room < more {
				least := expendable(cols, width)
				if least < 0 || cols[least].Priority <= level {
					break
				}
				width[least] = -1
				room = total - need(width)
			}
			more = min(more, room)
			width[i], room = width[i]+more, room-more
		}
	}
	return room
}

func bounds(cols []Column, want []int, total int) (least, most []int) {
	least, most = make([]int, len(cols)), make([]int, len(cols))
	for i, c := range cols {
		most[i] = max(total, 0)
		if c.Max > 0 {
			most[i] = min(c.Max, most[i])
		}
		least[i] = c.Min
		if least[i] <= 0 {
			least[i] = paint.Width(c.Title)
		}
		if c.Max > 0 {
			least[i] = min(least[i], c.Max)
		}
	}
	return least, most
}

// need returns the cells taken by columns and the gaps between them.
func need(width []int) int {
	sum := 0
	for _, w := range width {
		if w >= 0 {
			sum += w + gap
		}
	}
	return max(sum-gap, 0)
}

// expendable returns the column to drop next, -1 when all that are left stay.
func expendable(cols []Column, width []int) int {
	at, worst := -1, 0
	for i, c := range cols {
		if width[i] >= 0 && c.Priority > 0 && c.Priority >= worst {
			at, worst = i, c.Priority
		}
	}
	return at
}

func maxPriority(cols []Column) int {
	p := 0
	for _, c := range cols {
		p = max(p, c.Priority)
	}
	return p
}

// squeeze serves columns from the left until no room is left.
func squeeze(width []int, total int) {
	for i, w := range width {
		if w < 0 {
			continue
		}
		if total <= 0 {
			width[i] = -1
			continue
		}
		width[i] = min(w, total)
		total -= width[i] + gap
	}
}

// spread gives room to the flexible columns by their share.
func spread(cols []Column, width, most []int, room int) {
	for room > 0 {
		shares := 0
		for i, c := range cols {
			if width[i] >= 0 && width[i] < most[i] {
				shares += max(c.Flex, 0)
			}
		}
		if shares == 0 {
			return
		}
		left := room
		for i, c := range cols {
			if width[i] < 0 || width[i] >= most[i] || c.Flex <= 0 || left == 0 {
				continue
			}
			more := min(max(room*c.Flex/shares, 1), most[i]-width[i], left)
			width[i], left = width[i]+more, left-more
		}
		room = left
	}
}

// natural returns the widths at which nothing is cut or dropped.
func natural(cols []Column, want []int) []int {
	width := make([]int, len(cols))
	for i, c := range cols {
		width[i] = max(want[i], paint.Width(c.Title), c.Min)
	}
	return width
}
