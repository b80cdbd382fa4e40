package memory_test

import (
	"errors"
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/microtop/microtop/framework/config/loader"
	"github.com/microtop/microtop/framework/config/loader/memory"
	"github.com/microtop/microtop/framework/config/source"
	memorysource "github.com/microtop/microtop/framework/config/source/memory"
)

func fromJSON(text string) source.Source {
	return memorysource.NewSource(memorysource.WithJSON([]byte(text)))
}

func snapshot(t *testing.T, l loader.Loader) *loader.Snapshot {
	t.Helper()
	s, err := l.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestA253_VersionsAreTimestampsThatGrow(t *testing.T) {
	began := time.Now().UnixNano()
	l := memory.NewLoader(memory.WithSource(fromJSON(`{"a":1}`)))
	defer func() { _ = l.Close() }()
	last := began - 1
	for range 50 {
		s := snapshot(t, l)
		version, err := strconv.ParseInt(s.Version, 10, 64)
		if err != nil || version <= last || version > time.Now().UnixNano()+50 {
			t.Fatalf("version %s after %d, %v", s.Version, last, err)
		}
		s.ChangeSet.Data[0] = 'x' // the caller's
		if again := snapshot(t, l); again.Version != s.Version || string(again.ChangeSet.Data) != `{"a":1}` {
			t.Fatalf("without a change: %+v", again)
		}
		last = version
		if err := l.Sync(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestWatchersCompareTheirPathOnly(t *testing.T) {
	s := fromJSON(`{"a":{"b":1},"c":1}`)
	l := memory.NewLoader(memory.WithSource(s))
	defer func() { _ = l.Close() }()
	w, err := l.Watch("a", "b")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ text, want string }{{`{"a":{"b":"x"},"c":2}`, `"x"`}, {`{"c":2}`, "null"}, {`{"a":{"b":[1]}}`, "[1]"}} {
		if err := errors.Join(s.Write(&source.ChangeSet{Data: []byte(`{"a":{"b":1},"c":99}`)}), s.Write(&source.ChangeSet{Data: []byte(c.text)}), l.Sync()); err != nil {
			t.Fatal(err)
		}
		got, err := w.Next()
		for err == nil && string(got.ChangeSet.Data) == "1" { // the state between, if it was seen
			got, err = w.Next()
		}
		if err != nil || string(got.ChangeSet.Data) != c.want || got.ChangeSet.Checksum != got.ChangeSet.Sum() {
			t.Errorf("%s: %+v, %v; want %s", c.text, got, err, c.want)
		}
	}
	ended := make(chan error, 1)
	go func() {
		_, err := w.Next()
		ended <- err
	}()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; !errors.Is(err, source.ErrWatcherStopped) {
		t.Errorf("next of a closed loader: %v", err)
	}
	if err := l.Sync(); err == nil {
		t.Error("sync after close: no error")
	}
}

func ExampleNewLoader() {
	l := memory.NewLoader(memory.WithSource(fromJSON(`{"a":1}`)), memory.WithSource(fromJSON(`{"b":2}`)))
	defer func() { _ = l.Close() }()
	s, err := l.Snapshot()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(string(s.ChangeSet.Data))
	// Output: {"a":1,"b":2}
}
