package stream_test

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/microtop/microtop/introspect/schema"
	"github.com/microtop/microtop/tui/frametest"
)

// While 100,000 messages come, a key shows on the screen within 50 ms in 99 of 100 cases, and memory stays bounded: at the
// best of three tries, as other tests run beside this one.
func TestKeysOfAFloodedScreen(t *testing.T) {
	for try := 1; ; try++ {
		p99, grown := flooded(t)
		if p99 <= frametest.Frame && grown <= 100 {
			return
		}
		if try == 3 {
			t.Fatalf("p99 %v, %d MB", p99, grown)
		}
	}
}

// flooded is how long a key took, and by how many MB the heap grew.
func flooded(t *testing.T) (p99 time.Duration, grown int64) {
	t.Helper()
	p := newPeer(schema.Bidi)
	x := open(t, 120, 40, p)
	x.Keys("ctrl+r")
	x.WaitFor("{}")
	x.Keys("ctrl+s")
	x.WaitFor("open ")
	messages := 100_000
	if frametest.Frame > 50*time.Millisecond { // under the race detector
		messages = 10_000
	}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	fed := make(chan struct{})
	go func() {
		defer close(fed)
		filler := strings.Repeat("x", 200)
		for i := range messages {
			p.in <- fmt.Appendf(nil, `{"number": %d, "text": "%s"}`, i, filler)
			if i%100 == 0 {
				time.Sleep(time.Millisecond) // some seconds in all, so that many keys fall into it
			}
		}
	}()
	x.Keys("ctrl+end")
	var took []time.Duration
	for i := 0; len(took) < 150; i++ {
		begin := time.Now()
		x.Keys("x")
		want := fmt.Sprintf("1:%d ", 4+i)
		for !strings.Contains(x.Screen(), want) {
			if time.Since(begin) > 5*time.Second {
				t.Fatalf("no %q:\n%s", want, x.Screen())
			}
			time.Sleep(200 * time.Microsecond)
		}
		took = append(took, time.Since(begin))
	}
	<-fed
	x.Until("all of them", func(screen string) bool { return strings.Contains(screen, fmt.Sprintf(`"number":%d,`, messages-1)) })
	runtime.GC()
	runtime.ReadMemStats(&after)
	slices.Sort(took)
	p99, grown = took[len(took)*99/100], (int64(after.HeapAlloc)-int64(before.HeapAlloc))>>20
	t.Logf(`{"id": "stream of %d messages", "keyToFrameP99Ms": %.1f, "limitMs": %d, "heapGrownMB": %d}`, messages, float64(p99.Microseconds())/1000, frametest.Frame.Milliseconds(), grown)
	return p99, grown
}

func TestMessagesAreOnlyCounted(t *testing.T) {
	p := newPeer(schema.Server)
	x := open(t, 120, 30, p)
	x.Keys("ctrl+s")
	x.WaitFor("open ")
	x.Keys("#")
	x.WaitFor("counting only")
	for i := range 500 {
		p.say(`{"text": "hidden %d"}`, i)
	}
	x.WaitFor("received 500")
	if strings.Contains(x.Screen(), "hidden") {
		t.Error("it is shown")
	}
	x.Keys("#")
	x.WaitFor("messages are shown again")
	p.say(`{"text": "seen"}`)
	x.WaitFor("seen")
	x.WaitFor("received 501")
}

func TestAFileIsSentLineByLine(t *testing.T) {
	p := newPeer(schema.Bidi)
	x := open(t, 120, 30, p)
	x.Keys("F")
	x.WaitFor("open the stream first")
	x.Keys("ctrl+s")
	x.WaitFor("● open")
	file := filepath.Join(t.TempDir(), "in.ndjson")
	if err := os.WriteFile(file, []byte("{\"text\":\"1\"}\n\n  {\"text\":\"2\"}\n{\"text\":\"3\"}"), 0o600); err != nil {
		t.Fatal(err)
	}
	x.Keys("F", file, "enter")
	x.WaitFor("sent 3 lines of in.ndjson")
	if got := strings.Join(p.sent(), " "); got != `{} {"text":"1"} {"text":"2"} {"text":"3"}` {
		t.Error(got)
	}
	if err := os.WriteFile(file, []byte("{\"text\":\"1\"}\nbad\n{\"text\":\"3\"}"), 0o600); err != nil {
		t.Fatal(err)
	}
	x.Keys("F", file, "enter")
	x.WaitFor("sent 1 lines of in.ndjson, then: line 2: text: no field of that name")
	x.Keys("F", file+".none", "enter")
	x.WaitFor("no such file")
	x.WaitFor("sent 5 ")
}
