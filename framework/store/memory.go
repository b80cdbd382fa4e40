package store

import (
	"container/heap"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"
)

// NewMemoryStore returns a store within this process. Stores made by different calls share nothing.
//
// It keeps what it is given until that is deleted or ends; records that ended are let go by the next writes. It starts
// no goroutine and loses everything when it is closed.
func NewMemoryStore(opts ...Option) Store {
	return &memory{opts: NewOptions(opts...), tables: map[Place]map[string]*entry{}}
}

type memory struct {
	mu     sync.RWMutex
	opts   Options
	tables map[Place]map[string]*entry
	ending endings
	closed bool
}

var _ Store = (*memory)(nil)

// entry is a record as it is kept; it never changes once it is in a table.
type entry struct {
	place    Place
	key      string
	value    []byte
	metadata map[string]any
	deadline time.Time // zero is never
	index    int       // in endings, -1 without a deadline
}

func (e *entry) over(now time.Time) bool { return !e.deadline.IsZero() && !now.Before(e.deadline) }

func (e *entry) record(now time.Time) *Record {
	r := &Record{Key: e.key, Value: slices.Clone(e.value), Metadata: maps.Clone(e.metadata)}
	if !e.deadline.IsZero() {
		r.Expiry = e.deadline.Sub(now)
	}
	return r
}

// Init implements Store.
func (m *memory) Init(opts ...Option) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, set := range opts {
		set(&m.opts)
	}
	return nil
}

// Options implements Store.
func (m *memory) Options() Options {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return m.opts
}

// Read implements Store.
func (m *memory) Read(key string, opts ...ReadOption) ([]*Record, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	if m.closed {
		return nil, fmt.Errorf("store memory: read %s: %w", key, ErrClosed)
	}
	q, now := m.opts.ReadQuery(key, opts...), time.Now()
	table := m.tables[q.Place]
	if !q.Many {
		if e := table[key]; e != nil && !e.over(now) {
			return []*Record{e.record(now)}, nil
		}
		return nil, ErrNotFound
	}
	records := []*Record{}
	for _, key := range alive(table, q, now) {
		records = append(records, table[key].record(now))
	}
	return records, nil
}

// List implements Store.
func (m *memory) List(opts ...ListOption) ([]string, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	if m.closed {
		return nil, fmt.Errorf("store memory: list: %w", ErrClosed)
	}
	q := m.opts.ListQuery(opts...)
	return alive(m.tables[q.Place], q, time.Now()), nil
}

func alive(table map[string]*entry, q Query, now time.Time) []string {
	keys := []string{}
	for key, e := range table {
		if q.Match(key) && !e.over(now) {
			keys = append(keys, key)
		}
	}
	return q.Page(keys)
}

// Write implements Store.
func (m *memory) Write(r *Record, opts ...WriteOption) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return fmt.Errorf("store memory: write: %w", ErrClosed)
	}
	now := time.Now()
	place, deadline, err := m.opts.WriteDeadline(r, now, opts...)
	if err != nil {
		return fmt.Errorf("store memory: write: %w", err)
	}
	m.letGo(now)
	m.remove(place, r.Key)
	e := &entry{place: place, key: r.Key, value: slices.Clone(r.Value), metadata: maps.Clone(r.Metadata), deadline: deadline, index: -1}
	if e.over(now) {
		return nil
	}
	if m.tables[place] == nil {
		m.tables[place] = map[string]*entry{}
	}
	m.tables[place][e.key] = e
	if !deadline.IsZero() {
		heap.Push(&m.ending, e)
	}
	return nil
}

// Delete implements Store.
func (m *memory) Delete(key string, opts ...DeleteOption) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return fmt.Errorf("store memory: delete %s: %w", key, ErrClosed)
	}
	m.remove(m.opts.DeletePlace(opts...), key)
	return nil
}

// letGo, called under the lock, removes the records that have ended.
func (m *memory) letGo(now time.Time) {
	for len(m.ending) > 0 && m.ending[0].over(now) {
		m.remove(m.ending[0].place, m.ending[0].key)
	}
}

// remove, called under the lock, removes one record, and a table that is empty then.
func (m *memory) remove(place Place, key string) {
	table := m.tables[place]
	e := table[key]
	if e == nil {
		return
	}
	if e.index >= 0 {
		heap.Remove(&m.ending, e.index)
	}
	delete(table, key)
	if len(table) == 0 {
		delete(m.tables, place)
	}
}

// Close implements Store.
func (m *memory) Close() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.closed, m.tables, m.ending = true, nil, nil
	return nil
}

// String returns "memory".
func (m *memory) String() string { return "memory" }

// endings orders the entries that have a deadline, the next to end first (container/heap).
type endings []*entry

func (h endings) Len() int           { return len(h) }
func (h endings) Less(i, j int) bool { return h[i].deadline.Before(h[j].deadline) }
func (h endings) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].index, h[j].index = i, j
}

// Push implements heap.Interface.
func (h *endings) Push(x any) {
	e, _ := x.(*entry)
	e.index = len(*h)
	*h = append(*h, e)
}

// Pop implements heap.Interface.
func (h *endings) Pop() any {
	last := len(*h) - 1
	e := (*h)[last]
	(*h)[last] = nil
	*h = (*h)[:last]
	return e
}
