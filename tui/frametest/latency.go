package frametest

import (
	"os"
	"runtime"
	"slices"
	"strings"
	"time"
)

// KeyToFrame presses keys and returns how long 99 of 100 took until the screen showed what they do. next says which key is
// the ith, and what is shown then.
func (x *Terminal) KeyToFrame(keys int, next func(i int) (key, shown string)) time.Duration {
	x.t.Helper()
	took := make([]time.Duration, 0, keys)
	for i := range keys {
		key, shown := next(i)
		begin := time.Now()
		x.Keys(key)
		for !strings.Contains(x.Screen(), shown) {
			if time.Since(begin) > patience {
				x.t.Fatalf("no %q:\n%s", shown, x.Screen())
			}
			time.Sleep(time.Millisecond)
		}
		took = append(took, time.Since(begin))
	}
	slices.Sort(took)
	return took[len(took)*99/100]
}

// KeyLimit is how long a key may take to show while something else goes on, if it takes quiet otherwise: twenty times as long
// as that or a frame, since the machine may be busy too, and four times as long in the nightly run.
func KeyLimit(quiet time.Duration) time.Duration {
	times := time.Duration(20)
	if os.Getenv("NIGHTLY") == "1" {
		times = 4
	}
	return times * max(Frame, quiet)
}

// Heap is what is in use, in bytes.
func Heap() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
