// Package budget cuts texts that together may take only so much memory. Start with [Bytes].
package budget

import (
	"maps"
	"slices"
	"strings"
)

// Bytes is how many bytes are left. It is not safe for concurrent use.
type Bytes int

// Text returns what of text there are bytes left for. What it cuts ends in "…", and does not hold the memory of the rest.
func (b *Bytes) Text(text string) string {
	if len(text) > int(*b) {
		text = strings.ToValidUTF8(text[:*b], "") + "…"
	}
	*b = max(*b-Bytes(len(text)), 0)
	return text
}

// Map returns a copy of m with what there are bytes left for, in the order of the keys.
func (b *Bytes) Map(m map[string]string) map[string]string {
	out := make(map[string]string, len(m))
	for _, key := range slices.Sorted(maps.Keys(m)) {
		if *b == 0 {
			break
		}
		out[b.Text(key)] = b.Text(m[key])
	}
	return out
}
