package file_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.etcd.io/bbolt"
	"go.uber.org/goleak"

	"github.com/microtop/microtop/framework/store"
	"github.com/microtop/microtop/framework/store/file"
	"github.com/microtop/microtop/framework/store/storetest"
)

func TestMain(m *testing.M) {
	if os.Getenv(writerDir) != "" {
		os.Exit(writeUntilKilled())
	}
	goleak.VerifyTestMain(m)
}

func open(t *testing.T, dir string, opts ...store.Option) store.Store {
	s := file.NewStore(append([]store.Option{file.DirOption(dir)}, opts...)...)
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return s
}

func TestConformance(t *testing.T) {
	storetest.Run(t, func(t *testing.T, opts ...store.Option) store.Store { return open(t, t.TempDir(), opts...) },
		storetest.Caps{Metadata: true, Databases: true})
}

func TestRecordsOutliveTheStore(t *testing.T) {
	dir := t.TempDir()
	first := open(t, dir)
	must(t, first.Write(&store.Record{Key: "key", Value: []byte("value"), Metadata: map[string]any{"a": "b"}}, store.WriteTTL(time.Hour)))
	must(t, first.Close())
	got, err := open(t, dir).Read("key")
	if err != nil || string(got[0].Value) != "value" || got[0].Metadata["a"] != "b" || got[0].Expiry > time.Hour || got[0].Expiry < 59*time.Minute {
		t.Errorf("Read = %+v, %v", got, err)
	}
}

// The bytes are those of docs/wire.md §12.
func TestTheFileIsV4s(t *testing.T) {
	dir := t.TempDir()
	moment := time.Now().Add(time.Hour).UTC().Truncate(time.Second)
	s := open(t, dir)
	must(t, s.Write(&store.Record{Key: "key", Value: []byte("value"), Metadata: map[string]any{"a": "b"}}, store.WriteTo("db", "tab"), store.WriteExpiry(moment)))
	must(t, s.Write(&store.Record{Key: "stays", Value: []byte("value")}, store.WriteTo("db", "tab")))
	must(t, s.Close())
	want := map[string]string{
		"key":   `{"Key":"key","Value":"dmFsdWU=","Metadata":{"a":"b"},"ExpiresAt":"` + moment.Format(time.RFC3339) + `"}`,
		"stays": `{"Key":"stays","Value":"dmFsdWU=","Metadata":null,"ExpiresAt":"0001-01-01T00:00:00Z"}`,
	}
	update(t, filepath.Join(dir, "db", "tab.db"), func(b *bbolt.Bucket) error {
		for key, row := range want {
			if got := string(b.Get([]byte(key))); got != row {
				t.Errorf("%s is %s\nwant %s", key, got, row)
			}
		}
		return b.Put([]byte("theirs"), []byte(`{"Key":"theirs","Value":"eA==","Metadata":{},"ExpiresAt":"0001-01-01T00:00:00Z"}`))
	})
	if got, err := open(t, dir).Read("theirs", store.ReadFrom("db", "tab")); err != nil || string(got[0].Value) != "x" || got[0].Expiry != 0 {
		t.Errorf("Read = %+v, %v", got, err)
	}
}

func TestADamagedRecordIsNamedAndCanBeDeleted(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	must(t, s.Write(&store.Record{Key: "good"}))
	must(t, s.Close())
	update(t, filepath.Join(dir, "micro", "micro.db"), func(b *bbolt.Bucket) error { return b.Put([]byte("bad"), []byte(`{"Key":`)) })
	s = open(t, dir)
	for call, err := range map[string]error{"Read": second(s.Read("bad")), "List": second(s.List()), "prefix": second(s.Read("", store.ReadPrefix()))} {
		if err == nil || !strings.Contains(err.Error(), `record "bad" is damaged, write it anew or delete it`) {
			t.Errorf("%s: %v", call, err)
		}
	}
	must(t, second(s.Read("good")))
	must(t, s.Delete("bad"))
	must(t, second(s.List()))
}

func TestAFileThatIsNoTableIsRefused(t *testing.T) {
	dir := t.TempDir()
	must(t, os.MkdirAll(filepath.Join(dir, "micro"), 0o700))
	must(t, os.WriteFile(filepath.Join(dir, "micro", "micro.db"), []byte("this is not what bbolt writes"), 0o600))
	if _, err := open(t, dir).Read("key"); err == nil || !strings.Contains(err.Error(), "micro.db") {
		t.Errorf("Read = %v", err)
	}
}

// fill makes a table of some hundred pages, and returns its file's path and content.
func fill(t *testing.T, dir string) (string, []byte) {
	t.Helper()
	s := open(t, dir)
	var wg sync.WaitGroup
	for i := range 300 {
		wg.Go(func() {
			if err := s.Write(&store.Record{Key: fmt.Sprint(i), Value: make([]byte, 1000)}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	must(t, s.Close())
	path := filepath.Join(dir, "micro", "micro.db")
	data, err := os.ReadFile(path)
	must(t, err)
	return path, data
}

func TestAFileCutShortIsDamaged(t *testing.T) {
	dir := t.TempDir()
	path, data := fill(t, dir)
	for _, part := range []int{2, 3, 7, 10, 20, 50, 100} {
		must(t, os.WriteFile(path, data[:len(data)/part], 0o600))
		s := open(t, dir)
		_, err := s.Read("", store.ReadPrefix())
		for call, err := range map[string]error{"Read": err, "Write": s.Write(&store.Record{Key: "new"})} {
			if !errors.Is(err, file.ErrDamaged) {
				t.Errorf("%s with a %dth of the file = %v, want %v", call, part, err, file.ErrDamaged)
			}
		}
		must(t, s.Close())
		must(t, os.Remove(path)) // begin anew
	}
	must(t, open(t, dir).Write(&store.Record{Key: "new"}))
}

// Whatever is in the file, the process lives, calls end and what bbolt finds is an error.
func TestAnOverwrittenFileEndsInErrors(t *testing.T) {
	dir := t.TempDir()
	path, data := fill(t, dir)
	const page = 4096
	found := 0
	for at := 0; at < len(data); at += page {
		if at > 8*page && at/page%8 != 0 { // the first pages are the file's own, the others much alike
			continue
		}
		bad := bytes.Clone(data)
		for i := range page {
			bad[at+i] = byte(i * 7)
		}
		must(t, os.WriteFile(path, bad, 0o600))
		s := open(t, dir)
		_, read := s.Read("", store.ReadPrefix())
		_, list := s.List()
		write, remove := s.Write(&store.Record{Key: "new", Value: make([]byte, 5000)}), s.Delete("100")
		must(t, s.Close())
		must(t, os.Remove(path))
		if errors.Join(read, list, write, remove) != nil {
			found++
		}
	}
	if found < 5 {
		t.Errorf("only %d overwritten pages were noticed", found)
	}
}

func TestATableIsOneStoresAtATime(t *testing.T) {
	dir := t.TempDir()
	first, other := open(t, dir), open(t, dir)
	must(t, first.Write(&store.Record{Key: "key"}))
	if err := other.Write(&store.Record{Key: "key"}); !errors.Is(err, file.ErrInUse) {
		t.Errorf("Write = %v, want %v", err, file.ErrInUse)
	}
	must(t, other.Write(&store.Record{Key: "key"}, store.WriteTo("", "another")))
	must(t, first.Close())
	must(t, other.Write(&store.Record{Key: "key"}))
}

func TestNamesStayInTheDirectory(t *testing.T) {
	s := open(t, t.TempDir())
	for _, name := range []string{"..", "../up", "a/b", `a\b`, "a\x00b", "."} {
		for _, to := range []store.WriteOption{store.WriteTo(name, ""), store.WriteTo("", name)} {
			if err := s.Write(&store.Record{Key: "key"}, to); !errors.Is(err, store.ErrInvalid) {
				t.Errorf("%q: %v, want %v", name, err, store.ErrInvalid)
			}
		}
	}
	if err := s.Write(&store.Record{Key: strings.Repeat("k", bbolt.MaxKeySize+1)}); !errors.Is(err, store.ErrInvalid) {
		t.Errorf("a long key: %v", err)
	}
}

func TestADirectoryOpenToAllIsRefused(t *testing.T) {
	dir := t.TempDir()
	must(t, os.Chmod(dir, 0o777))
	if err := open(t, dir).Write(&store.Record{Key: "key"}); err == nil || !strings.Contains(err.Error(), "chmod go-w") {
		t.Errorf("Write = %v", err)
	}
}

func TestLookingCreatesNothing(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "store")
	s := open(t, dir)
	must(t, second(s.List()))
	must(t, s.Delete("key"))
	must(t, s.Write(&store.Record{Key: "key"}, store.WriteTTL(-1)))
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("there is something: %v", err)
	}
}

func TestWhatHasEndedLeavesTheFile(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		s := file.NewStore(file.DirOption(dir))
		var wg sync.WaitGroup
		for i := range 1000 {
			wg.Go(func() { must(t, s.Write(&store.Record{Key: fmt.Sprint("short", i)}, store.WriteTTL(time.Minute))) })
		}
		wg.Wait()
		time.Sleep(time.Minute)
		for i := range 100 {
			wg.Go(func() { must(t, s.Write(&store.Record{Key: fmt.Sprint("long", i)})) })
		}
		wg.Wait()
		must(t, s.Close())
	})
	update(t, filepath.Join(dir, "micro", "micro.db"), func(b *bbolt.Bucket) error {
		if n := b.Stats().KeyN; n > 200 {
			t.Errorf("%d records in the file, 100 live", n)
		}
		return nil
	})
}

func update(t *testing.T, path string, fn func(*bbolt.Bucket) error) {
	t.Helper()
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{Timeout: time.Second})
	must(t, err)
	must(t, db.Update(func(tx *bbolt.Tx) error { return fn(tx.Bucket([]byte("data"))) }))
	must(t, db.Close())
}

func FuzzRecord(f *testing.F) {
	f.Add([]byte(`{"Key":"key","Value":"dmFsdWU=","Metadata":{"a":"b"},"ExpiresAt":"2126-01-02T03:04:05Z"}`))
	f.Add([]byte(`{"Key":"key","Value":"","Metadata":{},"ExpiresAt":"0001-01-01T00:00:00Z"}`))
	f.Add([]byte(`null`))
	f.Add([]byte(`{"Value":[1,2,3]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		now := time.Now()
		r, alive, err := file.Decode("key", data, now)
		if err != nil || !alive {
			return
		}
		if r.Key != "key" || len(r.Value) > len(data) {
			t.Fatalf("%d bytes became %+v", len(data), r)
		}
		var deadline time.Time
		if r.Expiry != 0 {
			deadline = now.Add(r.Expiry)
		}
		again, err := file.Encode(r, deadline)
		if err != nil {
			t.Fatal(err)
		}
		back, alive, err := file.Decode("key", again, now)
		if err != nil || !alive {
			t.Fatalf("decode what was encoded: %v", err)
		}
		one, _ := json.Marshal(r)
		two, _ := json.Marshal(back)
		if string(one) != string(two) {
			t.Fatalf("%s became %s", one, two)
		}
	})
}

func BenchmarkWrite(b *testing.B) {
	for _, writers := range []int{1, 8, 64} {
		b.Run(fmt.Sprint(writers, " writers"), func(b *testing.B) {
			s := file.NewStore(file.DirOption(b.TempDir()))
			defer s.Close()
			b.ReportAllocs()
			b.SetParallelism(writers)
			b.RunParallel(func(pb *testing.PB) {
				for i := 0; pb.Next(); i++ {
					if err := s.Write(&store.Record{Key: fmt.Sprint(i % 1000), Value: make([]byte, 128)}); err != nil {
						b.Error(err)
					}
				}
			})
		})
	}
}

func TestR21_HistoriesAreLinearizable(t *testing.T) {
	if !storetest.Linearizable(t, open(t, t.TempDir())) {
		t.Error("no order of the operations explains what the clients were told")
	}
}

func second[T any](_ T, err error) error { return err }

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
