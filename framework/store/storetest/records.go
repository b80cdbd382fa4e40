package storetest

import (
	"bytes"
	"errors"
	"fmt"
	"sync"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/microtop/microtop/framework/store"
)

func kept(s *suite) {
	want := record("key", "value")
	if s.caps.Metadata {
		want.Metadata = map[string]any{"team": "shop", "level": 3.0, "tags": []any{"a", "b"}}
	}
	s.write(want)
	if diff := cmp.Diff([]*store.Record{want}, s.read("key"), cmpopts.EquateEmpty()); diff != "" {
		s.Errorf("Read (-want +got):\n%s", diff)
	}
}

func replaced(s *suite) {
	first := record("key", "first")
	first.Metadata = map[string]any{"old": true}
	first.Expiry = s.caps.Unit
	s.write(first)
	s.write(record("key", "second"))
	if got := s.wantValue("key", "second"); len(got.Metadata) > 0 || got.Expiry != 0 {
		s.Errorf("something of the first is left: %+v", got)
	}
	s.wantKeys(s.list(), "key")
}

func unknown(s *suite) {
	s.wantNone("never")
	s.write(record("key", "value"))
	for range 2 {
		if err := s.store.Delete("key"); err != nil {
			s.Errorf("Delete: %v", err)
		}
		s.wantNone("key")
	}
	s.wantKeys(s.list())
}

func notAliased(s *suite) {
	mine := record("key", "value")
	mine.Metadata = map[string]any{"team": "shop"}
	s.write(mine)
	mine.Key, mine.Value[0], mine.Metadata["team"] = "other", 'X', "changed"
	got := s.wantValue("key", "value")
	got.Value[0] = 'Y'
	if s.caps.Metadata {
		if got.Metadata["team"] != "shop" {
			s.Errorf("metadata: %v", got.Metadata)
		}
		got.Metadata["team"] = "changed"
	}
	if again := s.wantValue("key", "value"); s.caps.Metadata && again.Metadata["team"] != "shop" {
		s.Errorf("metadata: %v", again.Metadata)
	}
}

func anyBytes(s *suite) {
	all := make([]byte, 256)
	for i := range all {
		all[i] = byte(i)
	}
	values := map[string][]byte{"empty": {}, "all": all, "large": bytes.Repeat(all, 4096), "a/b c\n\"{}": []byte("x"), "ключ-鍵": []byte("y"), ".": []byte("z"), "../up": []byte("z"), "\xff\xfe": []byte("v")}
	for key, value := range values {
		s.write(&store.Record{Key: key, Value: value})
	}
	for key, value := range values {
		if got := s.read(key); len(got) != 1 || got[0].Key != key || !bytes.Equal(got[0].Value, value) {
			s.Errorf("key %q did not come back", key)
		}
	}
}

func refused(s *suite) {
	for name, r := range map[string]*store.Record{"nil": nil, "no key": {Value: []byte("x")}} {
		if err := s.store.Write(r); !errors.Is(err, store.ErrInvalid) {
			s.Errorf("%s: %v, want %v", name, err, store.ErrInvalid)
		}
	}
}

func concurrent(s *suite) {
	var wg sync.WaitGroup
	for i := range 50 {
		wg.Go(func() {
			for n := range 4 {
				if err := s.store.Write(record(fmt.Sprintf("own-%02d", i), fmt.Sprint(n))); err != nil {
					s.Errorf("Write: %v", err)
				}
				if err := s.store.Write(record("shared", fmt.Sprint(i))); err != nil {
					s.Errorf("Write: %v", err)
				}
				if _, err := s.store.Read("own-", store.ReadPrefix()); err != nil {
					s.Errorf("Read: %v", err)
				}
			}
		})
	}
	wg.Wait()
	for i := range 50 {
		s.wantValue(fmt.Sprintf("own-%02d", i), "3")
	}
	if got := s.list(); len(got) != 51 {
		s.Errorf("%d keys, want 51", len(got))
	}
}

func closed(s *suite) {
	s.write(record("key", "value"))
	for range 2 {
		if err := s.store.Close(); err != nil {
			s.Fatalf("Close: %v", err)
		}
	}
	_, read := s.store.Read("key")
	_, list := s.store.List()
	calls := map[string]error{"Read": read, "List": list, "Write": s.store.Write(record("key", "value")), "Delete": s.store.Delete("key")}
	for call, err := range calls {
		if !errors.Is(err, store.ErrClosed) {
			s.Errorf("%s = %v, want %v", call, err, store.ErrClosed)
		}
	}
}

func options(s *suite) {
	if err := s.store.Init(store.Database("elsewhere"), store.Table("other")); err != nil {
		s.Fatalf("Init: %v", err)
	}
	if o := s.store.Options(); o.Database != "elsewhere" || o.Table != "other" {
		s.Errorf("Options = %+v", o)
	}
	if s.store.String() == "" {
		s.Error("String is empty")
	}
}
