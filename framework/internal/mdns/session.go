package mdns

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"sync"
	"time"
)

// session is the time that a Peer has its sockets.
type session struct {
	peer  *Peer
	conns []Conn
	jobs  chan order
	done  chan struct{} // closed by close
	group sync.WaitGroup
}

// origin is where a datagram came from.
type origin struct {
	conn  Conn
	from  netip.AddrPort
	iface int
}

// job is something to tell everybody.
type job struct {
	what announcing
	pub  *publication
}

type order struct {
	job
	result chan error
}

type announcing int

const (
	announce announcing = iota
	goodbye
	probe
)

// step is a job that waits for its time. Once told, an entry is probed for and told again, as docs/wire.md §5.3 has it.
type step struct {
	at time.Time
	job
	id uint16 // of probes
}

const rejoinEvery = 15 * time.Second // interfaces may come up later

func startSession(p *Peer, conns []Conn) *session {
	s := &session{peer: p, conns: conns, jobs: make(chan order), done: make(chan struct{})}
	for _, c := range conns {
		s.group.Go(func() { p.read(c, s.done, p.receive) })
	}
	s.group.Go(s.announcer)
	return s
}

// close closes the sockets and waits for what uses them.
func (s *session) close() {
	close(s.done)
	for _, c := range s.conns {
		_ = c.Close()
	}
	s.group.Wait()
}

// do has a job done and waits for it. The caller is a user of the session, so it stays open meanwhile.
func (s *session) do(ctx context.Context, j job) error {
	o := order{j, make(chan error, 1)}
	select {
	case s.jobs <- o:
		return <-o.result
	case <-ctx.Done():
		return ctx.Err()
	}
}

// announcer sends all multicasts of the session, so that they leave in one order: a goodbye is the last word.
func (s *session) announcer() {
	var waiting []step
	rejoin := time.NewTicker(rejoinEvery)
	defer rejoin.Stop()
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		var next time.Duration
		waiting, next = s.due(waiting)
		timer.Reset(next)
		select {
		case <-s.done:
			return
		case <-rejoin.C:
			for _, c := range s.conns {
				_ = c.Join() // what does not work now may later
			}
		case <-timer.C:
		case o := <-s.jobs:
			err := s.tell(o.job, 0)
			if err == nil && o.what == announce {
				waiting = append(waiting, repetitions(o.pub)...)
			}
			o.result <- err
		}
	}
}

func repetitions(pub *publication) []step {
	now, id := time.Now(), uint16(rand.Uint32()) //nolint:gosec // nothing depends on it
	var steps []step
	at := now
	for range 3 {
		at = at.Add(time.Duration(rand.Int64N(int64(250 * time.Millisecond)))) //nolint:gosec // a spread in time
		steps = append(steps, step{at, job{probe, pub}, id})
	}
	return append(steps,
		step{now.Add(time.Second), job{announce, pub}, 0},
		step{now.Add(3 * time.Second), job{announce, pub}, 0})
}

// due does the steps whose time has come and returns the others, and how long to wait for the next of them.
func (s *session) due(waiting []step) ([]step, time.Duration) {
	now, next := time.Now(), time.Hour
	left := waiting[:0]
	for _, w := range waiting {
		if wait := w.at.Sub(now); wait > 0 {
			left = append(left, w)
			next = min(next, wait)
			continue
		}
		_ = s.tell(w.job, w.id) // a repetition; failures are counted
	}
	clear(waiting[len(left):])
	return left, next
}

// tell sends a job's packet to everybody. What has been overtaken is not said any more.
func (s *session) tell(j job, id uint16) error {
	it, other := s.peer.announced(j.pub)
	if j.what == goodbye && other || j.what != goodbye && !it {
		return nil
	}
	var packet []byte
	var err error
	switch j.what {
	case goodbye:
		packet, err = j.pub.entry.announcement(0)
	case probe:
		packet, err = j.pub.entry.probe(id)
	default:
		packet, err = j.pub.entry.announcement(ttl)
	}
	if err != nil {
		return err
	}
	return s.peer.multicast(s.conns, packet, j.pub.entry.hostOnly())
}

// multicast sends a packet with every socket and fails if none can.
func (p *Peer) multicast(conns []Conn, packet []byte, hostOnly bool) error {
	var first error
	sent := 0
	for _, c := range conns {
		if err := c.Multicast(packet, hostOnly); err != nil {
			p.counters.failed.Add(1)
			first = cmp.Or(first, err)
			continue
		}
		sent++
	}
	p.counters.sent.Add(uint64(sent))
	if sent > 0 {
		return nil
	}
	return fmt.Errorf("%w: %w", ErrUnavailable, first)
}
