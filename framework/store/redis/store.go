// Package redis is a store in a redis server or cluster. Start with [NewStore].
//
// The keys and values are those of v4's redis plugin (docs/wire.md §12), so that either reads what the other wrote: the key is
// the table's name and the record's key, put together without a separator, the value is the record's, as it is, and
// redis itself ends a record that has a TTL, to the millisecond. From that form follows:
//
//   - Metadata is not stored: it is there in no record that is read.
//   - There is one database, the server's (the number in a redis:// URL); the database of options and calls is not looked at.
//   - A table whose name begins with another table's name lies within that one: end table names with a separator, such as "orders/".
//
// A record is kept as safely as the server is set to keep it. Listing and reading by prefix or suffix walk all keys of
// the server (SCAN … TYPE, of redis 6 and later), and see what is there throughout the walk. Keys of other types than strings,
// which somebody else keeps there, are not seen.
package redis

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"

	connection "github.com/microtop/microtop/framework/internal/redis"
	"github.com/microtop/microtop/framework/store"
)

type optionsKey struct{}

// WithRedisOptions sets everything there is to set about the client; store.Nodes is then not looked at.
func WithRedisOptions(options redis.UniversalOptions) store.Option {
	return store.SetValue(optionsKey{}, options)
}

// NewStore returns a store in redis. store.Nodes says where: host:port, one URL (redis://user:password@host:port/db,
// rediss:// for TLS, unix://…), or the host:port of several nodes of a cluster; the default is 127.0.0.1:6379. It
// connects when it is first used; close it to let the connections go.
func NewStore(opts ...store.Option) store.Store {
	return &remote{opts: store.NewOptions(opts...)}
}

type remote struct {
	opts       store.Options
	connection connection.Connection
}

var _ store.Store = (*remote)(nil)

// Init implements store.Store. The next call connects anew.
func (r *remote) Init(opts ...store.Option) error {
	for _, set := range opts {
		set(&r.opts)
	}
	if err := r.connection.Reset(); err != nil {
		return fmt.Errorf("store redis: init: %w", err)
	}
	return nil
}

// Options implements store.Store.
func (r *remote) Options() store.Options { return r.opts }

// client returns the client and the context that bounds its calls.
func (r *remote) client() (context.Context, redis.UniversalClient, error) {
	ctx, custom := r.opts.Context, (*redis.UniversalOptions)(nil)
	if ctx == nil {
		ctx = context.Background()
	}
	if o, ok := ctx.Value(optionsKey{}).(redis.UniversalOptions); ok {
		custom = &o
	}
	client, err := r.connection.Client(r.opts.Nodes, custom)
	return ctx, client, ended(err)
}

// ended says in the store's words that it was closed: before a call, or during it.
func ended(err error) error {
	if errors.Is(err, connection.ErrClosed) || errors.Is(err, redis.ErrClosed) {
		return store.ErrClosed
	}
	return err
}

// Read implements store.Store.
func (r *remote) Read(key string, opts ...store.ReadOption) ([]*store.Record, error) {
	q := r.opts.ReadQuery(key, opts...)
	ctx, client, err := r.client()
	keys := []string{key}
	if err == nil && q.Many {
		keys, err = scan(ctx, client, q)
	}
	var records []*store.Record
	if err == nil {
		records, err = fetch(ctx, client, q.Table, keys)
	}
	if err != nil {
		return nil, fmt.Errorf("store redis: read %s: %w", key, ended(err))
	}
	if !q.Many && len(records) == 0 {
		return nil, store.ErrNotFound
	}
	return records, nil
}

// List implements store.Store.
func (r *remote) List(opts ...store.ListOption) ([]string, error) {
	ctx, client, err := r.client()
	keys := []string{}
	if err == nil {
		keys, err = scan(ctx, client, r.opts.ListQuery(opts...))
	}
	if err != nil {
		return nil, fmt.Errorf("store redis: list: %w", ended(err))
	}
	return keys, nil
}

// Write implements store.Store. Metadata is not stored.
func (r *remote) Write(record *store.Record, opts ...store.WriteOption) error {
	now := time.Now()
	place, deadline, err := r.opts.WriteDeadline(record, now, opts...)
	if err != nil {
		return fmt.Errorf("store redis: write: %w", err)
	}
	ctx, client, err := r.client()
	if err == nil {
		key := place.Table + record.Key
		switch left := deadline.Sub(now); {
		case deadline.IsZero():
			err = client.Set(ctx, key, value(record), 0).Err()
		case left <= 0:
			err = client.Del(ctx, key).Err()
		default:
			err = client.Set(ctx, key, value(record), max(left, time.Millisecond)).Err()
		}
	}
	if err != nil {
		return fmt.Errorf("store redis: write %s: %w", record.Key, ended(err))
	}
	return nil
}

// value is what redis keeps of a record; nil would be no value.
func value(r *store.Record) []byte { return append([]byte{}, r.Value...) }

// Delete implements store.Store.
func (r *remote) Delete(key string, opts ...store.DeleteOption) error {
	ctx, client, err := r.client()
	if err == nil {
		err = client.Del(ctx, r.opts.DeletePlace(opts...).Table+key).Err()
	}
	if err != nil {
		return fmt.Errorf("store redis: delete %s: %w", key, ended(err))
	}
	return nil
}

// Close implements store.Store.
func (r *remote) Close() error {
	if err := r.connection.Close(); err != nil {
		return fmt.Errorf("store redis: close: %w", err)
	}
	return nil
}

// String returns "redis".
func (r *remote) String() string { return "redis" }
