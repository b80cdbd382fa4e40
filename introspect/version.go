package introspect

import (
	"cmp"
	"strings"
)

// CompareVersions orders versions as people count them: runs of digits by their number, so that "1.10" comes after
// "1.9"; everything else by its bytes.
func CompareVersions(a, b string) int {
	whole := strings.Compare(a, b)
	for a != "" && b != "" {
		left, right := digits(a), digits(b)
		if left == "" || right == "" {
			if a[0] != b[0] {
				return cmp.Compare(a[0], b[0])
			}
			a, b = a[1:], b[1:]
			continue
		}
		x, y := strings.TrimLeft(left, "0"), strings.TrimLeft(right, "0")
		if order := cmp.Or(cmp.Compare(len(x), len(y)), strings.Compare(x, y)); order != 0 {
			return order
		}
		a, b = a[len(left):], b[len(right):]
	}
	return cmp.Or(cmp.Compare(len(a), len(b)), whole)
}

// digits is what s starts with.
func digits(s string) string {
	return s[:len(s)-len(strings.TrimLeft(s, "0123456789"))]
}
