// Package store keeps records: bytes under a key, in a table of a database, with an optional time to live.
//
// [NewMemoryStore] keeps them in this process; framework/store/file on disk, framework/store/redis in a redis server.
// Start with [Store]. What every implementation must do is stated, rule by rule, by framework/store/storetest.
package store

import (
	"errors"
	"time"
)

var (
	// ErrNotFound says that there is no such record, or none any more.
	ErrNotFound = errors.New("not found")
	// ErrClosed says that the store was closed; make a new one.
	ErrClosed = errors.New("store closed")
	// ErrInvalid says that a record cannot be kept as it is; the error around it says why.
	ErrInvalid = errors.New("invalid record")
)

// Store keeps records. Implementations are safe for concurrent use, and neither keep nor change what they are given:
// callers own their records before and after a call.
type Store interface {
	// Init applies options. It must not run at the same time as other calls.
	Init(opts ...Option) error
	// Options returns the options in force.
	Options() Options
	// Read returns the record of a key, or ErrNotFound. With ReadPrefix or ReadSuffix it returns all records whose keys
	// begin or end with key, sorted by key; none is no error.
	Read(key string, opts ...ReadOption) ([]*Record, error)
	// Write keeps a record, in place of the one its key had. When it returns nil the record is kept as safely as
	// the implementation promises.
	Write(r *Record, opts ...WriteOption) error
	// Delete removes the record of a key; an unknown key is no error.
	Delete(key string, opts ...DeleteOption) error
	// List returns keys, sorted.
	List(opts ...ListOption) ([]string, error)
	// Close ends the store. It may be called again; all else then returns ErrClosed.
	Close() error
	// String names the implementation.
	String() string
}

// Record is one entry of a store; its JSON form is that of docs/wire.md §12.
type Record struct {
	// Key is what the record is found by. It must not be empty.
	Key string `json:"key"`
	// Value is the record's content.
	Value []byte `json:"value"`
	// Metadata goes with the value, where the implementation keeps it. It is copied one level deep.
	Metadata map[string]any `json:"metadata"`
	// Expiry is how long the record lives from Write on, or still lives when it is read. Zero is for ever.
	Expiry time.Duration `json:"expiry,omitempty"`
}

// DefaultStore serves programs that make no store of their own: memory.
var DefaultStore = NewStore()

// NewStore returns a store of the default kind, NewMemoryStore's.
func NewStore(opts ...Option) Store { return NewMemoryStore(opts...) }
