// Package source says where configuration comes from. Implementations are in folders of their own: memory, env, flag,
// file, cli. Start with [Source].
package source

import (
	"crypto/md5" //nolint:gosec // v4's checksum: it notices changes, it guards nothing
	"encoding/hex"
	"errors"
	"time"
)

// ErrWatcherStopped is what a watcher's Next returns once the watcher is stopped.
var ErrWatcherStopped = errors.New("watcher stopped")

// Source is one place that configuration is read from. Implementations are safe for concurrent use.
type Source interface {
	// Read returns what the source says now. The change set is the caller's.
	Read() (*ChangeSet, error)
	// Write changes what the source says. Sources that cannot be written to do nothing and return nil, or an error that
	// says so.
	Write(*ChangeSet) error
	// Watch returns a watcher, which the caller stops. A source that cannot tell of changes returns NewNoopWatcher's:
	// it is read once a second instead.
	Watch() (Watcher, error)
	// String names the implementation.
	String() string
}

// Watcher tells of a source's changes.
type Watcher interface {
	// Next blocks until the source has changed and returns all that it then says. Of changes in quick succession the
	// last is told, those before it may not be. After Stop it returns ErrWatcherStopped.
	Next() (*ChangeSet, error)
	// Stop ends the watcher and a running Next. Stopping twice is no error.
	Stop() error
}

// ChangeSet is what a source says, undecoded.
type ChangeSet struct {
	// Timestamp is when Data was read, or when it was changed if the source knows.
	Timestamp time.Time
	// Checksum is Sum of Data.
	Checksum string
	// Format is the name of the encoder that reads Data.
	Format string
	// Source names the source's implementation.
	Source string
	Data   []byte
}

// Sum returns the MD5 sum of Data in hexadecimal (docs/wire.md §12).
func (c *ChangeSet) Sum() string {
	sum := md5.Sum(c.Data) //nolint:gosec // see above
	return hex.EncodeToString(sum[:])
}
