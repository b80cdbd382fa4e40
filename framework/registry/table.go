package registry

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/microtop/microtop/framework/limits"
)

// Table is what an implementation of Registry knows: the nodes of every service, and the watchers that are told when one
// comes, changes or goes. Writing a registry is mostly feeding a Table. It starts no goroutine and is safe for concurrent
// use. A node is known by service name, version and id.
type Table struct {
	perService int // most nodes kept of one name; negative: no limit

	mu       sync.Mutex
	services map[string]*shelf
	listing  []*Service // what List gives; nil when out of date
	watchers map[*tableWatcher]struct{}
}

// shelf holds one service name.
type shelf struct {
	versions []*edition
	nodes    int
	snapshot []*Service // what Get gives; nil when out of date
}

// edition holds one version of a service.
type edition struct {
	head    *Service // what is said of the version: the last word of a node that is still here
	records []*record
	byID    map[string]*record
}

// record is one node from its creation to its deletion. Heads and nodes are never changed once they are here, since
// snapshots and events share them.
type record struct {
	head  *Service // what this node says of the version
	node  *Node
	due   time.Time   // with a timer: when the node expires
	timer *time.Timer // nil: never
}

// NewTable returns an empty table that keeps at most l.NodesPerService nodes of one name.
func NewTable(l limits.Limits) *Table {
	return &Table{
		perService: l.WithDefaults().NodesPerService,
		services:   make(map[string]*shelf),
		watchers:   make(map[*tableWatcher]struct{}),
	}
}

// Put adds or refreshes the service's nodes, copying what it keeps. With a ttl over zero they go by themselves when no
// Put refreshes them in that time. Watchers hear of nodes that are new or differ. Nodes over the limit are left out, and
// the error says so.
func (t *Table) Put(s *Service, ttl time.Duration) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	refused := 0
	for _, n := range s.Nodes {
		if n != nil && !t.put(s, n, ttl) {
			refused++
		}
	}
	if refused > 0 {
		return fmt.Errorf("%s has more than %d nodes: %d left out", s.Name, t.perService, refused)
	}
	return nil
}

// Remove drops the service's nodes by id, in s.Version or, if that is empty, in every version.
func (t *Table) Remove(s *Service) {
	t.mu.Lock()
	defer t.mu.Unlock()
	on := t.services[s.Name]
	if on == nil {
		return
	}
	for _, in := range slices.Clone(on.versions) {
		if s.Version != "" && s.Version != in.head.Version {
			continue
		}
		for _, n := range s.Nodes {
			if n == nil {
				continue
			}
			if r := in.byID[n.Id]; r != nil {
				t.drop(on, in, r)
			}
		}
	}
}

// Get returns the nodes of a service, one Service per version, in order of appearance; nil if there are none.
// The result is shared and never changes.
func (t *Table) Get(name string) []*Service {
	t.mu.Lock()
	defer t.mu.Unlock()
	if on := t.services[name]; on != nil {
		return on.services()
	}
	return nil
}

// List returns every service, one per name and version, sorted by name. The result is shared and never changes.
func (t *Table) List() []*Service {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.listing == nil {
		t.listing = make([]*Service, 0, len(t.services))
		for _, on := range t.services {
			t.listing = append(t.listing, on.services()...)
		}
		slices.SortStableFunc(t.listing, func(a, b *Service) int { return strings.Compare(a.Name, b.Name) })
	}
	return t.listing
}

// put adds or refreshes one node; false if there is no room for it. t.mu is held.
func (t *Table) put(s *Service, n *Node, ttl time.Duration) bool {
	on, in := t.find(s)
	if in != nil {
		if r := in.byID[n.Id]; r != nil {
			t.refresh(on, in, r, s, n)
			t.expire(r, ttl)
			return true
		}
	}
	if on != nil && limits.Exceeded(on.nodes+1, t.perService) {
		return false
	}
	if on == nil {
		on = new(shelf)
		t.services[s.Name] = on
	}
	if in == nil {
		in = &edition{head: copyHead(s), byID: make(map[string]*record)}
		on.versions = append(on.versions, in)
	}
	if !sameHead(in.head, s) {
		in.head = copyHead(s)
	}
	r := &record{head: in.head, node: copyNode(n)}
	in.records = append(in.records, r)
	in.byID[n.Id] = r
	on.nodes++
	t.changed(on, r, Create)
	t.expire(r, ttl)
	return true
}

func (t *Table) find(s *Service) (*shelf, *edition) {
	on := t.services[s.Name]
	if on == nil {
		return nil, nil
	}
	i := slices.IndexFunc(on.versions, func(e *edition) bool { return e.head.Version == s.Version })
	if i < 0 {
		return on, nil
	}
	return on, on.versions[i]
}

// refresh takes over what differs in a node that is known.
func (t *Table) refresh(on *shelf, in *edition, r *record, s *Service, n *Node) {
	sameDescription, sameAddress := sameHead(r.head, s), sameNode(r.node, n)
	if sameDescription && sameAddress {
		return
	}
	if !sameAddress {
		r.node = copyNode(n)
	}
	if !sameDescription {
		if !sameHead(in.head, s) {
			in.head = copyHead(s)
		}
		r.head = in.head
	}
	t.changed(on, r, Update)
}

// expire sets when the node goes by itself.
func (t *Table) expire(r *record, ttl time.Duration) {
	if ttl <= 0 {
		if r.timer != nil {
			r.timer.Stop()
			r.timer = nil
		}
		return
	}
	r.due = time.Now().Add(ttl)
	if r.timer != nil {
		r.timer.Reset(ttl)
		return
	}
	r.timer = time.AfterFunc(ttl, func() { t.lapse(r) })
}

// lapse drops a node whose time is over, unless it was refreshed or went while its timer fired.
func (t *Table) lapse(r *record) {
	t.mu.Lock()
	defer t.mu.Unlock()
	on, in := t.find(r.head)
	if in == nil || in.byID[r.node.Id] != r || r.timer == nil || time.Now().Before(r.due) {
		return
	}
	t.drop(on, in, r)
}

// drop removes a node, and the version and the name that it leaves empty.
func (t *Table) drop(on *shelf, in *edition, r *record) {
	t.expire(r, 0)
	delete(in.byID, r.node.Id)
	i := slices.Index(in.records, r)
	in.records = slices.Delete(in.records, i, i+1)
	on.nodes--
	switch {
	case len(in.records) == 0:
		on.versions = slices.DeleteFunc(on.versions, func(e *edition) bool { return e == in })
		if len(on.versions) == 0 {
			delete(t.services, r.head.Name)
		}
	case in.head == r.head:
		in.head = in.records[len(in.records)-1].head
	}
	t.changed(on, r, Delete)
}

// changed makes the snapshots out of date and tells the watchers. Both happen under t.mu, so that all see one order.
func (t *Table) changed(on *shelf, r *record, what EventType) {
	on.snapshot, t.listing = nil, nil
	var about *Service
	for w := range t.watchers {
		if w.service != "" && w.service != r.head.Name {
			continue
		}
		if about == nil {
			about = r.head.with([]*Node{r.node})
		}
		w.push(r, what, about)
	}
}

// services is the shelf's snapshot, built if it is out of date.
func (on *shelf) services() []*Service {
	if on.snapshot == nil {
		on.snapshot = make([]*Service, 0, len(on.versions))
		for _, in := range on.versions {
			nodes := make([]*Node, len(in.records))
			for i, r := range in.records {
				nodes[i] = r.node
			}
			on.snapshot = append(on.snapshot, in.head.with(nodes))
		}
	}
	return on.snapshot
}

// with is the version with these nodes.
func (s *Service) with(nodes []*Node) *Service {
	return &Service{Name: s.Name, Version: s.Version, Metadata: s.Metadata, Endpoints: s.Endpoints, Nodes: nodes}
}
