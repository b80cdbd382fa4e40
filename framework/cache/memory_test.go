package cache_test

import (
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/microtop/microtop/framework/cache"
	"github.com/microtop/microtop/framework/cache/cachetest"
)

func TestMemoryConformance(t *testing.T) {
	cachetest.Run(t, func(_ *testing.T, opts ...cache.Option) cache.Cache { return cache.NewCache(opts...) },
		cachetest.Caps{KeepsTypes: true, Remembers: true})
}

func TestA223_MemoryEndsToTheMoment(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := cache.NewCache()
		must(t, c.Put(t.Context(), "key", 1, time.Second))
		time.Sleep(time.Second - 1)
		if got, ends, err := c.Get(t.Context(), "key"); err != nil || got != 1 || time.Until(ends) != 1 {
			t.Errorf("a nanosecond before the end: %v, %v, %v", got, ends, err)
		}
		time.Sleep(time.Nanosecond)
		if _, _, err := c.Get(t.Context(), "key"); !errors.Is(err, cache.ErrItemExpired) {
			t.Errorf("at the end: %v", err)
		}
	})
}

func TestMemoryKeepsTheMostRecentlyUsed(t *testing.T) {
	c := cache.NewCache(cache.Capacity(3))
	for i := range 3 {
		must(t, c.Put(t.Context(), fmt.Sprint(i), i, 0))
	}
	if _, _, err := c.Get(t.Context(), "0"); err != nil {
		t.Fatal(err)
	}
	must(t, c.Put(t.Context(), "3", 3, 0))
	must(t, c.Put(t.Context(), "3", 4, 0)) // takes no place twice
	for key, want := range map[string]error{"0": nil, "1": cache.ErrKeyNotFound, "2": nil, "3": nil} {
		if _, _, err := c.Get(t.Context(), key); !errors.Is(err, want) {
			t.Errorf("Get(%s) = %v, want %v", key, err, want)
		}
	}
}

func TestItemsAreThereFromTheStart(t *testing.T) {
	items := map[string]cache.Item{"a": {Value: "x"}, "b": {Value: "y", Expiration: time.Now().Add(-time.Second).UnixNano()}}
	c := cache.NewCache(cache.Items(items))
	delete(items, "a")
	if got, _, err := c.Get(t.Context(), "a"); err != nil || got != "x" {
		t.Errorf("Get(a) = %v, %v", got, err)
	}
	if _, _, err := c.Get(t.Context(), "b"); !errors.Is(err, cache.ErrItemExpired) {
		t.Errorf("Get(b) = %v", err)
	}
}

func TestA223_Options(t *testing.T) {
	o := cache.NewOptions(cache.WithAddress("cache:6379"), cache.Expiration(time.Minute), cache.WithContext(t.Context()))
	if o.Address != "cache:6379" || o.Expiration != time.Minute || o.Context != t.Context() || o.Logger == nil {
		t.Errorf("options: %+v", o)
	}
	if o := cache.NewOptions(); o.Expiration != 0 {
		t.Errorf("by default values live %v, want for ever", o.Expiration)
	}
}

func TestA221_TheDefaultIsMemory(t *testing.T) {
	if name := cache.DefaultCache.String(); name != "memory" {
		t.Errorf("DefaultCache is %s", name)
	}
}

func BenchmarkMemory(b *testing.B) {
	c := cache.NewCache()
	b.Run("put", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			_ = c.Put(b.Context(), "key", "value", time.Minute)
		}
	})
	b.Run("get", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			_, _, _ = c.Get(b.Context(), "key")
		}
	})
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
