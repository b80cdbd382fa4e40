package storetest_test

import (
	"sync"
	"testing"

	"github.com/microtop/microtop/framework/store"
	"github.com/microtop/microtop/framework/store/storetest"
)

// forgetful gives every hundredth read what the key held a write ago.
type forgetful struct {
	store.Store

	mu    sync.Mutex
	reads int
	old   map[string][]*store.Record
}

func (f *forgetful) Write(r *store.Record, opts ...store.WriteOption) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.old[r.Key], _ = f.Store.Read(r.Key)
	return f.Store.Write(r, opts...)
}

func (f *forgetful) Read(key string, opts ...store.ReadOption) ([]*store.Record, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.reads++; f.reads%100 == 0 && f.old[key] != nil {
		return f.old[key], nil
	}
	return f.Store.Read(key, opts...)
}

func TestAStoreThatGivesOldRecordsIsFound(t *testing.T) {
	if storetest.Linearizable(t, &forgetful{Store: store.NewMemoryStore(), old: map[string][]*store.Record{}}) {
		t.Error("reads of old records were not noticed")
	}
}
