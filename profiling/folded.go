package profiling

import (
	"slices"
	"strconv"
	"strings"

	"github.com/google/pprof/profile"
)

// Folded writes a profile as folded stacks, one "root;caller;leaf value" a
// line, sorted: what flamegraph.pl, speedscope and inferno read. Semicolons and
// line ends in names become colons and spaces.
func Folded(p *Profile, o Options) (string, error) {
	s, err := newStacks(p, o)
	if err != nil {
		return "", err
	}
	clean := strings.NewReplacer(";", ":", "\n", " ", "\r", " ")
	text := make([]string, len(s.symbols))
	for i, sym := range s.symbols {
		text[i] = clean.Replace(sym.Name)
		if o.Granularity == ByLine && sym.Line > 0 {
			text[i] += ":" + strconv.FormatInt(sym.Line, 10)
		}
	}
	sums := make(map[string]int64)
	var line strings.Builder
	s.each(func(frames []stackFrame, value int64, _ *profile.Sample) {
		line.Reset()
		for i := len(frames) - 1; i >= 0; i-- {
			line.WriteString(text[frames[i].symbol])
			if i > 0 {
				line.WriteByte(';')
			}
		}
		sums[line.String()] += value
	})
	lines := make([]string, 0, len(sums))
	for stack, value := range sums {
		lines = append(lines, stack+" "+strconv.FormatInt(value, 10)+"\n")
	}
	slices.Sort(lines)
	return strings.Join(lines, ""), nil
}
