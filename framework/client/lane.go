package client

import (
	"context"
	"math/bits"
	"os"
	"sync"
	"time"

	"github.com/microtop/microtop/framework/internal/deadline"
	"github.com/microtop/microtop/framework/transport"
)

const (
	// laneSlots is the most calls in flight on one lane.
	laneSlots = 64
	// laneBytes bounds the requests in flight on one lane: so many always fit into the transport's queue, so that no
	// caller ever waits for a peer that does not read.
	laneBytes = 24 << 10
	// laneSize and laneHeaders bound a request that goes by a lane; a larger one gets a connection. A peer that refuses a
	// request for its size closes the connection, which must not hit others.
	laneSize    = 6 << 10
	laneHeaders = 64
	// headSize is what a request's head needs beside its headers, and lineSize a header beside its name and value.
	headSize = 96
	lineSize = 4
)

// flight is one call on a lane. It is used again once it is answered.
type flight struct {
	answer answer
	err    error
	done   chan struct{} // told once, when answer or err is there
	size   int
	began  uint64 // how many answers the lane had received
	keep   bool   // the body's memory is the caller's
}

// lane is a connection with many calls in flight, whose answers may overtake each other. Only servers that announce it
// take that (micro-pipeline in their node's metadata). One goroutine writes what callers queued, one reads.
type lane struct {
	home   *lanes
	conn   transport.Client
	lists  transport.Fielder
	key    laneKey
	ids    [laneSlots]string
	slotOf map[string]int
	kick   chan struct{} // something is queued
	ended  chan struct{}
	expiry *time.Timer
	group  sync.WaitGroup // the two goroutines

	mu       sync.Mutex
	slots    [laneSlots]*flight // nil: free, or given up by its caller if the bit in taken is set
	taken    uint64
	sizes    [laneSlots]int
	usable   uint64 // the slots that the peer allows
	bytes    int
	waiting  int    // callers that wait for an answer
	received uint64 // answers
	retired  bool   // takes no new calls
	closed   bool
}

// take takes a slot for a call. It returns nil when the lane has no room.
func (l *lane) take(size int) (*flight, int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	free := l.usable &^ l.taken
	if l.retired || free == 0 || l.bytes+size > laneBytes {
		return nil, 0
	}
	slot := bits.TrailingZeros64(free)
	f := flights.Get().(*flight) //nolint:forcetypeassert // the pool holds nothing else
	f.size, f.began = size, l.received
	l.taken |= 1 << slot
	l.slots[slot], l.sizes[slot] = f, size
	l.bytes += size
	l.waiting++
	return f, slot
}

var flights = sync.Pool{New: func() any { return &flight{done: make(chan struct{}, 1)} }}

// release lets the flight be used again.
func (f *flight) release() {
	if f.err = nil; f.keep {
		f.answer.Body, f.keep = nil, false
	}
	flights.Put(f)
}

// roundTrip sends the request and waits for its answer, for the deadline or for the end of ctx. A call that is given up
// leaves the lane as it was: its answer will be dropped.
func (l *lane) roundTrip(ctx context.Context, x *outgoing, f *flight, slot int) error {
	x.setID(l.ids[slot])
	if err := l.lists.QueueFields(x.list, x.body); err != nil {
		if !l.leave(f, slot, true, false) {
			<-f.done // it ended with the connection
		}
		return err
	}
	select {
	case l.kick <- struct{}{}:
	default: // the writer knows
	}
	wait, late, stop := after(ctx)
	defer stop()
	frozen := false
	select {
	case <-f.done:
		return f.err
	case <-late:
		frozen = wait >= silence
	case <-deadline.Cancelled(ctx):
	}
	if !l.leave(f, slot, false, frozen) {
		<-f.done // it came at the last moment
		return f.err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return os.ErrDeadlineExceeded
}

var timers = sync.Pool{New: func() any {
	t := time.NewTimer(time.Hour)
	t.Stop()
	return t
}}

// after returns a channel that tells when ctx's deadline has come, and how long that is from now.
func after(ctx context.Context) (time.Duration, <-chan time.Time, func()) {
	end, ok := ctx.Deadline()
	if !ok {
		return 0, nil, func() {}
	}
	t := timers.Get().(*time.Timer) //nolint:forcetypeassert // the pool holds nothing else
	wait := time.Until(end)
	t.Reset(wait)
	return wait, t.C, func() {
		t.Stop()
		timers.Put(t)
	}
}

// leave gives a call up, unless it is over already. Its slot stays taken until the late answer comes, unless nothing was
// sent. If it waited long enough to call a peer frozen that sent nothing meanwhile, the lane takes no more calls.
func (l *lane) leave(f *flight, slot int, unsent, frozen bool) bool {
	l.mu.Lock()
	if l.slots[slot] != f {
		l.mu.Unlock()
		return false
	}
	l.slots[slot] = nil
	if unsent {
		l.freeSlot(slot)
	}
	if frozen && l.received == f.began {
		l.retired = true
	}
	l.waiting--
	over := l.isOver()
	l.mu.Unlock()
	if over {
		l.close()
	}
	return true
}

// freeSlot makes room. l.mu is held.
func (l *lane) freeSlot(slot int) {
	l.taken &^= 1 << slot
	l.bytes -= l.sizes[slot]
	l.sizes[slot] = 0
}

// isOver reports whether the lane is of no more use. l.mu is held.
func (l *lane) isOver() bool { return l.retired && l.waiting == 0 && !l.closed }

// retire lets the lane take no more calls. It is closed with the last one.
func (l *lane) retire() {
	l.mu.Lock()
	l.retired = true
	over := l.isOver()
	l.mu.Unlock()
	if over {
		l.close()
	}
}

func (l *lane) isClosed() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.closed
}

// close ends the connection, and with it the goroutines.
func (l *lane) close() {
	l.mu.Lock()
	closed := l.closed
	l.closed, l.retired = true, true
	l.mu.Unlock()
	if closed {
		return
	}
	l.expiry.Stop()
	_ = l.conn.Close() // the reader ends
	close(l.ended)
}

// write writes what is queued, until the lane is closed.
func (l *lane) write() {
	for {
		select {
		case <-l.kick:
		case <-l.ended:
			return
		}
		if l.lists.Flush() != nil {
			_ = l.conn.Close() // the reader ends, and tells everybody
			return
		}
	}
}

// read hands out the answers, until the connection is lost.
func (l *lane) read() {
	in := new(answer)
	for {
		if err := in.recv(l.conn, l.lists); err != nil {
			l.lose(err)
			return
		}
		if !l.deliver(in) {
			return
		}
	}
}

// deliver hands an answer to its call; one that nobody waits for is dropped. It reports false when that was the last.
func (l *lane) deliver(in *answer) bool {
	slot, known := l.slotOf[in.id]
	if in.draining {
		l.home.forget(l)
	}
	l.mu.Lock()
	l.received++
	if in.draining {
		l.retired = true
	}
	var f *flight
	if known {
		if f = l.slots[slot]; f != nil {
			l.slots[slot] = nil
			l.waiting--
		}
		if l.taken&(1<<slot) != 0 {
			l.freeSlot(slot)
		}
	}
	over := l.isOver()
	l.mu.Unlock()
	if f != nil {
		f.answer, *in = *in, f.answer
		f.done <- struct{}{}
	}
	if over {
		l.home.forget(l)
		l.close()
	}
	return !over
}

// lose fails the calls in flight.
func (l *lane) lose(err error) {
	l.home.forget(l)
	l.close()
	l.mu.Lock()
	var lost []*flight
	for i, f := range l.slots {
		if f != nil {
			lost = append(lost, f)
			l.slots[i] = nil
			l.waiting--
		}
	}
	l.mu.Unlock()
	for _, f := range lost {
		f.err = err
		f.done <- struct{}{}
	}
}
