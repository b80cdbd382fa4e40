package pager

import "github.com/microtop/microtop/tui/paint"

// place is a row of the screen: a line and which of its wrapped rows.
type place struct {
	id  uint64
	sub int
}

func (a place) before(b place) bool {
	return a.id < b.id || a.id == b.id && a.sub < b.sub
}

// lines is what the window arithmetic needs to know of a text: the ids of its
// first and last line and how many rows each takes. There is at least one line.
type lines interface {
	span() (first, last uint64)
	rows(id uint64) int
}

// forward returns the place n rows after p, at most the last row.
func forward(l lines, p place, n int) place {
	_, last := l.span()
	for {
		left := l.rows(p.id) - 1 - p.sub
		if n <= left {
			return place{p.id, p.sub + n}
		}
		if p.id >= last {
			return place{last, max(l.rows(last)-1, 0)}
		}
		n -= left + 1
		p = place{p.id + 1, 0}
	}
}

// backward returns the place n rows before p, at least the first row.
func backward(l lines, p place, n int) place {
	first, _ := l.span()
	for n > p.sub {
		if p.id <= first {
			return place{first, 0}
		}
		n -= p.sub + 1
		p.id--
		p.sub = l.rows(p.id) - 1
	}
	p.sub -= n
	return p
}

// bottom returns the top of a window of h rows that shows the end.
func bottom(l lines, h int) place {
	_, last := l.span()
	return backward(l, place{last, l.rows(last) - 1}, max(h-1, 0))
}

// fitted returns top moved so that it exists and leaves no blank row below
// while rows are hidden above.
func fitted(l lines, top place, h int) place {
	first, last := l.span()
	switch {
	case top.id < first:
		top = place{first, 0}
	case top.id > last:
		top = place{last, 0}
	}
	top.sub = max(min(top.sub, l.rows(top.id)-1), 0)
	if end := bottom(l, h); end.before(top) {
		return end
	}
	return top
}

// shown returns top moved as little as needed to show row p in h rows.
func shown(l lines, top, p place, h int) place {
	if p.before(top) {
		return p
	}
	if edge := backward(l, p, max(h-1, 0)); top.before(edge) {
		return edge
	}
	return top
}

// wrap appends to dst the offsets at which the rows of clean text begin when
// each has at most w cells. There is always a first row.
func wrap(dst []int, s string, w int) []int {
	dst = append(dst, 0)
	w = max(w, 1)
	for at := 0; ; {
		n := paint.Take(s[at:], w)
		if n == 0 && at < len(s) { // wider than the row
			n, _ = paint.Next(s[at:])
		}
		if at += n; at >= len(s) {
			return dst
		}
		dst = append(dst, at)
	}
}
