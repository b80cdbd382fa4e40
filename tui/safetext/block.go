package safetext

import "strings"

// Block is text of several rows, clean as a [Line] is but for the "\n" between them.
type Block struct{ s string }

// CleanBlock makes a Block of any text. "\r\n" counts as "\n", a tab as four spaces.
// The result is at most [MaxBlock] bytes; longer text ends in "…".
func CleanBlock(s string) Block { return Block{clean(s, MaxBlock, true)} }

// String returns the clean text.
func (b Block) String() string { return b.s }

// Lines returns the rows. A final line break adds no empty row. A row may be
// longer than [MaxLine].
func (b Block) Lines() []Line {
	if b.s == "" {
		return nil
	}
	rows := strings.Split(strings.TrimSuffix(b.s, "\n"), "\n")
	lines := make([]Line, len(rows))
	for i, r := range rows {
		lines[i] = Line{r}
	}
	return lines
}

// BlockOf puts lines under each other.
func BlockOf(lines ...Line) Block {
	var b strings.Builder
	for i, l := range lines {
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(l.s)
	}
	return Block{b.String()}
}
