package config_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/microtop/microtop/framework/config"
	"github.com/microtop/microtop/framework/config/configtest"
	loader "github.com/microtop/microtop/framework/config/loader/memory"
	"github.com/microtop/microtop/framework/config/source"
	"github.com/microtop/microtop/framework/config/source/memory"
)

func fromJSON(text string) source.Source { return memory.NewSource(memory.WithJSON([]byte(text))) }

func write(t *testing.T, s source.Source, text string) {
	t.Helper()
	if err := s.Write(&source.ChangeSet{Data: []byte(text), Format: "json"}); err != nil {
		t.Fatal(err)
	}
}

// newConfig returns a config of the sources that is closed with the test.
func newConfig(t *testing.T, sources ...source.Source) config.Config {
	t.Helper()
	c, err := config.NewConfig()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	if err := c.Load(sources...); err != nil {
		t.Fatal(err)
	}
	return c
}

// pull is a source that cannot tell of changes.
type pull struct {
	text  atomic.Pointer[string]
	reads atomic.Int64
}

func newPull(text string) *pull {
	p := new(pull)
	p.text.Store(&text)
	return p
}

func (p *pull) Read() (*source.ChangeSet, error) {
	p.reads.Add(1)
	text := *p.text.Load()
	if text == "" {
		return nil, errors.New("gone")
	}
	return &source.ChangeSet{Data: []byte(text), Format: "json", Source: "pull", Timestamp: time.Now()}, nil
}
func (p *pull) Write(c *source.ChangeSet) error {
	text := string(c.Data)
	p.text.Store(&text)
	return nil
}
func (p *pull) Watch() (source.Watcher, error) { return source.NewNoopWatcher() }
func (p *pull) String() string                 { return "pull" }

func TestConformance(t *testing.T) {
	open := func(t *testing.T, opts ...config.Option) config.Config {
		t.Helper()
		c, err := config.NewConfig(opts...)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	t.Run("default", func(t *testing.T) { configtest.Run(t, func(t *testing.T) config.Config { return open(t) }) })
	t.Run("given loader", func(t *testing.T) {
		configtest.Run(t, func(t *testing.T) config.Config {
			l := loader.NewLoader()
			t.Cleanup(func() {
				if err := l.Close(); err != nil {
					t.Errorf("close the loader: %v", err)
				}
			})
			return open(t, config.WithLoader(l))
		})
	})
}

func TestA250_Config(t *testing.T) {
	a, b := fromJSON(`{"host":"a","db":{"user":"root","port":1}}`), fromJSON(`{"db":{"port":2,"tls":false}}`)
	c, err := config.NewConfig(config.WithSource(a), config.WithSource(b))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]any{"host": "a", "db": map[string]any{"user": "root", "port": 2.0, "tls": false}}
	if diff := cmp.Diff(want, c.Map()); diff != "" {
		t.Error(diff)
	}
	if o := c.Options(); len(o.Source) != 2 || o.Loader == nil || o.Reader == nil {
		t.Errorf("options %+v", o)
	}
	if err := c.Init(config.WithSource(fromJSON(`{"host":"c"}`))); err != nil || c.Get("host").String("") != "c" {
		t.Errorf("init: %v, host %q", err, c.Get("host").String(""))
	}
	w, err := c.Watch("host")
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := c.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	}
	if _, err := w.Next(); !errors.Is(err, source.ErrWatcherStopped) {
		t.Errorf("a watcher of a closed config: %v", err)
	}
	if c.Get("host").String("") != "c" {
		t.Error("closing lost the values")
	}
	if err := c.Load(a); err == nil {
		t.Error("load after close: no error")
	}
	if _, err := c.Watch(); err == nil {
		t.Error("watch after close: no error")
	}
}

func TestA251_LoadAndSyncReadTheSources(t *testing.T) {
	p := newPull(`{"n":1}`)
	c, err := config.NewConfig(config.WithWatcherDisabled(), config.WithSource(p))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	write(t, p, `{"n":2}`)
	if n := c.Get("n").Int(0); n != 1 {
		t.Errorf("%d before Sync", n)
	}
	before, _ := c.Options().Loader.Snapshot()
	if err := c.Sync(); err != nil || c.Get("n").Int(0) != 2 {
		t.Errorf("sync: %v, %d", err, c.Get("n").Int(0))
	}
	after, _ := c.Options().Loader.Snapshot()
	if after.Version <= before.Version {
		t.Errorf("version %s after %s", after.Version, before.Version)
	}
}

func TestA252_SyncEverySecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPull(`{"n":1}`)
		c := newConfig(t, p)
		for want := 2; want < 6; want++ { // v4 lost the third change
			version := func() string { s, _ := c.Options().Loader.Snapshot(); return s.Version }
			time.Sleep(3 * time.Second)
			before := version()
			time.Sleep(3 * time.Second)
			if version() != before {
				t.Error("a new snapshot without a change")
			}
			write(t, p, fmt.Sprintf(`{"n":%d}`, want))
			time.Sleep(time.Second + time.Millisecond)
			if got := c.Get("n").Int(0); got != want {
				t.Errorf("after a second: %d, want %d", got, want)
			}
		}
	})
}

func TestA252_PushedChangesArriveAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := fromJSON(`{"n":0}`)
		c := newConfig(t, s)
		w, err := c.Watch("n")
		if err != nil {
			t.Fatal(err)
		}
		for want := range 5 {
			synctest.Wait()
			began := time.Now()
			write(t, s, fmt.Sprintf(`{"n":%d}`, want+1))
			v, err := w.Next()
			if err != nil || v.Int(0) != want+1 || c.Get("n").Int(0) != want+1 {
				t.Errorf("told %d, shown %d, %v; want %d", v.Int(0), c.Get("n").Int(0), err, want+1)
			}
			if took := time.Since(began); took != 0 {
				t.Errorf("took %v", took)
			}
		}
	})
}

func TestABadChangeLeavesTheValues(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, p := fromJSON(`{"a":1}`), newPull(`{"b":1}`)
		c := newConfig(t, s, p)
		synctest.Wait()
		write(t, s, `{"a":`)
		write(t, p, "")
		time.Sleep(3 * time.Second)
		if diff := cmp.Diff(map[string]any{"a": 1.0, "b": 1.0}, c.Map()); diff != "" {
			t.Error(diff)
		}
		if err := c.Sync(); err == nil || !strings.Contains(err.Error(), "pull") || !strings.Contains(err.Error(), "memory") {
			t.Errorf("sync: %v, want both sources named", err)
		}
		write(t, s, `{"a":2}`)
		write(t, p, `{"b":2}`)
		time.Sleep(2 * time.Second)
		if diff := cmp.Diff(map[string]any{"a": 2.0, "b": 2.0}, c.Map()); diff != "" {
			t.Error(diff)
		}
	})
}

func TestLoadAddsWhatItCanRead(t *testing.T) {
	c := newConfig(t)
	err := c.Load(fromJSON(`{"a":1}`), fromJSON(`{"a":`), newPull(""), fromJSON(`{"b":2}`))
	if err == nil || !strings.Contains(err.Error(), "gone") {
		t.Errorf("load: %v", err)
	}
	if diff := cmp.Diff(map[string]any{"a": 1.0, "b": 2.0}, c.Map()); diff != "" {
		t.Error(diff)
	}
	if _, err := config.NewConfig(config.WithSource(newPull(""))); err == nil {
		t.Error("a config of a source that cannot be read: no error")
	}
}

func TestL06_StartAndStop(t *testing.T) {
	before := runtime.NumGoroutine()
	for range 200 {
		c, err := config.NewConfig(config.WithSource(fromJSON(`{"a":1}`)), config.WithSource(newPull(`{"b":1}`)))
		if err != nil {
			t.Fatal(err)
		}
		w, err := c.Watch()
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(w.Stop(), c.Close()); err != nil {
			t.Fatal(err)
		}
	}
	deadline := time.Now().Add(5 * time.Second) // a goroutine that was waited for is counted a moment longer
	for runtime.NumGoroutine() > before {
		if time.Now().After(deadline) {
			t.Fatalf("%d goroutines, %d before", runtime.NumGoroutine(), before)
		}
		time.Sleep(time.Millisecond)
	}
}

func TestLoadFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "app.json")
	if err := os.WriteFile(path, []byte(`{"from":"file"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	old := config.DefaultConfig
	config.DefaultConfig = newConfig(t)
	defer func() { config.DefaultConfig = old }()
	if err := config.LoadFile(path); err != nil {
		t.Fatal(err)
	}
	var all struct{ From string }
	if err := config.Scan(&all); err != nil || all.From != "file" || config.Get("from").String("") != "file" {
		t.Errorf("%+v, %v", all, err)
	}
	if !json.Valid(config.Bytes()) || config.Map()["from"] != "file" {
		t.Errorf("%s, %v", config.Bytes(), config.Map())
	}
	if err := config.LoadFile(path + "x"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a file that is not there: %v", err)
	}
	if err := config.LoadFile(t.TempDir()); err == nil {
		t.Error("a folder was loaded")
	}
}
