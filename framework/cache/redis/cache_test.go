package redis_test

import (
	"context"
	"errors"
	"io"
	"testing"
	"time"

	goredis "github.com/redis/go-redis/v9"
	"go.uber.org/goleak"

	"github.com/microtop/microtop/framework/cache"
	"github.com/microtop/microtop/framework/cache/cachetest"
	"github.com/microtop/microtop/framework/cache/redis"
	"github.com/microtop/microtop/framework/internal/redistest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func open(t *testing.T, opts ...cache.Option) cache.Cache {
	c := redis.NewRedisCache(opts...)
	t.Cleanup(func() {
		if err := c.(io.Closer).Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return c
}

func TestA222_Conformance(t *testing.T) {
	addr := redistest.Start(t)
	cachetest.Run(t, func(t *testing.T, opts ...cache.Option) cache.Cache {
		return open(t, append(opts, cache.WithAddress(addr))...)
	}, cachetest.Caps{})
}

func TestA222_UniversalClient(t *testing.T) {
	addr := redistest.Start(t)
	c := open(t, redis.WithRedisOptions(goredis.UniversalOptions{Addrs: []string{addr}, DB: 2}))
	if err := c.Put(t.Context(), "key", 4.5, time.Hour); err != nil {
		t.Fatal(err)
	}
	other := open(t, cache.WithAddress("redis://"+addr+"/2"))
	got, _, err := other.Get(t.Context(), "key")
	if bytes, ok := got.([]byte); err != nil || !ok || string(bytes) != "4.5" {
		t.Errorf("Get = %#v, %v", got, err)
	}
	if c.String() != "redis" || redis.NewCache().String() != "redis" {
		t.Error("the name")
	}
}

func TestWhatHasNoBytesIsRefused(t *testing.T) {
	c := open(t, cache.WithAddress(redistest.Start(t)))
	if err := c.Put(t.Context(), "key", struct{ A int }{1}, 0); err == nil {
		t.Error("a struct without MarshalBinary was put")
	}
}

func TestASilentServerEndsTheCallWithItsContext(t *testing.T) {
	addr := redistest.Start(t)
	c := open(t, cache.WithAddress(addr))
	if err := c.Put(t.Context(), "key", "value", 0); err != nil {
		t.Fatal(err)
	}
	if answer := redistest.Do(addr, "CLIENT", "PAUSE", "10000"); answer != "+OK" {
		t.Fatal(answer)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	start := time.Now()
	_, _, err := c.Get(ctx, "key")
	if waited := time.Since(start); !errors.Is(err, context.DeadlineExceeded) || waited > 2500*time.Millisecond { // a read has three seconds otherwise
		t.Errorf("Get = %v after %v", err, waited)
	}
}

func TestACloseIsForGood(t *testing.T) {
	c := open(t)
	for range 2 {
		if err := c.(io.Closer).Close(); err != nil {
			t.Fatal(err)
		}
	}
	if _, _, err := c.Get(t.Context(), "key"); err == nil {
		t.Error("Get works after Close")
	}
}
