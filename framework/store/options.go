package store

import (
	"context"
	"time"

	"github.com/microtop/microtop/framework/client"
	"github.com/microtop/microtop/framework/logger"
)

// Where records go when nobody says (docs/wire.md §12).
const (
	defaultDatabase = "micro"
	defaultTable    = "micro"
)

// Options configure a store. Values that one implementation alone knows travel in Context under keys of its own type.
type Options struct {
	// Nodes are the addresses of the servers that keep the records; what they look like is the implementation's.
	Nodes []string
	// Database and Table are where records go and come from unless a call says otherwise. Default "micro", "micro".
	Database string
	Table    string
	Context  context.Context
	// Client is for implementations that call a service.
	Client client.Client
	Logger logger.Logger
}

// ReadOptions configure one read. Limit and Offset cut what a prefix or suffix finds; a limit of zero is none.
type ReadOptions struct {
	Database, Table string
	// Prefix and Suffix say that the key is the beginning, or the end, of the keys to read.
	Prefix, Suffix bool
	Limit, Offset  uint
}

// WriteOptions configure one write. TTL goes before Expiry, and both before the record's own Expiry. A moment that
// has passed, or a negative TTL, leaves no record.
type WriteOptions struct {
	Database, Table string
	Expiry          time.Time
	TTL             time.Duration
}

// DeleteOptions configure one deletion.
type DeleteOptions struct {
	Database, Table string
}

// ListOptions configure one listing. A limit of zero is none.
type ListOptions struct {
	Database, Table string
	Prefix, Suffix  string
	Limit, Offset   uint
}

type (
	// Option sets a field of Options.
	Option func(*Options)
	// ReadOption sets a field of ReadOptions.
	ReadOption func(*ReadOptions)
	// WriteOption sets a field of WriteOptions.
	WriteOption func(*WriteOptions)
	// DeleteOption sets a field of DeleteOptions.
	DeleteOption func(*DeleteOptions)
	// ListOption sets a field of ListOptions.
	ListOption func(*ListOptions)
)

// NewOptions returns the options that opts set, with defaults for the rest.
func NewOptions(opts ...Option) Options {
	o := Options{Database: defaultDatabase, Table: defaultTable, Context: context.Background(), Logger: logger.DefaultLogger}
	for _, set := range opts {
		set(&o)
	}
	return o
}

// SetValue stores an implementation's own option under a key of that implementation's type.
func SetValue(key, value any) Option {
	return func(o *Options) {
		if o.Context == nil {
			o.Context = context.Background()
		}
		o.Context = context.WithValue(o.Context, key, value)
	}
}

// Nodes sets the addresses of the servers that keep the records.
func Nodes(a ...string) Option { return func(o *Options) { o.Nodes = a } }

// Database sets the database that calls use when they name none.
func Database(db string) Option { return func(o *Options) { o.Database = db } }

// Table sets the table that calls use when they name none.
func Table(t string) Option { return func(o *Options) { o.Table = t } }

// WithContext sets the context that carries implementations' own options, and bounds calls to servers.
func WithContext(c context.Context) Option { return func(o *Options) { o.Context = c } }

// WithClient sets the client of a store that calls a service.
func WithClient(c client.Client) Option { return func(o *Options) { o.Client = c } }

// WithLogger sets where the store logs.
func WithLogger(l logger.Logger) Option { return func(o *Options) { o.Logger = l } }

// ReadFrom reads from another database and table.
func ReadFrom(database, table string) ReadOption {
	return func(o *ReadOptions) { o.Database, o.Table = database, table }
}

// ReadPrefix reads all records whose keys begin with the key.
func ReadPrefix() ReadOption { return func(o *ReadOptions) { o.Prefix = true } }

// ReadSuffix reads all records whose keys end with the key.
func ReadSuffix() ReadOption { return func(o *ReadOptions) { o.Suffix = true } }

// ReadLimit bounds how many records a prefix or suffix gives.
func ReadLimit(l uint) ReadOption { return func(o *ReadOptions) { o.Limit = l } }

// ReadOffset skips the first records that a prefix or suffix finds.
func ReadOffset(off uint) ReadOption { return func(o *ReadOptions) { o.Offset = off } }

// WriteTo writes to another database and table.
func WriteTo(database, table string) WriteOption {
	return func(o *WriteOptions) { o.Database, o.Table = database, table }
}

// WriteExpiry sets the moment the record ends.
func WriteExpiry(t time.Time) WriteOption { return func(o *WriteOptions) { o.Expiry = t } }

// WriteTTL sets how long the record lives.
func WriteTTL(d time.Duration) WriteOption { return func(o *WriteOptions) { o.TTL = d } }

// DeleteFrom deletes from another database and table.
func DeleteFrom(database, table string) DeleteOption {
	return func(o *DeleteOptions) { o.Database, o.Table = database, table }
}

// ListFrom lists another database and table.
func ListFrom(database, table string) ListOption {
	return func(o *ListOptions) { o.Database, o.Table = database, table }
}

// ListPrefix lists only keys that begin with p.
func ListPrefix(p string) ListOption { return func(o *ListOptions) { o.Prefix = p } }

// ListSuffix lists only keys that end with s.
func ListSuffix(s string) ListOption { return func(o *ListOptions) { o.Suffix = s } }

// ListLimit bounds how many keys are listed.
func ListLimit(l uint) ListOption { return func(o *ListOptions) { o.Limit = l } }

// ListOffset skips the first keys.
func ListOffset(off uint) ListOption { return func(o *ListOptions) { o.Offset = off } }
