// Package redis is a cache in a redis server or cluster. Start with [NewRedisCache].
//
// The keys are the caller's, as they are, and so are the values, as v4's redis plugin has them: strings, bytes, numbers,
// booleans, times and whatever has MarshalBinary can be put; Get gives the bytes, always as []byte. How much the cache
// keeps is the server's maxmemory.
package redis

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/microtop/microtop/framework/cache"
	connection "github.com/microtop/microtop/framework/internal/redis"
)

type optionsKey struct{}

// WithRedisOptions sets everything there is to set about the client; cache.WithAddress is then not looked at.
func WithRedisOptions(options redis.UniversalOptions) cache.Option {
	return cache.SetValue(optionsKey{}, options)
}

// NewRedisCache returns a cache in redis. cache.WithAddress says where: host:port or a URL
// (redis://user:password@host:port/db, rediss:// for TLS, unix://…); the default is 127.0.0.1:6379. cache.Items are
// not put there. It connects when it is first used; its Close (it is an io.Closer) lets the connections go.
func NewRedisCache(opts ...cache.Option) cache.Cache { return &remote{opts: cache.NewOptions(opts...)} }

// NewCache is NewRedisCache under the name that v4's plugin has for it.
func NewCache(opts ...cache.Option) cache.Cache { return NewRedisCache(opts...) }

type remote struct {
	opts       cache.Options
	connection connection.Connection
}

var (
	_ cache.Cache = (*remote)(nil)
	_ io.Closer   = (*remote)(nil)
)

func (r *remote) client(ctx context.Context) (redis.UniversalClient, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	var addrs []string
	if r.opts.Address != "" {
		addrs = []string{r.opts.Address}
	}
	var custom *redis.UniversalOptions
	if r.opts.Context != nil {
		if o, ok := r.opts.Context.Value(optionsKey{}).(redis.UniversalOptions); ok {
			custom = &o
		}
	}
	return r.connection.Client(addrs, custom)
}

// Get implements cache.Cache. Redis does not remember what has ended: it is ErrKeyNotFound.
func (r *remote) Get(ctx context.Context, key string) (any, time.Time, error) {
	value, ends, err := r.get(ctx, key)
	switch {
	case errors.Is(err, redis.Nil):
		return nil, time.Time{}, cache.ErrKeyNotFound
	case err != nil:
		return nil, time.Time{}, fmt.Errorf("cache redis: get %s: %w", key, err)
	}
	return value, ends, nil
}

func (r *remote) get(ctx context.Context, key string) ([]byte, time.Time, error) {
	client, err := r.client(ctx)
	if err != nil {
		return nil, time.Time{}, err
	}
	pipe := client.Pipeline()
	get, ttl := pipe.Get(ctx, key), pipe.PTTL(ctx, key)
	if _, err := pipe.Exec(ctx); err != nil {
		return nil, time.Time{}, err
	}
	value, err := get.Bytes()
	var ends time.Time
	if left := ttl.Val(); left >= 0 { // -1 is never
		ends = time.Now().Add(left)
	}
	return value, ends, err
}

// Put implements cache.Cache.
func (r *remote) Put(ctx context.Context, key string, val any, d time.Duration) error {
	client, err := r.client(ctx)
	if err == nil {
		life := r.opts.Lifetime(d)
		if life > 0 {
			life = max(life, time.Millisecond)
		}
		err = client.Set(ctx, key, val, life).Err()
	}
	if err != nil {
		return fmt.Errorf("cache redis: put %s: %w", key, err)
	}
	return nil
}

// Delete implements cache.Cache.
func (r *remote) Delete(ctx context.Context, key string) error {
	client, err := r.client(ctx)
	deleted := int64(0)
	if err == nil {
		deleted, err = client.Del(ctx, key).Result()
	}
	switch {
	case err != nil:
		return fmt.Errorf("cache redis: delete %s: %w", key, err)
	case deleted == 0:
		return cache.ErrKeyNotFound
	}
	return nil
}

// Close lets the connections go. It may be called again; other calls then fail.
func (r *remote) Close() error {
	if err := r.connection.Close(); err != nil {
		return fmt.Errorf("cache redis: close: %w", err)
	}
	return nil
}

// String returns "redis".
func (r *remote) String() string { return "redis" }
