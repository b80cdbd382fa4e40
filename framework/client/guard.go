package client

import (
	"context"
	"sync"
	"time"

	"github.com/microtop/microtop/framework/internal/deadline"
)

// guardPeriod is how often calls under way are looked at.
const guardPeriod = 4 * time.Millisecond

// guards end calls whose context is cancelled. A context that is asked to tell costs memory and takes its lock, for calls
// that are mostly over by then: contexts are looked at, and only that of a call that is met twice is asked. The zero value
// is ready; there is a timer only while there are calls. Safe for concurrent use.
type guards struct {
	mu    sync.Mutex
	met   map[*conn]uint64 // the turn in which a connection was met last
	timer *time.Timer
	ticks bool // timer is set
}

// guarded is what guards know of a connection.
type guarded struct {
	mu        sync.Mutex
	turn      uint64          // odd during a call
	ctx       context.Context //nolint:containedctx // the call's
	stop      func() bool     // of the context that was asked to tell; nil if none was
	cancelled bool            // the connection is closed for it
	watched   bool            // it is in guards.met
}

// begin makes the call that follows on the connection end with ctx.
func (g *guards) begin(ctx context.Context, c *conn) {
	end, _ := ctx.Deadline() // the zero time is none
	inexact := c.deadline == nil || c.deadline.SetDeadline(end) != nil
	if c.guarded.begin(ctx, inexact, c.closeIt) {
		g.add(c)
	}
}

// begin reports whether the connection is to be watched from now on.
func (g *guarded) begin(ctx context.Context, ask bool, end func()) (watch bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.turn++
	switch {
	case ask:
		g.stop = context.AfterFunc(ctx, end)
	case deadline.Cancelled(ctx) != nil:
		g.ctx = ctx
		watch, g.watched = !g.watched, true
	}
	return watch
}

// end reports whether the call was left alone. Else the connection is being closed.
func (g *guarded) end() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.turn++
	stop := g.stop
	g.ctx, g.stop = nil, nil
	return (stop == nil || stop()) && !g.cancelled
}

// look looks at a connection that was met in a turn before. It reports the turn it is met in now, and whether it is to be
// met again.
func (g *guarded) look(met uint64, end func()) (turn uint64, again bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case g.ctx != nil && isClosed(deadline.Cancelled(g.ctx)):
		g.cancelled = true
	case g.turn != met:
		return g.turn, true
	case g.ctx != nil:
		g.stop = deadline.OnCancel(g.ctx, end)
	}
	g.watched = false
	return g.turn, false
}

func isClosed(done <-chan struct{}) bool {
	select {
	case <-done:
		return true
	default:
		return false
	}
}

func (g *guards) add(c *conn) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.met == nil {
		g.met = make(map[*conn]uint64)
	}
	g.met[c] = 0
	g.setTimer()
}

// setTimer lets look be called once. g.mu is held.
func (g *guards) setTimer() {
	switch {
	case g.ticks:
	case g.timer == nil:
		g.timer = time.AfterFunc(guardPeriod, g.look)
	default:
		g.timer.Reset(guardPeriod)
	}
	g.ticks = true
}

// look closes the connections of calls whose context has ended. It forgets connections without a call since the last
// time, and those whose context tells.
func (g *guards) look() {
	var closing []*conn
	g.mu.Lock()
	for c, met := range g.met {
		turn, again := c.guarded.look(met, c.closeIt)
		switch {
		case again:
			g.met[c] = turn
		default:
			delete(g.met, c)
			closing = append(closing, c)
		}
	}
	if g.ticks = false; len(g.met) > 0 {
		g.setTimer()
	}
	g.mu.Unlock()
	for _, c := range closing {
		if c.guarded.isCancelled() {
			c.closeIt()
		}
	}
}

func (g *guarded) isCancelled() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.cancelled
}
