package configtest

import (
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/microtop/microtop/framework/config"
	"github.com/microtop/microtop/framework/config/source"
	"github.com/microtop/microtop/framework/config/source/memory"
)

var errGone = errors.New("gone")

// fragile is a source that cannot tell of changes, and cannot be read once it is broken.
type fragile struct {
	source.Source
	broken atomic.Bool
}

func newFragile(text string) *fragile {
	return &fragile{Source: memory.NewSource(memory.WithJSON([]byte(text)))}
}

func (f *fragile) Read() (*source.ChangeSet, error) {
	if f.broken.Load() {
		return nil, errGone
	}
	return f.Source.Read()
}

func (f *fragile) Watch() (source.Watcher, error) { return source.NewNoopWatcher() }

func (s *suite) load(c config.Config, sources ...source.Source) {
	s.Helper()
	if err := c.Load(sources...); err != nil {
		s.Fatalf("Load: %v", err)
	}
}

func syncs(s *suite) {
	c, _ := s.with()
	first, second := newFragile(`{"a":1}`), newFragile(`{"b":1}`)
	s.load(c, first, second)
	s.write(first, `{"a":2}`)
	s.write(second, `{"b":2}`)
	if err := c.Sync(); err != nil {
		s.Fatalf("Sync: %v", err)
	}
	s.wantAll(c, `{"a":2,"b":2}`)
}

func unreadable(s *suite) {
	c, _ := s.with(`{"a":1}`)
	bad := newFragile(`{"bad":1}`)
	bad.broken.Store(true)
	good := memory.NewSource(memory.WithJSON([]byte(`{"b":2}`)))
	if err := c.Load(bad, good); !errors.Is(err, errGone) {
		s.Errorf("Load = %v, want an error that wraps %q", err, errGone)
	}
	s.wantAll(c, `{"a":1,"b":2}`)
}

func lost(s *suite) {
	c, _ := s.with()
	f, other := newFragile(`{"a":1}`), newFragile(`{"b":1}`)
	s.load(c, f, other)
	f.broken.Store(true)
	s.write(other, `{"b":2}`)
	if err := c.Sync(); !errors.Is(err, errGone) {
		s.Errorf("Sync = %v, want an error that wraps %q", err, errGone)
	}
	s.wantAll(c, `{"a":1,"b":2}`)
}

func inits(s *suite) {
	c, _ := s.with(`{"a":1}`)
	added := memory.NewSource(memory.WithJSON([]byte(`{"a":2,"b":3}`)))
	if err := c.Init(config.WithSource(added)); err != nil {
		s.Fatalf("Init: %v", err)
	}
	s.wantAll(c, `{"a":2,"b":3}`)
	if n := len(c.Options().Source); n != 1 {
		s.Errorf("Options has %d sources, want the one that Init added", n)
	}
}

func followed(s *suite) {
	c, sources := s.with(`{"told":0}`)
	silent := newFragile(`{"silent":0}`)
	s.load(c, silent)
	for n := 1; n <= 3; n++ {
		s.write(sources[0], fmt.Sprintf(`{"told":%d}`, n))
		s.eventually("a change that the source tells of is seen", func() bool { return c.Get("told").Int(0) == n })
	}
	s.write(silent, `{"silent":1}`)
	s.eventually("a change of a source that tells nothing is seen", func() bool { return c.Get("silent").Int(0) == 1 })
}

func badChange(s *suite) {
	c, sources := s.with(`{"a":1}`, `{"b":1}`)
	running := ask(s.watch(c, "a")) // hears of it if the value is gone only for a moment
	s.write(sources[0], `{"a":`)
	s.write(sources[1], `{"b":2}`)
	s.eventually("the other source's change is seen", func() bool { return c.Get("b").Int(0) == 2 })
	if err := c.Sync(); err == nil { // after it the change has been read, however slow who follows the source is
		s.Error("Sync: no error")
	}
	s.wantAll(c, `{"a":1,"b":2}`)
	s.write(sources[0], `{"a":3}`)
	s.eventually("the next good change is seen", func() bool { return c.Get("a").Int(0) == 3 })
	if got := s.await(running); got.value != "3" {
		s.Errorf("a watcher was told %q, %v, want 3", got.value, got.err)
	}
}

func untorn(s *suite) {
	state := func(n int) string { return fmt.Sprintf(`{"a":%d,"b":%d}`, n, n) }
	c, sources := s.with(state(0))
	done := make(chan struct{})
	var readers sync.WaitGroup
	for range 4 {
		readers.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				var both struct{ A, B int }
				if err := c.Scan(&both); err != nil || both.A != both.B {
					s.Errorf("read %+v, %v", both, err)
					return
				}
				runtime.Gosched()
			}
		})
	}
	for n := range 200 {
		s.write(sources[0], state(n))
		if n%20 != 0 {
			continue
		}
		more := memory.NewSource(memory.WithJSON(fmt.Appendf(nil, `{"k%d":1}`, n)))
		if err := errors.Join(c.Load(more), c.Sync()); err != nil {
			s.Error(err)
		}
	}
	close(done)
	readers.Wait()
}
