// Package metadata carries a request's headers through a context.
//
// On the client the map becomes request headers; on the server all request headers become metadata,
// plus the keys Local and Remote (docs/wire.md §11.5).
package metadata

import (
	"context"
	"maps"
	"strings"

	"github.com/microtop/microtop/framework/internal/carrier"
)

// Metadata is a request's headers. A map taken from a context is a copy: changing it changes nothing else.
type Metadata map[string]string

// Get looks a value up by the exact key, then by its title-cased form ("x-tenant" finds "X-Tenant").
func (md Metadata) Get(key string) (string, bool) {
	if value, ok := md[key]; ok {
		return value, true
	}
	value, ok := md[titleCase(key)]
	return value, ok
}

// Set stores value under key as given.
func (md Metadata) Set(key, value string) { md[key] = value }

// Delete removes key, in the spelling given and in its title-cased form.
func (md Metadata) Delete(key string) {
	delete(md, key)
	delete(md, titleCase(key))
}

// Copy returns a map of its own with the same entries; never nil.
func Copy(md Metadata) Metadata {
	out := make(Metadata, len(md))
	maps.Copy(out, md)
	return out
}

// FromContext returns a copy of the context's metadata with title-cased keys, and whether there was any.
func FromContext(ctx context.Context) (Metadata, bool) {
	md, ok := from(ctx)
	if !ok {
		return nil, false
	}
	out := make(Metadata, len(md))
	for key, value := range md {
		out[titleCase(key)] = value
	}
	return out, true
}

// from returns the context's own map, which must not be changed.
func from(ctx context.Context) (Metadata, bool) {
	switch md := ctx.Value(carrier.Key{}).(type) {
	case Metadata:
		return md, true
	case carrier.Source:
		return md.Metadata(), true
	}
	return nil, false
}

// Range calls yield for each entry as it was stored, without copying, until yield returns false.
func Range(ctx context.Context, yield func(key, value string) bool) {
	md, _ := from(ctx)
	for key, value := range md {
		if !yield(key, value) {
			return
		}
	}
}

// NewContext returns a context that carries md. The caller hands md over and must not change it afterwards.
func NewContext(ctx context.Context, md Metadata) context.Context {
	return context.WithValue(ctx, carrier.Key{}, md)
}

// Get looks a value up in the context's metadata.
func Get(ctx context.Context, key string) (string, bool) {
	md, _ := from(ctx)
	if value, ok := md.Get(key); ok {
		return value, true
	}
	want := titleCase(key)
	for have, value := range md {
		if titleCase(have) == want {
			return value, true
		}
	}
	return "", false
}

// Set returns a context whose metadata also holds key; an empty value removes the key.
func Set(ctx context.Context, key, value string) context.Context {
	md, _ := from(ctx)
	out := Copy(md)
	out.Delete(key)
	if value != "" {
		out[key] = value
	}
	return NewContext(ctx, out)
}

// Delete returns a context whose metadata lacks key.
func Delete(ctx context.Context, key string) context.Context { return Set(ctx, key, "") }

// MergeContext returns a context with its metadata and patch merged; where both hold a key, patch wins
// only if overwrite is set. An empty patch value removes the key.
func MergeContext(ctx context.Context, patch Metadata, overwrite bool) context.Context {
	md, _ := from(ctx)
	out := Copy(md)
	for key, value := range patch {
		if _, exists := out[key]; exists && !overwrite {
			continue
		}
		if value == "" {
			delete(out, key)
			continue
		}
		out[key] = value
	}
	return NewContext(ctx, out)
}

// titleCase upper-cases the first letter of each word, as go-micro v4 shows keys (docs/wire.md §11.5).
func titleCase(key string) string {
	atStart := true
	for i := range len(key) {
		c := key[i]
		if atStart && 'a' <= c && c <= 'z' {
			return titleSlow(key)
		}
		atStart = c == '-' || c == ' ' || c == '.' || c == ':'
	}
	return key
}

func titleSlow(key string) string {
	var out strings.Builder
	out.Grow(len(key))
	atStart := true
	for i := range len(key) {
		c := key[i]
		if atStart && 'a' <= c && c <= 'z' {
			c -= 'a' - 'A'
		}
		atStart = c == '-' || c == ' ' || c == '.' || c == ':'
		out.WriteByte(c)
	}
	return out.String()
}
