package events

import (
	"time"

	"github.com/microtop/microtop/framework/limits"
)

// group is where some consumers have come to in a topic, together. The topic's mu guards it.
type group struct {
	topic   *topic
	key     string
	members []*consumer
	next    uint64               // number of the next event to give
	open    map[uint64]*delivery // given, or about to be, and not settled
	bytes   int                  // of the open ones
	again   []*delivery          // open ones to be given again
	slow    bool                 // missed events, and has not had all since
	stats   Stats
}

// delivery is one event on its way to one group.
type delivery struct {
	number   uint64
	event    *Event
	attempt  int         // the one that runs, from 1 on
	settled  int         // the last attempt that ended without an acknowledgement
	timer    *time.Timer // ends the attempt
	finished bool        // acknowledged or given up
}

// wakeAll lets the members look for events.
func (g *group) wakeAll() {
	for _, c := range g.members {
		select {
		case c.wake <- struct{}{}:
		default:
		}
	}
}

// take starts an attempt to give an event, and numbers it; nil says that there is none to give.
func (g *group) take() (*delivery, int) {
	t := g.topic
	t.mu.Lock()
	defer t.mu.Unlock()
	d := g.firstAgain()
	if d == nil {
		d = g.fresh()
	}
	if d == nil {
		return nil, 0
	}
	if d.attempt++; d.attempt > 1 {
		g.stats.Again++
	} else {
		g.stats.Delivered++
	}
	return d, d.attempt
}

func (g *group) firstAgain() *delivery {
	for len(g.again) > 0 {
		d := g.again[0]
		g.again[0] = nil
		g.again = g.again[1:]
		if !d.finished { // acknowledged late
			return d
		}
	}
	return nil
}

func (g *group) fresh() *delivery {
	t := g.topic
	if g.next == t.next() {
		g.slow = false
		return nil
	}
	if limits.Exceeded(len(g.open)+1, t.limits.PendingMessages) || g.bytes > 0 && limits.Exceeded(g.bytes, t.limits.PendingBytes) {
		return nil
	}
	d := &delivery{number: g.next, event: t.log[g.next-t.first]}
	g.next++
	g.open[d.number] = d
	g.bytes += size(d.event)
	return d
}

// giveBack ends an attempt that nobody took, as if it had not been.
func (g *group) giveBack(d *delivery) {
	g.topic.mu.Lock()
	defer g.topic.mu.Unlock()
	if d.attempt--; d.attempt > 0 {
		g.stats.Again--
	} else {
		g.stats.Delivered--
	}
	g.again = append([]*delivery{d}, g.again...)
	g.wakeAll()
}

// given tells that a consumer took the event. It is acknowledged by that, or must be within the consumer's time.
func (g *group) given(d *delivery, attempt int, c *consumer) {
	g.topic.mu.Lock()
	defer g.topic.mu.Unlock()
	switch {
	case d.finished || d.settled >= attempt: // the consumer was faster
	case c.opts.AutoAck:
		g.finish(d, &g.stats.Acknowledged)
	default:
		d.timer = time.AfterFunc(c.opts.AckWait, func() { g.fail(d, attempt, c) })
	}
}

// ack ends a delivery for good.
func (g *group) ack(d *delivery) {
	g.topic.mu.Lock()
	defer g.topic.mu.Unlock()
	g.finish(d, &g.stats.Acknowledged)
}

// finish, called under the lock, ends a delivery and counts it.
func (g *group) finish(d *delivery, count *uint64) {
	if d.finished {
		return
	}
	d.finished = true
	*count++
	if d.timer != nil {
		d.timer.Stop()
	}
	delete(g.open, d.number)
	g.bytes -= size(d.event)
	g.wakeAll()
}

// fail ends an attempt: refused, or out of time. The event is given again, or given up when that was the last attempt.
func (g *group) fail(d *delivery, attempt int, c *consumer) {
	if gaveUp := g.settle(d, attempt, c.opts.GetRetryLimit()); gaveUp {
		c.complain(d, attempt)
	}
}

func (g *group) settle(d *delivery, attempt, retries int) (gaveUp bool) {
	g.topic.mu.Lock()
	defer g.topic.mu.Unlock()
	if d.finished || d.settled >= attempt || d.attempt != attempt {
		return false
	}
	d.settled = attempt
	if d.timer != nil {
		d.timer.Stop()
	}
	if retries >= 0 && attempt > retries {
		g.finish(d, &g.stats.Failed)
		return true
	}
	g.again = append(g.again, d)
	g.wakeAll()
	return false
}

// end, called under the lock, lets go of all deliveries.
func (g *group) end() {
	for _, d := range g.open {
		d.finished = true
		if d.timer != nil {
			d.timer.Stop()
		}
	}
	g.open, g.again, g.bytes = map[uint64]*delivery{}, nil, 0
}
