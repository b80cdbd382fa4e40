package grpc

import (
	"maps"
	"sync"
	"sync/atomic"
)

// maxMemo bounds a Memo: keys may come from outside.
const maxMemo = 1024

// Memo remembers what was made of keys that are few and come again. Its zero value is ready. It is safe for concurrent
// use; looking takes no lock and no memory.
type Memo[K comparable, V any] struct {
	known atomic.Pointer[map[K]V] // never changed

	mu sync.Mutex // one Keep at a time
}

// Of returns what is remembered of key.
func (m *Memo[K, V]) Of(key K) (V, bool) {
	if known := m.known.Load(); known != nil {
		value, ok := (*known)[key]
		return value, ok
	}
	var none V
	return none, false
}

// Keep remembers value, if there is room.
func (m *Memo[K, V]) Keep(key K, value V) {
	m.mu.Lock()
	defer m.mu.Unlock()
	next := map[K]V{}
	if known := m.known.Load(); known != nil {
		if len(*known) >= maxMemo {
			return
		}
		next = maps.Clone(*known)
	}
	next[key] = value
	m.known.Store(&next)
}
