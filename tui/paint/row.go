package paint

import (
	"unicode/utf8"

	"github.com/microtop/microtop/tui/match"
)

// blanks serves most padding without an allocation.
const blanks = "                                                                                "

// Row builds one screen row of exactly as many cells as [Row.Start] was told.
// What does not fit is cut, what is missing becomes blanks. The zero Row is
// ready; its buffer is kept from one row to the next.
type Row struct {
	buf   []byte
	width int // cells to fill
	used  int // cells filled
	skip  int // cells still to be left out on the left
	pen   Pen // whose open sequence is in force
}

// Start begins a row of width cells, of which the first skip cells of what
// follows are left out (horizontal scrolling).
func (r *Row) Start(width, skip int) {
	r.buf = r.buf[:0]
	r.width, r.used, r.skip, r.pen = max(width, 0), 0, max(skip, 0), Pen{}
}

// Skip leaves out the next n cells of what follows, instead of those that
// remained to be left out.
func (r *Row) Skip(n int) { r.skip = max(n, 0) }

// Room returns how many cells are left to fill.
func (r *Row) Room() int { return r.width - r.used }

// Full reports whether the row has all its cells.
func (r *Row) Full() bool { return r.used >= r.width }

// Text writes clean text.
func (r *Row) Text(p Pen, s string) { r.Cell(p, s, int(^uint(0)>>1)) }

// Cell writes clean text of which at most limit cells are used, and returns how
// many that was, the cells left out by scrolling included.
func (r *Row) Cell(p Pen, s string, limit int) int {
	used := 0
	r.part(s)
	for s != "" && used < limit && !r.Full() {
		if r.skip > 0 {
			// A long text scrolled far: leave the hidden part out in one step.
			n := min(r.skip, limit-used)
			at, half := Skip(s, n)
			if at == len(s) {
				w := Width(s)
				w = min(w, n)
				r.skip -= w
				return used + w
			}
			s, r.skip, used = s[at:], r.skip-n, used+n
			if half > 0 && used < limit {
				r.blank(p, half)
				used += half
			}
			continue
		}
		if n, w := easy(s, min(limit-used, r.Room())); n > 0 {
			r.write(p, s[:n], w)
			s, used = s[n:], used+w
			continue
		}
		size, w := Next(s)
		switch {
		case w == 0: // a mark with nothing to stand on
		case w > limit-used, w > r.Room():
			n := min(limit-used, r.Room())
			r.blank(p, n)
			return used + n
		default:
			r.write(p, s[:size], w)
		}
		s, used = s[size:], used+w
	}
	return used
}

// Fit writes clean text in exactly n cells: cut with the mark "…" (or what
// ellipsis says, one cell wide), or padded. right puts the padding first.
func (r *Row) Fit(p Pen, s string, n int, ellipsis string, right bool) {
	r.FitSpans(p, p, s, n, ellipsis, right, nil)
}

// FitSpans is [Row.Fit] with the byte ranges of s that hot names, ordered and
// not overlapping, written with pen h.
func (r *Row) FitSpans(p, h Pen, s string, n int, ellipsis string, right bool, hot []match.Span) {
	if n <= 0 {
		return
	}
	at, half := Skip(s, n)
	fits := at == len(s) && half == 0
	if !fits {
		end := Take(s, n-1)
		r.spans(p, h, s[:end], hot)
		r.Fill(p, n-1-Width(s[:end]))
		r.Text(p, ellipsis)
		return
	}
	pad := n - Width(s)
	if right {
		r.Fill(p, pad)
	}
	r.spans(p, h, s, hot)
	if !right {
		r.Fill(p, pad)
	}
}

// Spans writes clean text whose ranges hot, ordered and not overlapping, are
// written with pen h and the rest with p.
func (r *Row) Spans(p, h Pen, s string, hot []match.Span) { r.spans(p, h, s, hot) }

func (r *Row) spans(p, h Pen, s string, hot []match.Span) {
	at := 0
	for _, x := range hot {
		start, end := snap(s, at, x.Start), snap(s, at, x.End)
		if end <= at || start >= len(s) {
			continue
		}
		r.Text(p, s[at:max(start, at)])
		r.Text(h, s[max(start, at):end])
		at = end
	}
	r.Text(p, s[at:])
}

// snap moves offset forward to the next boundary between characters of s; from
// is one at or before it.
func snap(s string, from, offset int) int {
	if offset >= len(s) {
		return len(s)
	}
	if offset <= from {
		return from
	}
	for from < offset {
		n, _ := easy(s[from:], offset-from) // no more bytes than that many cells have
		if n == 0 || from+n > offset {
			n, _ = Next(s[from:])
		}
		from += n
	}
	return from
}

// Fill writes n blanks.
func (r *Row) Fill(p Pen, n int) {
	if n <= 0 {
		return
	}
	cut := min(n, r.skip)
	r.skip -= cut
	r.blank(p, min(n-cut, r.Room()))
}

// Rest fills what is left of the row with blanks.
func (r *Row) Rest(p Pen) { r.blank(p, r.Room()) }

// String ends the row: the rest is blank, every style is closed.
func (r *Row) String() string { return string(r.bytes()) }

// AppendTo ends the row as String does and appends it to dst.
func (r *Row) AppendTo(dst []byte) []byte { return append(dst, r.bytes()...) }

func (r *Row) bytes() []byte {
	r.Rest(Pen{})
	r.use(Pen{})
	return r.buf
}

func (r *Row) blank(p Pen, n int) {
	if n > 0 {
		r.part(blanks[:1])
	}
	for n > 0 {
		k := min(n, len(blanks))
		r.write(p, blanks[:k], k)
		n -= k
	}
}

// write puts down text of w cells that fits.
func (r *Row) write(p Pen, s string, w int) {
	r.use(p)
	r.buf = append(r.buf, s...)
	r.used += w
}

// part keeps the first character of s from joining the last one written, by an
// escape sequence between them.
func (r *Row) part(s string) {
	if s == "" || len(r.buf) == 0 || r.buf[len(r.buf)-1] < utf8.RuneSelf {
		return
	}
	if s[0] < utf8.RuneSelf {
		last, _ := utf8.DecodeLastRune(r.buf)
		if simple(last) > 0 || 0x2000 <= last && last < 0x2c00 { // letters and signs that join no ASCII
			return
		}
	}
	r.buf = append(r.buf, "\x1b[m"...)
	r.buf = append(r.buf, r.pen.open...)
}

func (r *Row) use(p Pen) {
	if r.pen == p {
		return
	}
	r.buf = append(r.buf, r.pen.close...)
	r.buf = append(r.buf, p.open...)
	r.pen = p
}
