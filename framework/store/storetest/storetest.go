// Package storetest is the contract of store.Store as tests. Every implementation runs it with [Run].
package storetest

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/google/uuid"

	"github.com/microtop/microtop/framework/store"
)

// Caps says what an implementation can do beyond, or less than, the interface.
type Caps struct {
	Metadata  bool          // metadata is kept
	Databases bool          // databases are apart from each other
	Unit      time.Duration // the shortest lifetime the suite uses; zero is 20 ms
}

// suite is one run of one rule: a store of its own, whose default table no other run uses.
type suite struct {
	*testing.T
	caps  Caps
	store store.Store
	table string
}

// Run holds the stores that open returns against the contract, one rule a subtest. open gets options to pass on, and closes
// itself what it opens (t.Cleanup). The stores may share a backend: tables are never used twice.
func Run(t *testing.T, open func(t *testing.T, opts ...store.Option) store.Store, caps Caps) {
	t.Helper()
	if caps.Unit == 0 {
		caps.Unit = 20 * time.Millisecond
	}
	rules := []struct {
		rule string
		hold func(*suite)
	}{
		{"A231_a record written is read with all it had", kept},
		{"A231_writing again replaces value, metadata and expiry", replaced},
		{"A230_an unknown key gives ErrNotFound, a deleted one too, and deleting it again is no error", unknown},
		{"the caller may change its record after Write and what it got from Read", notAliased},
		{"values of any bytes and keys of any text are kept", anyBytes},
		{"a record without a key, and no record, are refused with ErrInvalid", refused},
		{"A230_List gives all keys, sorted, by prefix and suffix, cut by offset and limit", listed},
		{"A230_Read by prefix and suffix gives records sorted by key, cut by offset and limit", readMany},
		{"letters that mean something to a backend mean themselves in keys, prefixes and suffixes", literal},
		{"A233_tables are apart from each other", tables},
		{"A233_databases are apart from each other", databases},
		{"A233_the table of the options is where calls go that name none", defaultTable},
		{"a record ends after its TTL, and says before how long it lives", ends},
		{"a TTL goes before a moment, and both before the record's own expiry", precedence},
		{"a moment in the past leaves no record", past},
		{"a record written again without TTL stays", stays},
		{"what has ended is not listed and not read by prefix", endedIsHidden},
		{"fifty callers at once leave what they wrote", concurrent},
		{"Close may be called twice, and calls after it give ErrClosed", closed},
		{"A230_Options tells what was set and String names the implementation", options},
	}
	for _, r := range rules {
		t.Run(r.rule, func(t *testing.T) {
			s := &suite{T: t, caps: caps, table: "suite." + uuid.NewString() + "."}
			s.store = open(t, store.Table(s.table))
			r.hold(s)
		})
	}
}

func (s *suite) write(r *store.Record, opts ...store.WriteOption) {
	s.Helper()
	if err := s.store.Write(r, opts...); err != nil {
		s.Fatalf("Write(%s): %v", r.Key, err)
	}
}

func (s *suite) read(key string, opts ...store.ReadOption) []*store.Record {
	s.Helper()
	records, err := s.store.Read(key, opts...)
	if err != nil {
		s.Fatalf("Read(%q): %v", key, err)
	}
	return records
}

func (s *suite) list(opts ...store.ListOption) []string {
	s.Helper()
	keys, err := s.store.List(opts...)
	if err != nil {
		s.Fatalf("List: %v", err)
	}
	return keys
}

func (s *suite) wantValue(key, want string, opts ...store.ReadOption) *store.Record {
	s.Helper()
	got := s.read(key, opts...)
	if len(got) != 1 || got[0].Key != key || string(got[0].Value) != want {
		s.Fatalf("Read(%q) = %s, want one record with %q", key, show(got), want)
	}
	return got[0]
}

func (s *suite) wantNone(key string, opts ...store.ReadOption) {
	s.Helper()
	if got, err := s.store.Read(key, opts...); !errors.Is(err, store.ErrNotFound) || len(got) > 0 {
		s.Errorf("Read(%q) = %s, %v, want %v", key, show(got), err, store.ErrNotFound)
	}
}

func (s *suite) wantKeys(got []string, want ...string) {
	s.Helper()
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		s.Errorf("keys (-want +got):\n%s", diff)
	}
}

func record(key, value string) *store.Record { return &store.Record{Key: key, Value: []byte(value)} }

func keys(records []*store.Record) []string {
	out := make([]string, 0, len(records))
	for _, r := range records {
		out = append(out, r.Key)
	}
	return out
}

func show(records []*store.Record) string { return cmp.Diff([]*store.Record(nil), records) }
