package transport

import "bytes"

const (
	memoSize  = 1 << 10 // the longest head whose lines are remembered
	memoLines = 32      // the most lines that are
)

// memo is how the last head of a connection was parsed. Calls on a connection differ in a few values, such as the id:
// lines that came before cost a comparison. A nil memo remembers nothing.
type memo struct {
	start string
	first head // what start was parsed into
	lines []headLine
}

// headLine is a header line that was parsed.
type headLine struct {
	Field

	text    string
	framing bool // it is the connection's
	repeats bool // a line before it has the same name
	known   bool // the line at its place in the head before has the same name
}

// of returns the memo to parse a head with.
func (m *memo) of(text []byte) *memo {
	if len(text) > memoSize {
		*m = memo{}
		return nil
	}
	return m
}

// begin parses a head's first line.
func (m *memo) begin(line string, parse func(line string) (head, error)) (head, error) {
	if m != nil && m.start == line {
		return m.first, nil
	}
	h, err := parse(line)
	if m != nil && err == nil {
		m.start, m.first = line, h
	}
	return h, err
}

// line parses the header line at a place. Whether it repeats is what the place says.
func (m *memo) line(at int, text string) (headLine, error) {
	if m == nil || at >= len(m.lines) {
		return parseLine(text)
	}
	before := &m.lines[at]
	if before.text == text {
		before.known = true
		return *before, nil
	}
	line, err := parseLine(text)
	if line.known = line.Name == before.Name; line.known {
		line.repeats = before.repeats
	}
	return line, err
}

// keep remembers a line.
func (m *memo) keep(at int, line headLine) {
	switch {
	case m == nil || at >= memoLines:
	case at < len(m.lines):
		m.lines[at] = line
	default:
		m.lines = append(m.lines, line)
	}
}

// end forgets the lines beyond the last one.
func (m *memo) end(count int) {
	if m != nil && count < len(m.lines) {
		clear(m.lines[count:])
		m.lines = m.lines[:count]
	}
}

// match parses a head that differs from the one before in values only that are f.Likely, without new memory. Its lines
// were found right then.
func (m *memo) match(text []byte, f *Fields) (head, bool) {
	if f.Likely == "" {
		return head{}, false
	}
	line, rest, _ := bytes.Cut(text, lineEnd)
	if string(line) != m.start {
		return head{}, false
	}
	h, list := m.first, f.List[:0]
	for i := range m.lines {
		known := &m.lines[i]
		field := known.Field
		line, rest, _ = bytes.Cut(rest, lineEnd)
		if string(line) != known.text {
			if field.Value = f.Likely; known.framing || !field.isLine(line) {
				return head{}, false
			}
		}
		switch {
		case known.framing:
			if h.frame(field.Name, field.Value) != nil {
				return head{}, false
			}
		case !known.repeats:
			list = append(list, field)
		}
	}
	if len(rest) > 0 || len(m.lines) == 0 || len(m.lines) == memoLines {
		return head{}, false
	}
	f.List, f.Lines, f.serial, f.Same = list, "", 0, false
	return h, true
}

var lineEnd = []byte("\r\n")

// isLine reports whether the field is written so.
func (f *Field) isLine(line []byte) bool {
	n := len(f.Name)
	return len(line) == n+2+len(f.Value) && string(line[:n]) == f.Name && line[n] == ':' && line[n+1] == ' ' && string(line[n+2:]) == f.Value
}
