package store

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// This file is what implementations share: how the options of a call come to a place, a query and a deadline.

// Place is where a record is kept.
type Place struct{ Database, Table string }

// Query is what a call asks of one place: the record of Key, or, when Many is set, those whose keys have the prefix and
// the suffix.
type Query struct {
	Place
	Key            string
	Many           bool
	Prefix, Suffix string
	Limit, Offset  uint
}

// Place fills what a call did not name from the store's options.
func (o Options) Place(database, table string) Place {
	return Place{cmp.Or(database, o.Database, defaultDatabase), cmp.Or(table, o.Table, defaultTable)}
}

// ReadQuery is what Read asks with these options.
func (o Options) ReadQuery(key string, opts ...ReadOption) Query {
	var r ReadOptions
	for _, set := range opts {
		set(&r)
	}
	q := Query{Place: o.Place(r.Database, r.Table), Key: key, Many: r.Prefix || r.Suffix, Limit: r.Limit, Offset: r.Offset}
	if r.Prefix {
		q.Prefix = key
	}
	if r.Suffix {
		q.Suffix = key
	}
	return q
}

// ListQuery is what List asks with these options.
func (o Options) ListQuery(opts ...ListOption) Query {
	var l ListOptions
	for _, set := range opts {
		set(&l)
	}
	return Query{Place: o.Place(l.Database, l.Table), Many: true, Prefix: l.Prefix, Suffix: l.Suffix, Limit: l.Limit, Offset: l.Offset}
}

// DeletePlace is where Delete deletes with these options.
func (o Options) DeletePlace(opts ...DeleteOption) Place {
	var d DeleteOptions
	for _, set := range opts {
		set(&d)
	}
	return o.Place(d.Database, d.Table)
}

// WriteDeadline is where Write writes r with these options, and when the record ends: the zero time is never. A
// record that cannot be kept gives ErrInvalid.
func (o Options) WriteDeadline(r *Record, now time.Time, opts ...WriteOption) (Place, time.Time, error) {
	switch {
	case r == nil:
		return Place{}, time.Time{}, fmt.Errorf("%w: nil", ErrInvalid)
	case r.Key == "":
		return Place{}, time.Time{}, fmt.Errorf("%w: a record needs a key", ErrInvalid)
	}
	var w WriteOptions
	for _, set := range opts {
		set(&w)
	}
	place, deadline := o.Place(w.Database, w.Table), w.Expiry
	if ttl := cmp.Or(w.TTL, r.Expiry); w.TTL != 0 || deadline.IsZero() && ttl != 0 {
		deadline = now.Add(ttl)
	}
	return place, deadline, nil
}

// Match reports whether a key has the query's prefix and suffix.
func (q Query) Match(key string) bool {
	return strings.HasPrefix(key, q.Prefix) && strings.HasSuffix(key, q.Suffix)
}

// Page sorts keys and cuts what limit and offset leave; it works in place.
func (q Query) Page(keys []string) []string {
	slices.Sort(keys)
	keys = keys[min(q.Offset, uint(len(keys))):]
	if q.Limit > 0 {
		keys = keys[:min(q.Limit, uint(len(keys)))]
	}
	return keys
}
