package client

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"reflect"
	"sync"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/microtop/microtop/framework/metadata"
)

// maxCached bounds the answers a cache holds; over it the ones that expire first go.
const maxCached = 10_000

// Cache holds answers of calls for as long as WithCache says. Safe for concurrent use.
type Cache struct {
	mu      sync.Mutex
	entries map[string]cached
}

type cached struct {
	value   any
	expires time.Time
}

// NewCache returns an empty cache.
func NewCache() *Cache { return new(Cache) }

// Get returns the answer to the request, if there is one that is not expired. It must not be changed.
func (c *Cache) Get(ctx context.Context, req *Request) (any, bool) {
	name, ok := cacheKey(ctx, req)
	if !ok {
		return nil, false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	entry, ok := c.entries[name]
	if !ok || !time.Now().Before(entry.expires) {
		delete(c.entries, name)
		return nil, false
	}
	return entry.value, true
}

// Set stores the answer to the request for so long.
func (c *Cache) Set(ctx context.Context, req *Request, rsp any, expiry time.Duration) {
	name, ok := cacheKey(ctx, req)
	if !ok {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.entries == nil {
		c.entries = make(map[string]cached)
	}
	if len(c.entries) >= maxCached {
		c.makeRoom()
	}
	c.entries[name] = cached{rsp, time.Now().Add(expiry)}
}

// makeRoom drops what is expired, or else what expires first. c.mu is held.
func (c *Cache) makeRoom() {
	now := time.Now()
	first, at := "", time.Time{}
	for name, entry := range c.entries {
		if !now.Before(entry.expires) {
			delete(c.entries, name)
		} else if at.IsZero() || entry.expires.Before(at) {
			first, at = name, entry.expires
		}
	}
	if len(c.entries) >= maxCached {
		delete(c.entries, first)
	}
}

// List returns the answers as text, by the keys of their requests.
func (c *Cache) List() map[string]string {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := make(map[string]string, len(c.entries))
	for name, entry := range c.entries {
		out[name] = fmt.Sprintf("%+v", entry.value)
	}
	return out
}

// cacheKey tells requests apart by service, endpoint, metadata, content type and body.
func cacheKey(ctx context.Context, req *Request) (string, bool) {
	if req == nil || *req == nil {
		return "", false
	}
	md, _ := metadata.FromContext(ctx)
	r := *req
	text, err := json.Marshal([]any{r.Service(), r.Endpoint(), r.ContentType(), md, r.Body()})
	if err != nil {
		return "", false // a body without a JSON form is not cached
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:]), true
}

// snapshot returns a copy of an answer, so that what the caller does with his does not change the cache's.
func snapshot(rsp any) any {
	if m, ok := rsp.(proto.Message); ok {
		return proto.Clone(m)
	}
	v := reflect.ValueOf(rsp)
	if v.Kind() != reflect.Pointer || v.IsNil() {
		return rsp
	}
	out := reflect.New(v.Elem().Type())
	out.Elem().Set(v.Elem())
	return out.Interface()
}

// assign copies a cached answer into rsp, if it is of the same type.
func assign(rsp, found any) bool {
	to, from := reflect.ValueOf(rsp), reflect.ValueOf(found)
	if to.Kind() != reflect.Pointer || to.IsNil() || from.Type() != to.Type() {
		return false
	}
	if m, ok := rsp.(proto.Message); ok {
		proto.Reset(m)
		proto.Merge(m, found.(proto.Message)) //nolint:forcetypeassert // of the same type
		return true
	}
	to.Elem().Set(from.Elem())
	return true
}
