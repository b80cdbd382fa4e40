// Package cachetest is the contract of cache.Cache as tests. Every implementation runs it with [Run].
package cachetest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/microtop/microtop/framework/cache"
)

// Caps says what an implementation can do beyond, or less than, the interface.
type Caps struct {
	KeepsTypes bool          // a value comes back as the Go value that was put; else as its bytes, a []byte
	Remembers  bool          // a value that ended gives ErrItemExpired; else ErrKeyNotFound
	Unit       time.Duration // the shortest lifetime the suite uses; zero is 20 ms
}

// suite is one run of one rule: a cache of its own and a key that no other run uses.
type suite struct {
	*testing.T
	caps Caps
	open func(opts ...cache.Option) cache.Cache
	key  string
}

// Run holds the caches that open returns against the contract, one rule a subtest. The caches may share a server: keys
// are never used twice.
func Run(t *testing.T, open func(t *testing.T, opts ...cache.Option) cache.Cache, caps Caps) {
	t.Helper()
	if caps.Unit == 0 {
		caps.Unit = 20 * time.Millisecond
	}
	rules := []struct {
		rule string
		hold func(*suite)
	}{
		{"A220_a value put is got, and is gone once it was deleted", kept},
		{"A220_an unknown key gives ErrKeyNotFound, from Get and from Delete", unknown},
		{"a value put again takes the place of the old one, and of its lifetime", replaced},
		{"A221_a value without a lifetime does not end", forEver},
		{"A223_a value ends after the duration it was put for, and Get says when", ends},
		{"A223_a duration of zero means the expiration of the options, a negative one for ever", defaults},
		{"a context that has ended ends the call with its error", contextEnds},
		{"a hundred callers at once find what they put", concurrent},
		{"String names the implementation", named},
	}
	for _, r := range rules {
		t.Run(r.rule, func(t *testing.T) {
			r.hold(&suite{T: t, caps: caps, key: "suite." + uuid.NewString(),
				open: func(opts ...cache.Option) cache.Cache { return open(t, opts...) }})
		})
	}
}

func (s *suite) put(c cache.Cache, key string, val any, d time.Duration) {
	s.Helper()
	if err := c.Put(context.Background(), key, val, d); err != nil {
		s.Fatalf("Put(%s): %v", key, err)
	}
}

func (s *suite) want(c cache.Cache, key, want string) time.Time {
	s.Helper()
	got, ends, err := c.Get(context.Background(), key)
	if err != nil || s.text(got) != want {
		s.Fatalf("Get(%s) = %#v, %v, want %q", key, got, err, want)
	}
	return ends
}

// text is what is kept of a string.
func (s *suite) text(got any) any {
	if bytes, ok := got.([]byte); ok && !s.caps.KeepsTypes {
		return string(bytes)
	}
	return got
}

func (s *suite) wantGone(c cache.Cache, key string, want error) {
	s.Helper()
	if got, _, err := c.Get(context.Background(), key); !errors.Is(err, want) {
		s.Errorf("Get(%s) = %v, %v, want error %v", key, got, err, want)
	}
}

func (s *suite) over() error {
	if s.caps.Remembers {
		return cache.ErrItemExpired
	}
	return cache.ErrKeyNotFound
}

func kept(s *suite) {
	c := s.open()
	s.put(c, s.key, "value", 0)
	s.want(c, s.key, "value")
	s.put(c, s.key, 42, 0)
	got, _, err := c.Get(s.Context(), s.key)
	if want := map[bool]any{true: 42, false: "42"}[s.caps.KeepsTypes]; err != nil || s.text(got) != want {
		s.Errorf("Get = %#v, %v, want %#v", got, err, want)
	}
	if err := c.Delete(s.Context(), s.key); err != nil {
		s.Errorf("Delete: %v", err)
	}
	s.wantGone(c, s.key, cache.ErrKeyNotFound)
}

func unknown(s *suite) {
	c := s.open()
	s.wantGone(c, s.key, cache.ErrKeyNotFound)
	if err := c.Delete(s.Context(), s.key); !errors.Is(err, cache.ErrKeyNotFound) {
		s.Errorf("Delete = %v, want %v", err, cache.ErrKeyNotFound)
	}
}

func replaced(s *suite) {
	c := s.open()
	s.put(c, s.key, "short", s.caps.Unit)
	s.put(c, s.key, "long", -1)
	time.Sleep(2 * s.caps.Unit)
	if ends := s.want(c, s.key, "long"); !ends.IsZero() {
		s.Errorf("it ends at %v, want never", ends)
	}
}

func forEver(s *suite) {
	c := s.open()
	s.put(c, s.key, "value", 0)
	time.Sleep(s.caps.Unit)
	if ends := s.want(c, s.key, "value"); !ends.IsZero() {
		s.Errorf("it ends at %v, want never", ends)
	}
}

func ends(s *suite) {
	c := s.open()
	before := time.Now()
	s.put(c, s.key, "value", time.Minute)
	if ends := s.want(c, s.key, "value"); ends.Before(before.Add(59*time.Second)) || ends.After(time.Now().Add(time.Minute+s.caps.Unit)) {
		s.Errorf("it ends %v after Put, want a minute", ends.Sub(before))
	}
	s.put(c, s.key, "value", s.caps.Unit)
	time.Sleep(2 * s.caps.Unit)
	s.wantGone(c, s.key, s.over())
}

func defaults(s *suite) {
	c := s.open(cache.Expiration(s.caps.Unit))
	s.put(c, s.key, "value", 0)
	s.put(c, s.key+"-stays", "value", -1)
	s.put(c, s.key+"-minute", "value", time.Minute)
	time.Sleep(2 * s.caps.Unit)
	s.wantGone(c, s.key, s.over())
	s.want(c, s.key+"-minute", "value")
	if ends := s.want(c, s.key+"-stays", "value"); !ends.IsZero() {
		s.Errorf("it ends at %v, want never", ends)
	}
}

func contextEnds(s *suite) {
	c := s.open()
	ctx, cancel := context.WithCancel(s.Context())
	cancel()
	_, _, get := c.Get(ctx, s.key)
	for call, err := range map[string]error{"Get": get, "Put": c.Put(ctx, s.key, "value", 0), "Delete": c.Delete(ctx, s.key)} {
		if !errors.Is(err, context.Canceled) {
			s.Errorf("%s = %v, want %v", call, err, context.Canceled)
		}
	}
}

func concurrent(s *suite) {
	c := s.open()
	var wg sync.WaitGroup
	for i := range 100 {
		wg.Go(func() {
			key := fmt.Sprintf("%s-%d", s.key, i)
			for n := range 10 {
				val := fmt.Sprint(n)
				if err := c.Put(s.Context(), key, val, time.Minute); err != nil {
					s.Errorf("Put: %v", err)
				}
				if got, _, err := c.Get(s.Context(), key); err != nil || s.text(got) != val {
					s.Errorf("Get = %v, %v, want %v", got, err, val)
				}
			}
			if err := c.Delete(s.Context(), key); err != nil {
				s.Errorf("Delete: %v", err)
			}
		})
	}
	wg.Wait()
}

func named(s *suite) {
	if s.open().String() == "" {
		s.Error("String is empty")
	}
}
