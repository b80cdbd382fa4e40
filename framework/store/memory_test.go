package store_test

import (
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/microtop/microtop/framework/store"
	"github.com/microtop/microtop/framework/store/storetest"
)

func TestMemoryConformance(t *testing.T) {
	storetest.Run(t, func(_ *testing.T, opts ...store.Option) store.Store { return store.NewMemoryStore(opts...) },
		storetest.Caps{Metadata: true, Databases: true})
}

func TestMemoryEndsToTheMoment(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := store.NewMemoryStore()
		must(t, s.Write(&store.Record{Key: "key"}, store.WriteExpiry(time.Now().Add(time.Second))))
		time.Sleep(time.Second - 1)
		if got, err := s.Read("key"); err != nil || got[0].Expiry != 1 {
			t.Errorf("a nanosecond before the end: %v, %v", got, err)
		}
		time.Sleep(time.Nanosecond)
		if _, err := s.Read("key"); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("at the end: %v", err)
		}
	})
}

func TestMemoryLetsGoWhatHasEnded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := store.NewMemoryStore()
		for i := range 1000 {
			must(t, s.Write(&store.Record{Key: string(rune('a' + i))}, store.WriteTTL(time.Duration(1000-i)*time.Second)))
		}
		time.Sleep(500 * time.Second)
		must(t, s.Write(&store.Record{Key: "new"}))
		if kept := store.MemoryKeeps(s); kept != 501 {
			t.Errorf("%d records kept, want 501", kept)
		}
	})
}

func TestNoopKeepsNothing(t *testing.T) {
	s := store.NewNoopStore(store.Table("t"))
	must(t, s.Init(store.Database("d")))
	must(t, s.Write(&store.Record{Key: "key"}))
	must(t, s.Delete("key"))
	if _, err := s.Read("key"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("Read = %v", err)
	}
	if got, err := s.Read("", store.ReadPrefix()); err != nil || len(got) > 0 {
		t.Errorf("Read by prefix = %v, %v", got, err)
	}
	if got, err := s.List(); err != nil || len(got) > 0 {
		t.Errorf("List = %v, %v", got, err)
	}
	if o := s.Options(); o.Database != "d" || o.Table != "t" || s.String() != "noop" {
		t.Errorf("%s: %+v", s, o)
	}
	must(t, s.Close())
}

func TestA231_TheDefaultIsMemory(t *testing.T) {
	if name := store.DefaultStore.String(); name != "memory" {
		t.Errorf("DefaultStore is %s", name)
	}
}

func TestA233_Options(t *testing.T) {
	o := store.NewStore(store.Nodes("a:1", "b:2"), store.WithContext(t.Context())).Options()
	if len(o.Nodes) != 2 || o.Database != "micro" || o.Table != "micro" || o.Context != t.Context() {
		t.Errorf("options: %+v", o)
	}
}

func TestR21_HistoriesAreLinearizable(t *testing.T) {
	if !storetest.Linearizable(t, store.NewMemoryStore()) {
		t.Error("no order of the operations explains what the clients were told")
	}
}

func BenchmarkMemory(b *testing.B) {
	s := store.NewMemoryStore()
	for i := range 10_000 {
		_ = s.Write(&store.Record{Key: fmt.Sprintf("user/%d", i), Value: make([]byte, 128)})
	}
	r := &store.Record{Key: "key", Value: make([]byte, 128)}
	for name, call := range map[string]func(){
		"write":             func() { _ = s.Write(r, store.WriteTTL(time.Minute)) },
		"read":              func() { _, _ = s.Read("user/17") },
		"read 10 of 10,000": func() { _, _ = s.Read("user/17", store.ReadPrefix(), store.ReadLimit(10)) },
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				call()
			}
		})
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
