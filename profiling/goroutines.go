package profiling

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/google/pprof/profile"
)

// Group is the goroutines that stand at one place with one set of labels.
type Group struct {
	Count  int64             `json:"count"`
	Wait   string            `json:"wait"`             // what they wait for, told from the stack; "running" if nothing
	Stack  []Symbol          `json:"stack"`            // leaf first, each at its line
	Labels map[string]string `json:"labels,omitempty"` // of runtime/pprof.Do
}

// GoroutineGroups groups a goroutine profile by stack and labels, the largest
// group first. Options filter as elsewhere; frames are always lines. It fails
// for a profile that is not of goroutines.
func GoroutineGroups(p *Profile, o Options) ([]Group, error) {
	if p.Kind != Goroutine {
		return nil, fmt.Errorf("not a goroutine profile but %q: capture one of kind goroutine", p.Kind)
	}
	o.Granularity = ByLine
	s, err := newStacks(p, o)
	if err != nil {
		return nil, err
	}
	byKey := make(map[string]int)
	var groups []Group
	s.each(func(frames []stackFrame, value int64, sample *profile.Sample) {
		var key strings.Builder
		for _, f := range frames {
			key.WriteString(strconv.Itoa(int(f.symbol)))
			key.WriteByte(' ')
		}
		labels := labelsOf(sample)
		for _, k := range sortedKeys(labels) {
			fmt.Fprintf(&key, "%q=%q ", k, labels[k])
		}
		i, ok := byKey[key.String()]
		if !ok {
			i = len(groups)
			byKey[key.String()] = i
			groups = append(groups, Group{Wait: waitOf(sample), Labels: labels, Stack: s.stack(frames)})
		}
		groups[i].Count += value
	})
	slices.SortStableFunc(groups, func(a, b Group) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), slices.CompareFunc(a.Stack, b.Stack, compareSymbols))
	})
	if o.Limit > 0 && len(groups) > o.Limit {
		groups = groups[:o.Limit:o.Limit]
	}
	return groups, nil
}

func (s *stacks) stack(frames []stackFrame) []Symbol {
	out := make([]Symbol, len(frames))
	for i, f := range frames {
		out[i] = s.symbols[f.symbol]
	}
	return out
}

func labelsOf(sample *profile.Sample) map[string]string {
	if len(sample.Label) == 0 {
		return nil
	}
	labels := make(map[string]string, len(sample.Label))
	for k, v := range sample.Label {
		labels[k] = strings.Join(v, ",")
	}
	return labels
}

func sortedKeys(m map[string]string) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// waits maps functions near the leaf of a parked goroutine to what they wait
// for. Later rows are further from the leaf, so they say more and win.
func waits() map[string]string {
	return map[string]string{
		"runtime.chanrecv":                      "chan receive",
		"runtime.chansend":                      "chan send",
		"runtime.selectgo":                      "select",
		"runtime.block":                         "select (no cases)",
		"runtime.netpollblock":                  "IO wait",
		"internal/poll.runtime_pollWait":        "IO wait",
		"time.Sleep":                            "sleep",
		"runtime.semacquire1":                   "semacquire",
		"sync.runtime_SemacquireMutex":          "mutex",
		"internal/sync.runtime_SemacquireMutex": "mutex",
		"sync.runtime_SemacquireRWMutex":        "rwmutex",
		"sync.runtime_SemacquireRWMutexR":       "rwmutex (read)",
		"sync.runtime_SemacquireWaitGroup":      "wait group",
		"sync.(*WaitGroup).Wait":                "wait group",
		"sync.runtime_notifyListWait":           "sync.Cond",
		"os/signal.signal_recv":                 "signal",
		"syscall.Syscall":                       "syscall",
		"syscall.Syscall6":                      "syscall",
	}
}

// waitDepth is how far from the leaf a wait is looked for.
const waitDepth = 8

// waitOf tells what a goroutine waits for from its unfiltered stack.
func waitOf(sample *profile.Sample) string {
	wait, known := "running", waits()
	depth := 0
	for _, l := range sample.Location {
		for _, line := range l.Line {
			if depth++; depth > waitDepth {
				return wait
			}
			if w, ok := known[line.Function.Name]; ok {
				wait = w
			}
		}
	}
	return wait
}
