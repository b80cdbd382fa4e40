package client

import (
	"context"
	"errors"
	"math/bits"
	"os"
	"runtime"
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
	began  uint64        // how many answers the lane had received
	until  time.Time     // zero: without end
	long   bool          // it has long enough to tell a frozen peer
	keep   bool          // the body's memory is the caller's
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
	alarm  *time.Timer    // set off at due, if that is not zero

	mu       sync.Mutex
	slots    [laneSlots]*flight // nil: free, or given up by its caller if the bit in taken is set
	taken    uint64
	sizes    [laneSlots]int
	usable   uint64 // the slots that the peer allows
	bytes    int
	waiting  int    // callers that wait for an answer
	received uint64 // answers
	due      time.Time
	retired  bool // takes no new calls
	closed   bool
}

// take takes a slot for a call that has so long. It returns nil when the lane has no room.
func (l *lane) take(size int, until time.Time, left time.Duration) (*flight, int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	free := l.usable &^ l.taken
	if l.retired || free == 0 || l.bytes+size > laneBytes {
		return nil, 0
	}
	slot := bits.TrailingZeros64(free)
	f := flights.Get().(*flight) //nolint:forcetypeassert // the pool holds nothing else
	f.began, f.until, f.long = l.received, until, left >= silence
	l.taken |= 1 << slot
	l.slots[slot], l.sizes[slot] = f, size
	l.bytes += size
	l.waiting++
	l.setAlarm(until)
	return f, slot
}

var flights = sync.Pool{New: func() any { return &flight{done: make(chan struct{}, 1)} }}

// setAlarm makes sure that the lane looks at its calls at the given time; the zero time is none. One timer is enough for
// all: their deadlines come mostly in the order of the calls, and then it is not moved. l.mu is held.
func (l *lane) setAlarm(at time.Time) {
	if at.IsZero() || l.closed || !l.due.IsZero() && !at.Before(l.due) {
		return
	}
	if l.due = at; l.alarm == nil {
		l.alarm = time.AfterFunc(time.Until(at), l.look)
	} else {
		l.alarm.Reset(time.Until(at))
	}
}

// look ends the calls whose deadline has come.
func (l *lane) look() {
	var late []*flight
	l.mu.Lock()
	now, next := time.Now(), time.Time{}
	for slot, f := range l.slots {
		switch {
		case f == nil || f.until.IsZero():
		case !now.Before(f.until):
			late = append(late, f)
			l.giveUp(f, slot, true)
		case next.IsZero() || f.until.Before(next):
			next = f.until
		}
	}
	l.due = time.Time{}
	l.setAlarm(next)
	over := l.isOver()
	l.mu.Unlock()
	for _, f := range late {
		f.err = os.ErrDeadlineExceeded
		f.done <- struct{}{}
	}
	if over {
		l.close()
	}
}

// giveUp ends the waiting for an answer. The slot stays taken until that comes. A peer that sent nothing while a call that
// is late had long enough is frozen: the lane takes no more calls. l.mu is held.
func (l *lane) giveUp(f *flight, slot int, late bool) {
	l.slots[slot] = nil
	l.waiting--
	if late && f.long && l.received == f.began {
		l.retired = true
	}
}

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
	select {
	case <-f.done:
		return f.err
	case <-deadline.Cancelled(ctx):
	}
	if !l.leave(f, slot, false, errors.Is(ctx.Err(), context.DeadlineExceeded)) { // the caller's own may be the first to tell
		<-f.done // it came at the last moment
		return f.err
	}
	return ctx.Err()
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
// sent.
func (l *lane) leave(f *flight, slot int, unsent, late bool) bool {
	l.mu.Lock()
	if l.slots[slot] != f {
		l.mu.Unlock()
		return false
	}
	l.giveUp(f, slot, late)
	if unsent {
		l.freeSlot(slot)
	}
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
	l.stopAlarm()
	_ = l.conn.Close() // the reader ends
	close(l.ended)
}

func (l *lane) stopAlarm() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.alarm != nil {
		l.alarm.Stop()
	}
}

// write writes what is queued, until the lane is closed.
func (l *lane) write() {
	for {
		select {
		case <-l.kick:
		case <-l.ended:
			return
		}
		runtime.Gosched() // callers that are ready to queue theirs do so first: more leaves with one write
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
