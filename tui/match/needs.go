package match

import (
	"regexp/syntax"
	"strings"
)

// needs returns lower-case ASCII texts one of which any match of re contains,
// nil when there is no such list. Looking for them first spares most rows the
// regular expression, which costs fifty times more.
func needs(re *syntax.Regexp) []string {
	switch re.Op {
	case syntax.OpLiteral:
		if s := string(re.Rune); isASCII(s) {
			return []string{strings.ToLower(s)}
		}
	case syntax.OpCapture, syntax.OpPlus:
		return needs(re.Sub[0])
	case syntax.OpRepeat:
		if re.Min > 0 {
			return needs(re.Sub[0])
		}
	case syntax.OpConcat:
		var best []string
		for _, sub := range re.Sub {
			if n := needs(sub); n != nil && (best == nil || shortest(n) > shortest(best)) {
				best = n
			}
		}
		return best
	case syntax.OpAlternate:
		var list []string
		for _, sub := range re.Sub {
			n := needs(sub)
			if n == nil {
				return nil
			}
			list = append(list, n...)
		}
		return list
	default: // anything that may match without a literal
	}
	return nil
}

func shortest(list []string) int {
	n := len(list[0])
	for _, s := range list[1:] {
		n = min(n, len(s))
	}
	return n
}

// lacks reports whether m has a list of needed texts of which s holds none.
func (m *Matcher) lacks(s string) bool {
	for _, n := range m.needs {
		if indexFold(s, n) >= 0 {
			return false
		}
	}
	return len(m.needs) > 0
}
