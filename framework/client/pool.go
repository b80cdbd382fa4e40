package client

import (
	"slices"
	"sync"
	"time"

	"github.com/microtop/microtop/framework/transport"
)

// conn is a connection for one call at a time.
type conn struct {
	transport.Client

	address  string
	created  time.Time
	era      int                  // of the pool that made it
	reused   bool                 // it served a call before
	since    time.Time            // when it was put back
	rested   time.Duration        // how long it was idle before it was taken out
	peer     transport.PeerCloser // nil if the transport cannot tell
	deadline transport.Deadliner
	lists    transport.Fielder // nil if the transport knows no lists
	answer   answer            // received last
	kept     bool              // whoever got that answer may keep its body
	settled  string            // the id of the call that was answered last
	guarded  guarded
	closeIt  func() // Close, for callbacks
}

func newConn(c transport.Client, address string, era int) *conn {
	out := &conn{Client: c, address: address, created: time.Now(), era: era}
	out.deadline, _ = c.(transport.Deadliner)
	out.lists, _ = c.(transport.Fielder)
	out.peer, _ = c.(transport.PeerCloser)
	out.closeIt = func() { _ = c.Close() } // whoever uses it sees that
	return out
}

// restless is how long a connection may be idle and still be used unseen: to look costs a system call, which busy
// connections need not pay.
const restless = time.Millisecond

// lost reports whether the peer has closed the idle connection.
func (c *conn) lost() bool { return c.rested >= restless && c.peer != nil && c.peer.PeerClosed() }

// send sends a message whose headers have their names in canonical form.
func (c *conn) send(list []transport.Field, body []byte) error {
	if c.lists != nil {
		return c.lists.SendFields(list, body)
	}
	return c.Send(&transport.Message{Header: headerOf(list), Body: body})
}

// recv receives into c.answer. The body's memory is used again only if the caller keeps nothing of it.
func (c *conn) recv(reuseBody bool) error {
	if c.kept = !reuseBody; c.kept {
		c.answer.Body = nil
	}
	return c.answer.recv(c.Client, c.lists)
}

// pool keeps idle connections by the address they were dialled with, and hands out the one used last. Connections live
// for ttl; idle ones are closed when it is over. It is safe for concurrent use.
type pool struct {
	mu    sync.Mutex
	idle  map[string][]*conn // the one used last at the end
	size  int                // per address
	ttl   time.Duration
	out   map[string]int // in use, by address
	era   int            // counts closings: connections of an earlier one are not kept
	timer *time.Timer    // set off when the oldest idle connection is due; nil if none is set
	swept chan struct{}  // closed when the timer's function, set or running, is done
}

func (p *pool) configure(size int, ttl time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.size, p.ttl = size, ttl
}

// idleTo returns an idle connection to the address that the peer has not closed, as far as can be seen, or nil. A request on
// one that was closed, as by kill -9, would be lost without a word whether it ran.
func (p *pool) idleTo(address string) *conn {
	for {
		c := p.get(address)
		if c == nil || !c.lost() {
			return c
		}
		_ = c.Close() // the peer did too
		p.giveBack(address)
	}
}

// get returns an idle connection to the address, or nil.
func (p *pool) get(address string) *conn {
	p.mu.Lock()
	defer p.mu.Unlock()
	list, now := p.idle[address], time.Now()
	for i, c := range slices.Backward(list) {
		if now.Sub(c.created) < p.ttl { // else the sweep is about to close it
			p.idle[address] = slices.Delete(list, i, i+1) // an empty list goes with the next sweep
			c.reused, c.rested = true, now.Sub(c.since)
			p.lend(address)
			return c
		}
	}
	return nil
}

// lend counts a connection in use. p.mu is held.
func (p *pool) lend(address string) {
	if p.out == nil {
		p.out = map[string]int{}
	}
	p.out[address]++
}

// claim counts a connection in that is about to be made, unless others to the address are in use.
func (p *pool) claim(address string, anyway bool) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !anyway && p.out[address] > 0 {
		return false
	}
	p.lend(address)
	return true
}

// giveBack counts a connection out.
func (p *pool) giveBack(address string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.out[address]--; p.out[address] <= 0 {
		delete(p.out, address)
	}
}

// put takes a connection back, or closes it.
func (p *pool) put(c *conn) {
	if c.kept {
		c.answer.Body = nil // it is the last caller's now
	}
	if !p.keep(c) {
		_ = c.Close() // nothing is under way on it
	}
}

func (p *pool) keep(c *conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	list := p.idle[c.address]
	c.since = time.Now()
	left := p.ttl - c.since.Sub(c.created)
	if c.era != p.era || left <= 0 || len(list) >= p.size {
		return false
	}
	if p.idle == nil {
		p.idle = map[string][]*conn{}
	}
	p.idle[c.address] = append(list, c)
	if p.timer == nil {
		p.setTimer(left)
	}
	return true
}

// setTimer lets the idle connections be swept after d. p.mu is held.
func (p *pool) setTimer(d time.Duration) {
	swept := make(chan struct{})
	p.swept = swept
	p.timer = time.AfterFunc(d, func() {
		defer close(swept)
		p.sweep()
	})
}

// sweep closes what is due, and sets itself off again when there is more.
func (p *pool) sweep() {
	var due []*conn
	p.mu.Lock()
	p.timer = nil
	next := time.Duration(-1)
	for address, list := range p.idle {
		kept := list[:0]
		for _, c := range list {
			left := p.ttl - time.Since(c.created)
			if left <= 0 {
				due = append(due, c)
				continue
			}
			kept = append(kept, c)
			if next < 0 || left < next {
				next = left
			}
		}
		clear(list[len(kept):])
		if p.idle[address] = kept; len(kept) == 0 {
			delete(p.idle, address)
		}
	}
	if next >= 0 {
		p.setTimer(next)
	}
	p.mu.Unlock()
	closeAll(due)
}

// drop closes the idle connections to an address, after one of them turned out to be of no more use.
func (p *pool) drop(address string) {
	p.mu.Lock()
	list := p.idle[address]
	delete(p.idle, address)
	p.mu.Unlock()
	closeAll(list)
}

// now returns the era that new connections belong to.
func (p *pool) now() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.era
}

// close closes every idle connection, and lets those in use be closed when they come back.
func (p *pool) close() {
	p.mu.Lock()
	p.era++
	var all []*conn
	for _, list := range p.idle {
		all = append(all, list...)
	}
	timer, swept := p.timer, p.swept
	p.idle, p.timer, p.swept = nil, nil, nil
	p.mu.Unlock()
	closeAll(all)
	if swept != nil && (timer == nil || !timer.Stop()) {
		<-swept
	}
}

func closeAll(list []*conn) {
	for _, c := range list {
		_ = c.Close() // nothing is under way on it
	}
}
