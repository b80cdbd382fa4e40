package profiling

import (
	"fmt"
	"slices"
	"strings"

	"github.com/google/pprof/profile"
)

// Kind says what a profile measures. Its text is the name pprof uses in its
// addresses (but "cpu", which pprof calls "profile").
type Kind string

// The kinds a Go program offers.
const (
	CPU          Kind = "cpu"
	Heap         Kind = "heap"
	Allocs       Kind = "allocs"
	Goroutine    Kind = "goroutine"
	Block        Kind = "block"
	Mutex        Kind = "mutex"
	ThreadCreate Kind = "threadcreate"
	Trace        Kind = "trace"
)

type kindFacts struct {
	kind        Kind
	sampleType  string
	timed       bool
	family      string // kinds whose profiles can't be told apart share one
	explanation string
}

func facts() []kindFacts {
	return []kindFacts{
		{CPU, "cpu", true, "cpu", "Where the program spent CPU time while it was watched, sampled 100 times a second. Waiting costs nothing here: a slow service with an empty CPU profile is waiting, so look at block, mutex or goroutine."},
		{Heap, "inuse_space", false, "heap", "Memory that is in use, by the code that allocated it, as of the last garbage collection. Growth between two heap profiles is a leak's address. Other sample types: inuse_objects, alloc_space, alloc_objects."},
		{Allocs, "alloc_space", false, "heap", "Every byte allocated since the program started, freed or not. What makes the garbage collector work is here, not in heap."},
		{Goroutine, "goroutine", false, "goroutine", "Where every goroutine is right now, by stack. A count that only grows is a goroutine leak."},
		{Block, "delay", false, "contention", "Time goroutines waited on channels, selects, mutexes and wait groups. Empty unless the program calls runtime.SetBlockProfileRate."},
		{Mutex, "delay", false, "contention", "Time others waited for a lock, charged to the code that held it. Empty unless the program calls runtime.SetMutexProfileFraction."},
		{ThreadCreate, "threadcreate", false, "threadcreate", "Stacks that led to a new operating system thread. Many threads mean many blocking system calls or much cgo."},
		{Trace, "", true, "trace", "An execution trace: every scheduling, system call and collection event while it was watched. Not a pprof profile; open it with go tool trace."},
	}
}

func (k Kind) facts() (kindFacts, bool) {
	all := facts()
	i := slices.IndexFunc(all, func(f kindFacts) bool { return f.kind == k })
	if i < 0 {
		return kindFacts{}, false
	}
	return all[i], true
}

// Kinds lists every kind, the most asked for first.
func Kinds() []Kind {
	all := facts()
	kinds := make([]Kind, len(all))
	for i, f := range all {
		kinds[i] = f.kind
	}
	return kinds
}

// ParseKind reads a kind by name, in any case. "profile" is cpu, as in pprof's
// addresses. The error lists the names there are.
func ParseKind(s string) (Kind, error) {
	k := Kind(strings.ToLower(strings.TrimSpace(s)))
	if k == "profile" {
		return CPU, nil
	}
	if _, ok := k.facts(); ok {
		return k, nil
	}
	names := make([]string, 0, 8)
	for _, k := range Kinds() {
		names = append(names, string(k))
	}
	return "", fmt.Errorf("unknown profile kind %q: use one of %s", s, strings.Join(names, ", "))
}

// Explain says in a few sentences what a profile of this kind shows.
func (k Kind) Explain() string {
	f, _ := k.facts()
	return f.explanation
}

// SampleType is the sample type shown first for this kind ("" for a trace).
func (k Kind) SampleType() string {
	f, _ := k.facts()
	return f.sampleType
}

// Timed reports whether a capture of this kind lasts for a duration; the others
// are a picture of one moment.
func (k Kind) Timed() bool {
	f, _ := k.facts()
	return f.timed
}

// Ext is the ending of a file of this kind.
func (k Kind) Ext() string {
	if k == Trace {
		return ".trace"
	}
	return ".pb.gz"
}

// sameFamily reports whether a profile found to be of kind got can be what was
// asked for as k: heap and allocs look alike, and so do block and mutex.
func (k Kind) sameFamily(got Kind) bool {
	a, _ := k.facts()
	b, _ := got.facts()
	return a.family == b.family
}

// kindOf tells a profile's kind from its sample types, "" if it is none of ours.
// A mutex profile can't be told from a block profile; the answer is block.
func kindOf(raw *profile.Profile) Kind {
	has := func(name string) bool {
		return slices.ContainsFunc(raw.SampleType, func(t *profile.ValueType) bool { return t.Type == name })
	}
	switch {
	case has("cpu"):
		return CPU
	case has("inuse_space") && raw.DefaultSampleType == "alloc_space":
		return Allocs
	case has("inuse_space"):
		return Heap
	case has("goroutine"):
		return Goroutine
	case has("contentions"):
		return Block
	case has("threadcreate"):
		return ThreadCreate
	}
	return ""
}
