// Package nearest finds the names that someone may have meant.
package nearest

import (
	"cmp"
	"slices"
	"strings"
)

const (
	// most is how many names a suggestion holds.
	most = 3
	// maxBytes is the longest name that is compared; longer ones are nobody's typing error.
	maxBytes = 200
)

// Names returns the names most like want, best first, at most three: for errors that say what exists instead.
func Names(want string, have []string) []string {
	type candidate struct {
		name     string
		distance int
	}
	var found []candidate
	lower := strings.ToLower(want)
	for _, name := range have {
		if len(name) > maxBytes || len(want) > maxBytes {
			continue
		}
		d := distance(lower, strings.ToLower(name))
		if strings.Contains(strings.ToLower(name), lower) {
			d = min(d, 1)
		}
		if d <= max(2, len(want)/3) {
			found = append(found, candidate{name, d})
		}
	}
	slices.SortFunc(found, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(a.distance, b.distance), strings.Compare(a.name, b.name))
	})
	out := make([]string, 0, most)
	for _, c := range found[:min(len(found), most)] {
		out = append(out, c.name)
	}
	return out
}

// distance is the Levenshtein distance in bytes.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
