package client

import (
	"context"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/microtop/microtop/framework/internal/deadline"
	"github.com/microtop/microtop/framework/internal/mucp"
	"github.com/microtop/microtop/framework/registry"
)

// lanesPerNode is how many lanes there are to one node at most; calls beyond get connections.
const lanesPerNode = 4

// laneKey tells lanes apart: those to one address that allow so many calls at a time.
type laneKey struct {
	address string
	depth   int
}

// lanes are a client's connections with many calls in flight. The zero value is ready. Safe for concurrent use.
type lanes struct {
	mu      sync.Mutex
	open    map[laneKey][]*lane
	dialing map[laneKey]chan struct{} // closed when the dial is over
	era     int                       // counts closings
}

// depthOf is how many calls a node takes on one connection at a time; zero and one are the same.
func depthOf(node *registry.Node) int {
	depth, err := strconv.Atoi(node.Metadata[mucp.Pipeline])
	if err != nil {
		return 0
	}
	return min(depth, laneSlots)
}

// place is a call's place on a lane.
type place struct {
	lane   *lane
	flight *flight
	slot   int
	fresh  bool // the lane was opened for it
}

// board finds a place for a request, on a new lane if there is room in none. ok is false if there is no place, or no
// lane could be opened: then a connection of its own is the way.
func (c *front) board(ctx context.Context, in *setup, key laneKey, size int, o CallOptions) (p place, ok bool) {
	ls := &c.lanes
	until, _ := ctx.Deadline() // the zero time is none
	for before, fresh := -1, false; ; fresh = true {
		ls.mu.Lock()
		for _, l := range ls.open[key] {
			if f, slot := l.take(size, until, o.RequestTimeout); f != nil {
				ls.mu.Unlock()
				return place{l, f, slot, fresh}, true
			}
		}
		dialing, era := ls.dialing[key], ls.era
		count := len(ls.open[key])
		full := count <= before || count >= lanesPerNode
		before = count
		if dialing == nil && !full {
			if ls.dialing == nil {
				ls.dialing, ls.open = map[laneKey]chan struct{}{}, map[laneKey][]*lane{}
			}
			ls.dialing[key] = make(chan struct{})
		}
		ls.mu.Unlock()
		switch {
		case full:
			return place{}, false
		case dialing == nil:
			c.openLane(ctx, in, key, era, o)
			continue
		}
		_, late, stop := after(ctx)
		select {
		case <-dialing:
		case <-late:
		case <-deadline.Cancelled(ctx):
		}
		stop()
	}
}

// openLane opens a lane, if it can, and lets those go on who wait for it.
func (c *front) openLane(ctx context.Context, in *setup, key laneKey, era int, o CallOptions) {
	l := c.newLane(ctx, in, key, o)
	ls := &c.lanes
	ls.mu.Lock()
	close(ls.dialing[key])
	delete(ls.dialing, key)
	keep := l != nil && ls.era == era
	if keep {
		ls.open[key] = append(ls.open[key], l)
		l.group.Go(l.read)
		l.group.Go(l.write)
	}
	ls.mu.Unlock()
	if l != nil && !keep {
		l.close()
	}
}

// newLane returns a lane, or nil if there can be none.
func (c *front) newLane(ctx context.Context, in *setup, key laneKey, o CallOptions) *lane {
	dialled, err := dial(ctx, in, key.address, o.DialTimeout)
	if err != nil {
		return nil // who needs a connection instead is told why
	}
	conn := newConn(dialled, key.address, 0)
	if conn.lists == nil {
		conn.closeIt()
		return nil
	}
	l := &lane{
		home: &c.lanes, conn: dialled, lists: conn.lists, key: key, kick: make(chan struct{}, 1), ended: make(chan struct{}),
		slotOf: make(map[string]int, key.depth), usable: ^uint64(0) >> (laneSlots - key.depth),
	}
	for i := range key.depth {
		l.ids[i] = c.nextID()
		l.slotOf[l.ids[i]] = i
	}
	l.mu.Lock() // close, which may run at once, reads the timer
	defer l.mu.Unlock()
	l.expiry = time.AfterFunc(max(in.opts.PoolTTL, 0), func() {
		c.lanes.forget(l)
		l.retire()
	})
	return l
}

// forget takes a lane out.
func (ls *lanes) forget(l *lane) {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	list := ls.open[l.key]
	if i := slices.Index(list, l); i >= 0 {
		ls.open[l.key] = slices.Delete(list, i, i+1)
	}
	if len(ls.open[l.key]) == 0 {
		delete(ls.open, l.key)
	}
}

// drop lets the lanes to an address take no more calls.
func (ls *lanes) drop(address string) {
	for _, l := range ls.remove(func(key laneKey) bool { return key.address == address }) {
		l.retire()
	}
}

func (ls *lanes) remove(which func(laneKey) bool) []*lane {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	var all []*lane
	for key, list := range ls.open {
		if which(key) {
			all = append(all, list...)
			delete(ls.open, key)
		}
	}
	return all
}

// close lets every lane end with its last call, and waits for those without any.
func (ls *lanes) close() {
	ls.mu.Lock()
	ls.era++
	ls.mu.Unlock()
	for _, l := range ls.remove(func(laneKey) bool { return true }) {
		if l.retire(); l.isClosed() {
			l.group.Wait()
		}
	}
}
