package client

import (
	"cmp"
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/framework/selector"
)

// target is where a call's attempts go.
type target struct {
	service  string  // whose nodes are marked
	marked   bool    // the selector wants to hear how it went
	direct   *direct // set if the addresses are called in turn
	address  []string
	protocol string // of the addresses
	turn     int
	picks    selector.Next // nil if the picker is to be asked
	picker   selector.Picker
	selector selector.Selector
	last     *registry.Node // which the picker gave
	alone    bool           // there is known to be no other node
	nowhere  bool           // nothing could be selected at all
}

// next returns the node of the next attempt.
func (t *target) next() (*registry.Node, error) {
	switch {
	case t.direct != nil:
		t.turn++
		return t.direct.node(t.address[t.turn%len(t.address)], t.protocol), nil
	case t.picks != nil:
		return t.picks()
	}
	node, alone, err := t.picker.Pick(t.service, t.last)
	if errors.Is(err, selector.ErrNeedsNext) {
		if t.picks, err = t.selector.Select(t.service); err == nil {
			return t.picks()
		}
	}
	t.nowhere = err != nil && t.last == nil
	t.last, t.alone = node, alone
	return node, err
}

// target finds out where a request goes: to the addresses given, to a proxy, or to the nodes of its service. It says in
// opts whether the endpoint is idempotent, if the registry knows.
func (c *front) target(in *setup, req Request, opts *CallOptions) (target, error) {
	t := target{service: req.Service(), selector: in.opts.Selector}
	address := opts.Address
	if in.proxy.set() {
		address = in.proxy.address
		if in.proxy.service != "" {
			t.service = in.proxy.service
		}
	}
	if len(address) > 0 {
		t.direct, t.protocol, t.address, t.alone = &c.direct, cmp.Or(opts.Protocol, c.driver.String()), address, len(address) == 1
		t.turn = rand.IntN(len(address)) //nolint:gosec // spreads load, guards nothing
		return t, nil
	}
	t.marked = true
	selecting := opts.SelectOptions
	name, now := endpointName{req.Service(), req.Endpoint()}, time.Now()
	idempotent, old := c.endpoints.idempotent(name, now)
	if old {
		selecting = append(slices.Clone(selecting), c.endpoints.look(name, now))
	}
	if t.picker = in.picker; t.picker == nil || len(selecting) > 0 {
		picks, err := in.opts.Selector.Select(t.service, selecting...)
		if err != nil {
			return t, selectError(t.service, err)
		}
		t.picks = picks
	}
	if old {
		idempotent, _ = c.endpoints.idempotent(name, now)
	}
	opts.Idempotent = opts.Idempotent || idempotent
	return t, nil
}

// selectError is docs/wire.md §3.6's: the request went nowhere.
func selectError(service string, err error) error {
	if errors.Is(err, selector.ErrNotFound) || errors.Is(err, registry.ErrNotFound) {
		return notRunError(newError(clientID, 500, "service "+service+": ", err))
	}
	return notRunError(newError(clientID, 500, "error selecting "+service+" node: ", err))
}

// direct remembers the nodes that addresses stand for. The zero value is ready. Safe for concurrent use.
type direct struct {
	mu    sync.RWMutex
	nodes map[string]*registry.Node
}

// maxDirect bounds what is remembered.
const maxDirect = 1024

// node returns the node at an address, which speaks the protocol.
func (d *direct) node(address, protocol string) *registry.Node {
	d.mu.RLock()
	node := d.nodes[address]
	d.mu.RUnlock()
	if node != nil && node.Metadata["protocol"] == protocol {
		return node
	}
	node = &registry.Node{Id: address, Address: address, Metadata: map[string]string{"protocol": protocol}}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.nodes == nil || len(d.nodes) >= maxDirect {
		d.nodes = make(map[string]*registry.Node)
	}
	d.nodes[address] = node
	return node
}

// hold says to a selector that counts streams that one begins on the node; what it returns says that it is over.
func (t target) hold(s selector.Selector, node *registry.Node) (ended func()) {
	if holder, ok := s.(selector.Holder); ok && t.marked {
		return holder.Hold(t.service, node)
	}
	return func() {}
}

// errDraining tells a selector that a node is on its way out: it should be set aside like one that does not answer.
var errDraining = errors.New("node is draining")

// silence is how long a node must have kept silent for a call that timed out to count against it: with a shorter
// deadline it is the deadline that is tight.
const silence = 500 * time.Millisecond

// mark tells the selector how an attempt ended, whatever the end, since some count what is under way. That the caller gave
// up (context.Canceled) says nothing of the node.
func (t target) mark(s selector.Selector, node *registry.Node, err error, took time.Duration) {
	if !t.marked {
		return
	}
	switch {
	case errors.Is(err, context.DeadlineExceeded) && took < silence:
		err = context.Canceled
	case errors.Is(err, errDraining):
		err = errDraining
	}
	s.Mark(t.service, node, err)
}
