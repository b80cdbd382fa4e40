// Package leaktest checks that starting and stopping something leaves nothing.
package leaktest

import (
	"os"
	"runtime"
	"testing"
	"time"
)

const (
	shortRounds, longRounds = 20, 200
	// settled is how long goroutines and descriptors have to go after the last round.
	settled = 5 * time.Second
	// heapNoise is how far two heaps may differ of which neither has grown.
	heapNoise = 512 << 10
)

// Rounds runs a round 20 times, 200 with NIGHTLY=1, and fails unless there are as many goroutines, descriptors and bytes
// on the heap as after a few rounds before. A round starts and stops everything that it uses. Nothing else may run.
func Rounds(t *testing.T, round func()) {
	t.Helper()
	rounds := shortRounds
	if os.Getenv("NIGHTLY") == "1" {
		rounds = longRounds
	}
	for range 3 {
		round()
	}
	goroutines, descriptors, before := runtime.NumGoroutine(), Descriptors(), heap()
	for range rounds {
		round()
	}
	for end := time.Now().Add(settled); runtime.NumGoroutine() > goroutines || Descriptors() > descriptors; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("after %d rounds: goroutines %d → %d, descriptors %d → %d", rounds, goroutines, runtime.NumGoroutine(), descriptors, Descriptors())
		}
	}
	after := heap()
	t.Logf("%d rounds: %d goroutines, %d descriptors, heap %d → %d bytes", rounds, goroutines, descriptors, before, after)
	if after > before+heapNoise {
		t.Errorf("after %d rounds: heap %d → %d bytes", rounds, before, after)
	}
}

// Descriptors is how many files and sockets this process has open; 0 where that cannot be told.
func Descriptors() int {
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return 0
	}
	return len(entries)
}

func heap() uint64 {
	var m runtime.MemStats
	runtime.GC() // what pools hold goes with the second
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
