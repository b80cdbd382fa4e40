// Package memory is the loader: it keeps the merged configuration in memory and follows its sources.
// Start with [NewLoader].
package memory

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/microtop/microtop/framework/config/loader"
	"github.com/microtop/microtop/framework/config/reader/json"
	"github.com/microtop/microtop/framework/config/source"
	"github.com/microtop/microtop/framework/logger"
)

var errClosed = errors.New("config loader is closed: make a new one")

// memory follows each source in a goroutine of its own. Sources are read outside of mu.
type memory struct {
	opts  loader.Options
	log   *slog.Logger
	first chan struct{} // holds one token: whoever has it loads the sources of the options
	done  chan struct{} // closed by Close
	group sync.WaitGroup

	mu      sync.Mutex
	pending []source.Source  // of the options, not loaded yet
	loaded  []*followed      // in load order
	reads   uint64           // counts reads as they begin
	snap    *loader.Snapshot // never changed, only replaced; nil before the first use
	version int64            // of snap
	changed chan struct{}    // closed by the next snapshot
	closed  bool
}

// followed is a source with what it said last.
type followed struct {
	source.Source

	set       *source.ChangeSet
	read      uint64 // which read set came with: one that began earlier does not replace it
	refused   string // checksum of what it says now but could not be taken over
	complaint string // the last error in the log
}

var _ loader.Loader = (*memory)(nil)

// NewLoader returns a loader. It reads nothing and starts nothing before it is used.
//
// Sources that tell of changes are watched; one whose watch breaks is read again and watched anew after a second. Sources
// that cannot tell are read every second. What cannot be read or merged leaves the snapshot as it was, and is logged.
func NewLoader(opts ...loader.Option) loader.Loader {
	o := loader.Options{Context: context.Background()}
	for _, set := range opts {
		set(&o)
	}
	if o.Reader == nil {
		o.Reader = json.NewReader()
	}
	m := &memory{
		opts: o, log: logger.Slog(nil), pending: slices.Clone(o.Source),
		first: make(chan struct{}, 1), done: make(chan struct{}), changed: make(chan struct{}),
	}
	m.first <- struct{}{}
	return m
}

// begin loads the sources of the options, at the first use. Those that fail are tried again at the next.
func (m *memory) begin() error {
	<-m.first
	defer func() { m.first <- struct{}{} }()
	m.mu.Lock()
	pending, started := m.pending, m.snap != nil
	m.pending = nil
	m.mu.Unlock()
	if len(pending) == 0 && started {
		return nil
	}
	failed, err := m.load(pending)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.pending = append(failed, m.pending...)
	return err
}

// Load implements loader.Loader.
func (m *memory) Load(sources ...source.Source) error {
	if err := m.begin(); err != nil {
		return err
	}
	_, err := m.load(sources)
	return err
}

// load returns the sources that it could not add.
func (m *memory) load(sources []source.Source) (failed []source.Source, err error) {
	var fresh []*followed
	var errs []error
	for _, s := range sources {
		f := &followed{Source: s}
		if err := m.readFirst(f); err != nil {
			failed, errs = append(failed, s), append(errs, err)
			continue
		}
		fresh = append(fresh, f)
	}
	if err := m.add(fresh); err != nil {
		return sources, errors.Join(append(errs, err)...)
	}
	return failed, errors.Join(errs...)
}

// readFirst reads a source that is not followed yet, and sees whether it can be merged.
func (m *memory) readFirst(f *followed) error {
	if f.Source == nil {
		return errors.New("load config: source is nil")
	}
	f.read = m.count()
	set, err := read(f)
	if err != nil {
		return err
	}
	if _, err := m.opts.Reader.Merge(set); err != nil {
		return fmt.Errorf("load source %s: %w", f, err)
	}
	f.set = set
	return nil
}

// count numbers a read that begins.
func (m *memory) count() uint64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.reads++
	return m.reads
}

func read(s source.Source) (*source.ChangeSet, error) {
	set, err := s.Read()
	if err != nil {
		return nil, fmt.Errorf("read source %s: %w", s, err)
	}
	if set == nil {
		return nil, fmt.Errorf("read source %s: it returned no change set", s)
	}
	return set, nil
}

// add puts sources behind those that are there, all in one snapshot, and follows them.
func (m *memory) add(fresh []*followed) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return errClosed
	}
	all := slices.Concat(m.loaded, fresh)
	merged, err := m.merge(all)
	if err != nil {
		return err
	}
	m.loaded = all
	m.publish(merged)
	if m.opts.WithWatcherDisabled {
		return nil
	}
	for _, f := range fresh {
		m.group.Go(func() { m.follow(f) })
	}
	return nil
}

func (m *memory) merge(all []*followed) (*source.ChangeSet, error) {
	sets := make([]*source.ChangeSet, len(all))
	for i, f := range all {
		sets[i] = f.set
	}
	return m.opts.Reader.Merge(sets...)
}

// publish makes a snapshot. mu is held.
func (m *memory) publish(merged *source.ChangeSet) {
	m.version = max(m.version+1, time.Now().UnixNano())
	m.snap = &loader.Snapshot{ChangeSet: merged, Version: strconv.FormatInt(m.version, 10)}
	close(m.changed)
	m.changed = make(chan struct{})
}

// take takes over what a source says now. It makes a snapshot only if that changes the whole.
func (m *memory) take(f *followed, number uint64, set *source.ChangeSet) error {
	sum := set.Sum()
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed || number <= f.read || f.refused == sum {
		return nil
	}
	f.read, f.refused = number, ""
	if bytes.Equal(set.Data, f.set.Data) && set.Format == f.set.Format {
		return nil
	}
	old := f.set
	f.set = set
	merged, err := m.merge(m.loaded)
	if err != nil {
		f.set, f.refused = old, sum
		return err
	}
	if !bytes.Equal(merged.Data, m.snap.ChangeSet.Data) {
		m.publish(merged)
	}
	return nil
}

// Snapshot implements loader.Loader.
func (m *memory) Snapshot() (*loader.Snapshot, error) {
	if err := m.begin(); err != nil {
		return nil, err
	}
	snap, _ := m.current()
	return loader.Copy(snap), nil
}

// current returns the snapshot, and a channel that is closed when there is a newer one.
func (m *memory) current() (*loader.Snapshot, <-chan struct{}) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.snap, m.changed
}

// Sync implements loader.Loader.
func (m *memory) Sync() error {
	if err := m.begin(); err != nil {
		return err
	}
	m.mu.Lock()
	all := m.loaded
	m.mu.Unlock()
	var failed []error
	for _, f := range all {
		number := m.count()
		set, err := read(f)
		if err == nil {
			m.mu.Lock()
			f.refused = "" // who asks wants to hear of it again
			m.mu.Unlock()
			err = m.take(f, number, set)
		}
		failed = append(failed, err)
	}
	return errors.Join(append(failed, m.renew())...)
}

// renew makes a new snapshot of what the sources said last.
func (m *memory) renew() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return errClosed
	}
	merged, err := m.merge(m.loaded)
	if err != nil {
		return err
	}
	m.publish(merged)
	return nil
}

// Close implements loader.Loader.
func (m *memory) Close() error {
	m.mu.Lock()
	if !m.closed {
		m.closed = true
		close(m.done)
	}
	m.mu.Unlock()
	m.group.Wait()
	return nil
}

// String implements loader.Loader.
func (m *memory) String() string { return "memory" }
