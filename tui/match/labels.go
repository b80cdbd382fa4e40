package match

import (
	"fmt"
	"strings"
)

// Labels is what `-l k=v` asks of an object's labels; see [ParseLabels]. It is immutable and safe for concurrent use.
type Labels struct {
	inverse bool
	wants   []label
}

// label is one condition: a key, with a value where any is not set.
type label struct {
	key, value string
	any        bool
}

// ParseLabels reads an expression that begins with `-l `: conditions parted by commas, each `key=value` or a key that
// must be there; `!-l ` asks for the objects that do not fulfil them. ok is false for any other expression.
func ParseLabels(expr string) (l Labels, ok bool, err error) {
	if len(expr) > MaxExpr {
		return l, false, nil // Parse says so
	}
	rest, inverse := strings.CutPrefix(expr, "!")
	if rest, ok = strings.CutPrefix(rest, "-l "); !ok {
		return l, false, nil
	}
	l.inverse = inverse
	for part := range strings.SplitSeq(rest, ",") {
		key, value, valued := strings.Cut(strings.TrimSpace(part), "=")
		if key = strings.TrimSpace(key); key == "" {
			return l, true, fmt.Errorf("filter %q: write -l key=value, or -l key", expr)
		}
		l.wants = append(l.wants, label{key, strings.TrimSpace(value), !valued})
	}
	return l, true, nil
}

// Match says whether any of an object's sets of labels fulfils all conditions: keys as they are written, values whatever
// the case of their letters.
func (l Labels) Match(sets ...map[string]string) bool {
	for _, set := range sets {
		if l.fulfilled(set) {
			return !l.inverse
		}
	}
	return l.inverse
}

func (l Labels) fulfilled(set map[string]string) bool {
	for _, want := range l.wants {
		value, ok := set[want.key]
		if !ok || !want.any && !strings.EqualFold(value, want.value) {
			return false
		}
	}
	return true
}
