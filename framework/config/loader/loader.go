// Package loader keeps what sources say together in one snapshot. The implementation is in loader/memory.
// Start with [Loader].
package loader

import (
	"context"
	"slices"

	"github.com/microtop/microtop/framework/config/reader"
	"github.com/microtop/microtop/framework/config/source"
)

// Loader reads sources, merges them in the order in which they were loaded, and follows their changes.
// Implementations are safe for concurrent use.
type Loader interface {
	// Close ends the loader's goroutines, waits for them, and ends its watchers. Closing twice is no error.
	Close() error
	// Load reads sources and adds them after those that are there. A source that cannot be read is not added, and the
	// error names it; the others are.
	Load(...source.Source) error
	// Snapshot returns what the sources say together. The snapshot is the caller's.
	Snapshot() (*Snapshot, error)
	// Sync reads every source again and makes a new snapshot. Of a source that cannot be read what it said last counts,
	// and the error names it.
	Sync() error
	// Watch returns a watcher of the value at a path, which the caller stops. Without a path it is everything.
	Watch(path ...string) (Watcher, error)
	// String names the implementation.
	String() string
}

// Watcher tells of changes.
type Watcher interface {
	// Next blocks until the watched value is another and returns a snapshot of it. Of changes in quick succession the last
	// is told, those before it may not be. After Stop, or when the loader is closed, it returns
	// source.ErrWatcherStopped.
	Next() (*Snapshot, error)
	// Stop ends the watcher and a running Next. Stopping twice is no error.
	Stop() error
}

// Snapshot is what sources said at one moment.
type Snapshot struct {
	// ChangeSet is the merged data, as JSON.
	ChangeSet *source.ChangeSet
	// Version is when the snapshot was made, in decimal nanoseconds since 1970. Of one loader, later snapshots have larger
	// versions.
	Version string
}

// Copy returns a copy of s that shares nothing with it.
func Copy(s *Snapshot) *Snapshot {
	if s == nil {
		return nil
	}
	out := *s
	if s.ChangeSet != nil {
		set := *s.ChangeSet
		set.Data = slices.Clone(set.Data)
		out.ChangeSet = &set
	}
	return &out
}

// Options configure a loader.
type Options struct {
	Reader reader.Reader
	// Source are loaded when the loader is first used.
	Source  []source.Source
	Context context.Context
	// WithWatcherDisabled keeps the loader from following changes: only Load and Sync read.
	WithWatcherDisabled bool
}

// Option sets a field of Options.
type Option func(*Options)
