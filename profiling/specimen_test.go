package profiling_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"math/rand/v2"
	"runtime"
	"runtime/pprof"
	"sync"
	"testing"
	"time"

	"github.com/google/pprof/profile"

	"github.com/microtop/microtop/profiling"
)

//go:noinline
func scoreCandidates(n int) (sum byte) {
	for i := range n {
		h := sha256.Sum256([]byte{byte(i), sum})
		sum += h[0]
	}
	return sum
}

// descend calls itself before it burns, so that recursion shows in cum.
//
//go:noinline
func descend(depth, n int) byte {
	if depth == 0 {
		return scoreCandidates(n)
	}
	return descend(depth-1, n) + scoreCandidates(n/8)
}

//go:noinline
func hoard() [][]byte {
	var kept [][]byte
	for range 256 {
		kept = append(kept, make([]byte, 64<<10))
	}
	return kept
}

// realCPU is a CPU profile of this process busy in scoreCandidates. Only one CPU
// profile can run in a process, so all tests share it.
var realCPU = sync.OnceValue(func() []byte {
	var b bytes.Buffer
	if err := pprof.StartCPUProfile(&b); err != nil {
		panic(err)
	}
	for end := time.Now().Add(600 * time.Millisecond); time.Now().Before(end); {
		descend(5, 400)
	}
	pprof.StopCPUProfile()
	return b.Bytes()
})

var realHeap = sync.OnceValue(func() []byte {
	kept := hoard()
	runtime.GC()
	runtime.GC()
	data := lookup("heap")
	runtime.KeepAlive(kept)
	return data
})

func lookup(name string) []byte {
	var b bytes.Buffer
	if err := pprof.Lookup(name).WriteTo(&b, 0); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// realGoroutines is a goroutine profile with 7 labelled goroutines parked in
// parked.
func realGoroutines(t *testing.T) []byte {
	t.Helper()
	release := make(chan struct{})
	var wg, up sync.WaitGroup
	up.Add(7)
	for range 7 {
		wg.Go(func() {
			pprof.Do(context.Background(), pprof.Labels("order", "17"), func(context.Context) {
				up.Done()
				parked(release)
			})
		})
	}
	up.Wait()
	for deadline := time.Now().Add(5 * time.Second); ; {
		data := lookup("goroutine")
		groups, err := profiling.GoroutineGroups(parse(t, data), profiling.Options{})
		if err != nil {
			t.Fatal(err)
		}
		for _, g := range groups {
			if g.Count == 7 && g.Wait == "chan receive" {
				close(release)
				wg.Wait()
				return data
			}
		}
		if time.Now().After(deadline) {
			t.Fatalf("seven goroutines never parked: %+v", groups)
		}
		runtime.Gosched()
	}
}

//go:noinline
func parked(release chan struct{}) { <-release }

func parse(tb testing.TB, data []byte) *profiling.Profile {
	tb.Helper()
	p, err := profiling.Parse(bytes.NewReader(data), profiling.Limits{})
	if err != nil {
		tb.Fatal(err)
	}
	return p
}

// stack is one sample of a made-up profile: functions from root to leaf.
type stack struct {
	value int64
	funcs []string
}

// draft builds a CPU-like profile out of stacks.
func draft(stacks ...stack) *profile.Profile {
	p := &profile.Profile{SampleType: []*profile.ValueType{{Type: "samples", Unit: "count"}, {Type: "cpu", Unit: "nanoseconds"}}}
	locations := map[string]*profile.Location{}
	for _, s := range stacks {
		sample := &profile.Sample{Value: []int64{s.value / 10, s.value}}
		for i := len(s.funcs) - 1; i >= 0; i-- {
			name := s.funcs[i]
			l := locations[name]
			if l == nil {
				id := uint64(len(locations) + 1)
				f := &profile.Function{ID: id, Name: name, SystemName: name, Filename: "/src/" + name + ".go", StartLine: 10}
				l = &profile.Location{ID: id, Address: id * 16, Line: []profile.Line{{Function: f, Line: 12}}}
				locations[name] = l
				p.Function, p.Location = append(p.Function, f), append(p.Location, l)
			}
			sample.Location = append(sample.Location, l)
		}
		p.Sample = append(p.Sample, sample)
	}
	return p
}

func encode(tb testing.TB, p *profile.Profile) []byte {
	tb.Helper()
	var b bytes.Buffer
	if err := p.Write(&b); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

func fake(tb testing.TB, stacks ...stack) *profiling.Profile {
	tb.Helper()
	return parse(tb, encode(tb, draft(stacks...)))
}

// big is a profile of n distinct stacks of 30 frames over 2,000 functions.
func big(tb testing.TB, n int) *profiling.Profile {
	tb.Helper()
	rnd := rand.New(rand.NewPCG(1, 2))
	stacks := make([]stack, n)
	for i := range stacks {
		s := stack{value: 10 + rnd.Int64N(1e6)}
		for depth := range 30 {
			s.funcs = append(s.funcs, fmt.Sprintf("shop/part%d.fn%d", depth, rnd.IntN(66)))
		}
		stacks[i] = s
	}
	return fake(tb, stacks...)
}
