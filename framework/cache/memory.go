package cache

import (
	"container/list"
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"
)

// defaultCapacity is how many values a memory cache keeps when nobody says.
const defaultCapacity = 100_000

type capacityKey struct{}

// Capacity is an option of the memory cache: how many values it keeps. Over it the least recently used one goes, whether it
// has ended or not. Default 100,000; zero and less mean the default.
func Capacity(n int) Option { return SetValue(capacityKey{}, n) }

// NewCache returns a cache within this process. Caches made by different calls share nothing.
//
// It keeps at most Capacity values, as they are: a pointer put in is the same pointer when it comes out. A value that has ended gives
// ErrItemExpired until it is overwritten, deleted or pushed out. It starts no goroutine and needs no closing.
func NewCache(opts ...Option) Cache {
	o := NewOptions(opts...)
	m := &memory{opts: o, capacity: defaultCapacity, items: map[string]*list.Element{}}
	if o.Context != nil {
		if n, ok := o.Context.Value(capacityKey{}).(int); ok && n > 0 {
			m.capacity = n
		}
	}
	for _, key := range slices.Sorted(maps.Keys(o.Items)) {
		m.put(key, o.Items[key])
	}
	return m
}

type memory struct {
	opts     Options
	capacity int

	mu    sync.Mutex
	items map[string]*list.Element
	used  list.List // of *slot, the most recently used first
}

type slot struct {
	key  string
	item Item
}

var _ Cache = (*memory)(nil)

// Get implements Cache.
func (m *memory) Get(ctx context.Context, key string) (any, time.Time, error) {
	if err := ctx.Err(); err != nil {
		return nil, time.Time{}, fmt.Errorf("cache memory: get %s: %w", key, err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	element, ok := m.items[key]
	if !ok {
		return nil, time.Time{}, ErrKeyNotFound
	}
	kept, _ := element.Value.(*slot)
	if kept.item.Expired() {
		return nil, time.Time{}, ErrItemExpired
	}
	m.used.MoveToFront(element)
	if kept.item.Expiration <= 0 {
		return kept.item.Value, time.Time{}, nil
	}
	return kept.item.Value, time.Unix(0, kept.item.Expiration), nil
}

// Put implements Cache.
func (m *memory) Put(ctx context.Context, key string, val any, d time.Duration) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("cache memory: put %s: %w", key, err)
	}
	item := Item{Value: val}
	if life := m.opts.Lifetime(d); life > 0 {
		item.Expiration = time.Now().Add(life).UnixNano()
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.put(key, item)
	return nil
}

func (m *memory) put(key string, item Item) {
	m.drop(m.items[key])
	m.items[key] = m.used.PushFront(&slot{key: key, item: item})
	if m.used.Len() > m.capacity {
		m.drop(m.used.Back())
	}
}

func (m *memory) drop(element *list.Element) {
	if element == nil {
		return
	}
	gone, _ := m.used.Remove(element).(*slot)
	delete(m.items, gone.key)
}

// Delete implements Cache.
func (m *memory) Delete(ctx context.Context, key string) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("cache memory: delete %s: %w", key, err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	element, ok := m.items[key]
	if !ok {
		return ErrKeyNotFound
	}
	m.drop(element)
	return nil
}

// String returns "memory".
func (m *memory) String() string { return "memory" }
