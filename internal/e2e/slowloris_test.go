package e2e_test

import (
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/microtop/microtop/framework/client"
)

// TestS04_SlowPeers holds hundreds of connections open against one node, each in a way of its own: those that never
// finish a header are let go within six seconds, a good client notices nothing, and a connection costs at most 64 KiB.
func TestS04_SlowPeers(t *testing.T) {
	w := newWorkers(t)
	node := w.start()
	addr := w.address(node.id)
	before := residentBytes(t, node.cmd.Process.Pid)
	const each = 150
	var crowd slowPeers
	t.Cleanup(crowd.close)
	heads := crowd.add(t, addr, each, "POST / HTTP/1.1\r\n")     // then a byte a second
	silent := crowd.add(t, addr, each, "")                       // nothing after the accept
	bodies := crowd.add(t, addr, each, halfBody+"{")             // 30 s for the rest, the limit of a body
	readers := crowd.add(t, addr, each, strings.Repeat(ask, 50)) // answers that nobody takes
	begin := time.Now()
	l := startLoad(t, w.dir, 100, client.Idempotent())
	var closing sync.WaitGroup
	gone := make([]time.Duration, 0, 2*each)
	var mu sync.Mutex
	crowd.drip(heads)
	for _, conn := range slices.Concat(heads, silent) {
		closing.Go(func() {
			_, _ = io.Copy(io.Discard, conn) // until the server has had enough
			mu.Lock()
			defer mu.Unlock()
			gone = append(gone, time.Since(begin))
		})
	}
	pause(t.Context(), 3*time.Second)
	per := (residentBytes(t, node.cmd.Process.Pid) - before) / (4 * each)
	closing.Wait()
	results := l.stop()
	mustAllSucceed(t, results, 300)
	p99 := percentile(results, 0.99)
	slices.Sort(gone)
	t.Logf(`{"id": "S-04", "connections": %d, "calls": %d, "p99Ms": %d, "bytesPerConnection": %d, "headersClosedMs": %d, "stillThere": %d}`,
		4*each, len(results), p99.Milliseconds(), per, gone[len(gone)-1].Milliseconds(), len(bodies)+len(readers))
	if last := gone[len(gone)-1]; last > span(10*time.Second, 6500*time.Millisecond) {
		t.Errorf("a connection that sends no header was held for %v, want at most 6 s", last)
	}
	if per > 64<<10 && !raceDetector {
		t.Errorf("%d bytes a connection, want at most 64 KiB", per)
	}
	if p99 > span(3*time.Second, 500*time.Millisecond) { // 50 ms where nothing else runs
		t.Errorf("the good client's p99 is %v", p99)
	}
}

const (
	halfBody = "POST / HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: 4000000\r\n\r\n"
	ask      = "POST / HTTP/1.1\r\nContent-Type: application/json\r\nMicro-Endpoint: Debug.Health\r\nContent-Length: 2\r\n\r\n{}"
)

// slowPeers are raw connections that are closed together.
type slowPeers struct {
	conns []net.Conn
	stop  chan struct{} // closed when no more is to be sent; nil before anything drips
	drops sync.WaitGroup
}

// add opens n connections that begin in the same way.
func (s *slowPeers) add(t *testing.T, addr string, n int, begin string) []net.Conn {
	t.Helper()
	var added []net.Conn
	for range n {
		conn, err := (&net.Dialer{Timeout: 5 * time.Second}).DialContext(t.Context(), "tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		s.conns, added = append(s.conns, conn), append(added, conn)
		if _, err := io.WriteString(conn, begin); err != nil {
			t.Fatal(err)
		}
	}
	return added
}

func (s *slowPeers) close() {
	if s.stop != nil {
		close(s.stop)
		s.drops.Wait()
	}
	for _, conn := range s.conns {
		_ = conn.Close()
	}
}

// drip sends a byte of a header a second on each connection, until they are closed.
func (s *slowPeers) drip(conns []net.Conn) {
	s.stop = make(chan struct{})
	s.drops.Go(func() {
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
			case <-s.stop:
				return
			}
			for _, conn := range conns {
				_, _ = conn.Write([]byte("X")) // fails once the server has had enough
			}
		}
	})
}

// address is where the node listens.
func (w *workers) address(id string) string {
	w.t.Helper()
	for _, n := range w.nodes() {
		if n.Id == id {
			return n.Address
		}
	}
	w.t.Fatalf("no node %s in the registry", id)
	return ""
}

// residentBytes is the memory that a process holds.
func residentBytes(t *testing.T, pid int) int {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
	if os.IsNotExist(err) {
		t.Skip("not run: no /proc to read memory from")
	}
	if err != nil {
		t.Fatal(err)
	}
	pages, err := strconv.Atoi(strings.Fields(string(text))[1])
	if err != nil {
		t.Fatal(err)
	}
	return pages * os.Getpagesize()
}
