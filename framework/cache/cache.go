// Package cache keeps values for a while. A cache may forget: what must not be lost belongs in framework/store.
//
// [NewCache] keeps values in this process, bounded in number; framework/cache/redis keeps them in a redis server.
// Start with [Cache]. What every implementation must do is stated, rule by rule, by framework/cache/cachetest.
package cache

import (
	"context"
	"errors"
	"time"
)

var (
	// DefaultExpiration is how long a value put with a duration of zero lives when the options say nothing: for ever.
	DefaultExpiration time.Duration
	// DefaultCache serves programs that make no cache of their own: memory.
	DefaultCache = NewCache()

	// ErrItemExpired says that the value was there and has ended.
	ErrItemExpired = errors.New("item has expired")
	// ErrKeyNotFound says that there is no value under the key.
	ErrKeyNotFound = errors.New("key not found in cache")
)

// Cache keeps values under keys. Implementations are safe for concurrent use. Calls end when their context does.
type Cache interface {
	// Get returns the value and when it ends: the zero time is never. A value that is not there gives ErrKeyNotFound, one
	// that has ended ErrItemExpired, where the implementation still knows that it was there.
	Get(ctx context.Context, key string) (any, time.Time, error)
	// Put keeps a value for d. Zero means the expiration of the options, a negative d for ever.
	Put(ctx context.Context, key string, val any, d time.Duration) error
	// Delete removes a value; one that is not there gives ErrKeyNotFound.
	Delete(ctx context.Context, key string) error
	// String names the implementation.
	String() string
}

// Item is a value and when it ends, in nanoseconds since 1970; zero is never.
type Item struct {
	Value      any
	Expiration int64
}

// Expired reports whether the item has ended.
func (i Item) Expired() bool { return i.Expiration > 0 && time.Now().UnixNano() >= i.Expiration }
