// Package memory is configuration held in the program itself: defaults, tests. Start with [NewSource].
package memory

import (
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/microtop/microtop/framework/config/source"
)

type changeSetKey struct{}

// WithChangeSet sets what the source says. It is copied when the source is made.
func WithChangeSet(c *source.ChangeSet) source.Option { return source.SetValue(changeSetKey{}, c) }

// WithJSON sets what the source says, as JSON.
func WithJSON(text []byte) source.Option { return withText(text, "json") }

// WithYAML sets what the source says, as YAML. The reader needs the encoder of framework/config/encoder/yaml.
func WithYAML(text []byte) source.Option { return withText(text, "yaml") }

func withText(text []byte, format string) source.Option {
	return WithChangeSet(&source.ChangeSet{Data: text, Format: format})
}

type memory struct {
	mu      sync.Mutex
	now     *source.ChangeSet // never changed, only replaced
	changed chan struct{}     // closed by the next Write
}

var _ source.Source = (*memory)(nil)

// NewSource returns a source that says what its options, and later Write, tell it. It starts nothing.
func NewSource(opts ...source.Option) source.Source {
	o := source.NewOptions(opts...)
	first := source.Value(o, changeSetKey{}, (*source.ChangeSet)(nil))
	if first == nil {
		first = &source.ChangeSet{Format: o.Encoder.String()}
	}
	return &memory{now: complete(first), changed: make(chan struct{})}
}

// complete returns a copy of c with what can be derived filled in.
func complete(c *source.ChangeSet) *source.ChangeSet {
	out := clone(c)
	out.Source, out.Checksum = "memory", out.Sum()
	if out.Timestamp.IsZero() {
		out.Timestamp = time.Now()
	}
	if out.Format == "" {
		out.Format = "json"
	}
	return out
}

func clone(c *source.ChangeSet) *source.ChangeSet {
	out := *c
	out.Data = slices.Clone(c.Data)
	return &out
}

// current returns what the source says, and a channel that is closed when that is over.
func (m *memory) current() (*source.ChangeSet, <-chan struct{}) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.now, m.changed
}

// Read implements source.Source.
func (m *memory) Read() (*source.ChangeSet, error) {
	now, _ := m.current()
	return clone(now), nil
}

// Write implements source.Source: the source says c from now on, and its watchers are told.
func (m *memory) Write(c *source.ChangeSet) error {
	if c == nil {
		return errors.New("config source memory: the change set to write is nil")
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.now = complete(c)
	close(m.changed)
	m.changed = make(chan struct{})
	return nil
}

// Watch implements source.Source.
func (m *memory) Watch() (source.Watcher, error) {
	seen, _ := m.current()
	return &watcher{source: m, seen: seen, done: make(chan struct{})}, nil
}

// String implements source.Source.
func (m *memory) String() string { return "memory" }

type watcher struct {
	source *memory
	next   sync.Mutex // one Next at a time
	seen   *source.ChangeSet
	stop   sync.Once
	done   chan struct{}
}

// Next implements source.Watcher.
func (w *watcher) Next() (*source.ChangeSet, error) {
	w.next.Lock()
	defer w.next.Unlock()
	for {
		select {
		case <-w.done:
			return nil, source.ErrWatcherStopped
		default:
		}
		now, changed := w.source.current()
		if now != w.seen {
			w.seen = now
			return clone(now), nil
		}
		select {
		case <-changed:
		case <-w.done:
		}
	}
}

// Stop implements source.Watcher.
func (w *watcher) Stop() error {
	w.stop.Do(func() { close(w.done) })
	return nil
}
