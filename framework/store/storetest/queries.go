package storetest

import (
	"fmt"

	"github.com/microtop/microtop/framework/store"
)

// fill writes records out of order: user/0 … user/4 with values u0 …, and config/name.
func (s *suite) fill() {
	s.Helper()
	for _, i := range []int{3, 0, 4, 1, 2} {
		s.write(record(fmt.Sprintf("user/%d", i), fmt.Sprintf("u%d", i)))
	}
	s.write(record("config/name", "c"))
}

func listed(s *suite) {
	s.wantKeys(s.list())
	s.fill()
	s.wantKeys(s.list(), "config/name", "user/0", "user/1", "user/2", "user/3", "user/4")
	s.wantKeys(s.list(store.ListPrefix("user/")), "user/0", "user/1", "user/2", "user/3", "user/4")
	s.wantKeys(s.list(store.ListSuffix("e")), "config/name")
	s.wantKeys(s.list(store.ListPrefix("u"), store.ListSuffix("3")), "user/3")
	s.wantKeys(s.list(store.ListPrefix("nobody")))
	s.wantKeys(s.list(store.ListLimit(2)), "config/name", "user/0")
	s.wantKeys(s.list(store.ListOffset(4)), "user/3", "user/4")
	s.wantKeys(s.list(store.ListPrefix("user/"), store.ListOffset(1), store.ListLimit(2)), "user/1", "user/2")
	s.wantKeys(s.list(store.ListOffset(100)))
	s.wantKeys(s.list(store.ListOffset(5), store.ListLimit(100)), "user/4")
}

func readMany(s *suite) {
	s.fill()
	s.wantKeys(keys(s.read("user/", store.ReadPrefix())), "user/0", "user/1", "user/2", "user/3", "user/4")
	s.wantKeys(keys(s.read("name", store.ReadSuffix())), "config/name")
	s.wantKeys(keys(s.read("user/", store.ReadPrefix(), store.ReadOffset(3), store.ReadLimit(1))), "user/3")
	s.wantKeys(keys(s.read("", store.ReadPrefix(), store.ReadLimit(2))), "config/name", "user/0")
	s.wantKeys(keys(s.read("nobody", store.ReadPrefix())))
	s.wantKeys(keys(s.read("user/0", store.ReadPrefix(), store.ReadSuffix())), "user/0")
	for _, r := range s.read("user/", store.ReadPrefix()) {
		if want := "u" + r.Key[len("user/"):]; string(r.Value) != want {
			s.Errorf("%s has %q, want %q", r.Key, r.Value, want)
		}
	}
}

func literal(s *suite) {
	for _, key := range []string{"a*b", "aXb", "a?c", "a[x]d", "axd", `a\e`, "a%f", "a_g"} {
		s.write(record(key, key))
	}
	s.wantKeys(keys(s.read("a*", store.ReadPrefix())), "a*b")
	s.wantKeys(keys(s.read("[x]d", store.ReadSuffix())), "a[x]d")
	s.wantKeys(s.list(store.ListPrefix("a?")), "a?c")
	s.wantKeys(s.list(store.ListPrefix(`a\`)), `a\e`)
	s.wantKeys(s.list(store.ListPrefix("a%")), "a%f")
	s.wantKeys(s.list(store.ListSuffix("_g")), "a_g")
	s.wantValue("a*b", "a*b")
	if err := s.store.Delete("a*b"); err != nil {
		s.Errorf("Delete: %v", err)
	}
	s.wantValue("aXb", "aXb")
}

func tables(s *suite) {
	other := "other." + s.table
	s.write(record("key", "mine"))
	s.write(record("key", "theirs"), store.WriteTo("", other))
	s.write(record("more", "theirs"), store.WriteTo("", other))
	s.wantValue("key", "mine")
	s.wantValue("key", "theirs", store.ReadFrom("", other))
	s.wantKeys(s.list(), "key")
	s.wantKeys(s.list(store.ListFrom("", other)), "key", "more")
	if err := s.store.Delete("key", store.DeleteFrom("", other)); err != nil {
		s.Errorf("Delete: %v", err)
	}
	s.wantValue("key", "mine")
	s.wantNone("key", store.ReadFrom("", other))
}

func databases(s *suite) {
	if !s.caps.Databases {
		s.Skip("this store has one database")
	}
	s.write(record("key", "mine"))
	s.write(record("key", "theirs"), store.WriteTo("other", s.table))
	s.wantValue("key", "mine")
	s.wantValue("key", "theirs", store.ReadFrom("other", s.table))
	if err := s.store.Delete("key", store.DeleteFrom("other", "")); err != nil {
		s.Errorf("Delete: %v", err)
	}
	s.wantNone("key", store.ReadFrom("other", s.table))
	s.wantValue("key", "mine")
}

func defaultTable(s *suite) {
	s.write(record("key", "value"))
	s.wantValue("key", "value", store.ReadFrom("", s.table))
	if err := s.store.Init(store.Table("next." + s.table)); err != nil {
		s.Fatalf("Init: %v", err)
	}
	s.wantNone("key")
	s.write(record("key", "next"))
	s.wantValue("key", "next", store.ReadFrom("", "next."+s.table))
	s.wantValue("key", "value", store.ReadFrom("", s.table))
}
