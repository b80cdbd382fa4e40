package editor

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/microtop/microtop/tui/paint"
	"github.com/microtop/microtop/tui/safetext"
)

// buffer is clean text as lines, and a cursor between two characters of it.
// There is always a line.
type buffer struct {
	lines []string
	size  int // bytes, line breaks included
	row   int
	col   int // byte offset in the line
	goal  int // cell the cursor came from when moving up or down
}

func (b *buffer) set(text string) {
	b.lines = strings.Split(text, "\n")
	b.size = len(text)
	b.row, b.col, b.goal = 0, 0, 0
}

func (b *buffer) String() string { return strings.Join(b.lines, "\n") }

func (b *buffer) line() string { return b.lines[b.row] }

// insert puts text in at the cursor and moves behind it, unless the buffer would
// grow over limit bytes.
func (b *buffer) insert(text string, limit int) bool {
	line := b.line()
	whole, head := splice(line[:b.col], text, line[b.col:])
	size := b.size - len(line) + len(whole)
	if size > limit {
		return false
	}
	list := strings.Split(whole, "\n")
	b.lines = slices.Replace(b.lines, b.row, b.row+1, list...)
	b.size = size
	b.row += strings.Count(whole[:head], "\n")
	b.col = head - 1 - strings.LastIndexByte(whole[:head], '\n')
	b.snap()
	return true
}

// splice puts text between two clean texts and returns the clean whole and the
// offset in it where after begins. An accent may be typed after its letter and a
// mark may lose its own, so what stands next to the seam is cleaned with it.
func splice(before, text, after string) (whole string, head int) {
	from := len(before)
	for from > 0 {
		r, n := utf8.DecodeLastRuneInString(before[:from])
		from -= n
		if !joins(r) {
			break
		}
	}
	to := 0
	for to < len(after) {
		r, n := utf8.DecodeRuneInString(after[to:])
		to += n
		if !joins(r) {
			break
		}
	}
	near := before[from:] + text
	head = from + len(safetext.CleanBlock(near).String())
	whole = before[:from] + safetext.CleanBlock(near+after[:to]).String() + after[to:]
	return whole, min(head, len(whole))
}

// joins reports whether r may belong to the character before it.
func joins(r rune) bool {
	return unicode.Is(unicode.M, r) || r == '\u200d' || r == '\ufe0e' || r == '\ufe0f'
}

// snap puts the cursor between two characters: at the end of the one it is in.
func (b *buffer) snap() {
	line := b.line()
	at := 0
	for at < min(b.col, len(line)) {
		n, _ := paint.Next(line[at:])
		at += n
	}
	b.col = at
	b.goal = paint.Width(line[:at])
}

// to moves the cursor to a byte offset of a line, or the nearest there is.
func (b *buffer) to(row, col int) {
	b.row = max(min(row, len(b.lines)-1), 0)
	b.col = max(col, 0)
	b.snap()
}

// vertical moves n lines down, in the column the cursor came from.
func (b *buffer) vertical(n int) {
	goal := b.goal
	b.row = max(min(b.row+n, len(b.lines)-1), 0)
	b.col = paint.Take(b.line(), goal)
	b.goal = goal
}

// before returns the offset of the character before the cursor.
func (b *buffer) before() int {
	line, at, last := b.line(), 0, 0
	for at < b.col {
		n, _ := paint.Next(line[at:])
		at, last = at+n, at
	}
	return last
}

func (b *buffer) left() {
	switch {
	case b.col > 0:
		b.to(b.row, b.before())
	case b.row > 0:
		b.to(b.row-1, len(b.lines[b.row-1]))
	}
}

func (b *buffer) right() {
	switch line := b.line(); {
	case b.col < len(line):
		n, _ := paint.Next(line[b.col:])
		b.to(b.row, b.col+n)
	case b.row < len(b.lines)-1:
		b.to(b.row+1, 0)
	}
}

// wordLeft and wordRight return the offset of the next edge of a word in the line.
func (b *buffer) wordLeft() int {
	s := strings.TrimRightFunc(b.line()[:b.col], notWord)
	return len(strings.TrimRightFunc(s, isWord))
}

func (b *buffer) wordRight() int {
	s := strings.TrimLeftFunc(b.line()[b.col:], notWord)
	return len(b.line()) - len(strings.TrimLeftFunc(s, isWord))
}

// moveWord moves a word to the left (-1) or right (1), over line breaks too.
func (b *buffer) moveWord(step int) {
	switch {
	case step < 0 && b.col > 0:
		b.to(b.row, b.wordLeft())
	case step < 0:
		b.left()
	case b.col < len(b.line()):
		b.to(b.row, b.wordRight())
	default:
		b.right()
	}
}

// remove takes out the bytes between two offsets of the line.
func (b *buffer) remove(from, to int) {
	line := b.line()
	b.lines[b.row], _ = splice(line[:from], "", line[to:])
	b.size += len(b.lines[b.row]) - len(line)
	b.to(b.row, from)
}

// join appends the next line to the cursor's.
func (b *buffer) join() {
	if b.row+1 >= len(b.lines) {
		return
	}
	at := len(b.line())
	whole, _ := splice(b.line(), "", b.lines[b.row+1])
	b.size += len(whole) - at - len(b.lines[b.row+1]) - 1
	b.lines[b.row] = whole
	b.lines = slices.Delete(b.lines, b.row+1, b.row+2)
	b.to(b.row, at)
}

func (b *buffer) backspace() {
	switch {
	case b.col > 0:
		b.remove(b.before(), b.col)
	case b.row > 0:
		b.row--
		b.col = len(b.line())
		b.join()
	}
}

func (b *buffer) delete() {
	if line := b.line(); b.col < len(line) {
		n, _ := paint.Next(line[b.col:])
		b.remove(b.col, b.col+n)
		return
	}
	b.join()
}

// newline breaks the line and indents the new one as the old one was.
func (b *buffer) newline(limit int) bool {
	line := b.line()[:b.col]
	return b.insert("\n"+line[:len(line)-len(strings.TrimLeft(line, " "))], limit)
}

func isWord(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.Is(unicode.M, r) || r == '_' || r == utf8.RuneError
}

func notWord(r rune) bool { return !isWord(r) }
