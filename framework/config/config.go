package config

import (
	"context"

	"github.com/microtop/microtop/framework/config/loader"
	"github.com/microtop/microtop/framework/config/reader"
	"github.com/microtop/microtop/framework/config/source"
)

// Config is the configuration of a program. Implementations are safe for concurrent use.
//
// Set and Del change this process's memory only, never a source; the change lasts until the next snapshot.
type Config interface {
	reader.Values
	// Init applies options and loads the sources they name.
	Init(opts ...Option) error
	// Options returns the options in force.
	Options() Options
	// Close ends the config's goroutines and watchers, and waits for them. Values can still be read; Load and Watch
	// are errors from then on. Closing twice is no error.
	Close() error
	// Load reads sources and adds them after those that are there. A source that cannot be read is not added, and the
	// error names it; the others are.
	Load(source ...source.Source) error
	// Sync reads every source again and makes a new snapshot. Of a source that cannot be read what it said last counts,
	// and the error names it.
	Sync() error
	// Watch returns a watcher of the value at a path, which the caller stops. Without a path it is everything.
	Watch(path ...string) (Watcher, error)
}

// Watcher tells of changes.
type Watcher interface {
	// Next blocks until the watched value is another and returns it. Of changes in quick succession the last is told,
	// those before it may not be. After Stop, or when the config is closed, it returns source.ErrWatcherStopped.
	Next() (reader.Value, error)
	// Stop ends the watcher and a running Next. Stopping twice is no error.
	Stop() error
}

// Options configure a config.
type Options struct {
	// Loader keeps the snapshots. One that is given is the giver's to close. Default: in memory, with Reader.
	Loader loader.Loader
	// Reader turns snapshots into values. Default: JSON.
	Reader  reader.Reader
	Source  []source.Source
	Context context.Context
	// WithWatcherDisabled keeps the config from following changes: only Load and Sync read.
	WithWatcherDisabled bool
}

// Option sets a field of Options.
type Option func(*Options)

// NewConfig returns a config. If options name sources, it loads and follows them, and must be closed; otherwise it starts
// nothing.
func NewConfig(opts ...Option) (Config, error) {
	c := newConfig()
	if err := c.Init(opts...); err != nil {
		_ = c.Close() // err says what matters
		return nil, err
	}
	return c, nil
}
