// Package configtest is the contract of config.Config as tests. Every implementation runs it with [Run], and whoever has
// another loader or reader runs it with a config that has them (config.WithLoader, config.WithReader).
package configtest

import (
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/microtop/microtop/framework/config"
	"github.com/microtop/microtop/framework/config/source"
	"github.com/microtop/microtop/framework/config/source/memory"
)

// suite is one run of one rule.
type suite struct {
	*testing.T
	open func(t *testing.T) config.Config
}

// Run holds the configs that open returns against the contract, one rule a subtest. They are new and empty, and follow
// their sources. The suite closes them; open closes what it gave them, such as a loader (t.Cleanup).
func Run(t *testing.T, open func(t *testing.T) config.Config) {
	t.Helper()
	for _, r := range []struct {
		rule string
		hold func(*suite)
	}{
		{"a config without sources is an empty object", empty},
		{"objects of several sources are merged, and of one value what the later source says counts", merged},
		{"a later value counts also when it is empty, zero, false or null", emptyWins},
		{"lists are replaced, and an object takes a value's place", replaced},
		{"A254_Get finds a value by its path, and everything without a path", byPath},
		{"A254_where there is no value of the type the fallback is returned", fallbacks},
		{"large numbers keep their digits", digits},
		{"a ${NAME} in a source is replaced by that environment variable, whatever is in it", environment},
		{"Bytes, Map, Scan and Get say the same", same},
		{"a value stays what it was when it was got", kept},
		{"the caller may change the maps and bytes that it got", notAliased},
		{"A255_Set makes the objects on its way, Del removes, and both last until the next snapshot", setAndDel},
		{"A255_Set and Del do not write to a source", notWritten},
		{"what JSON cannot hold is not set", unencodable},
		{"A251_Sync reads every source again", syncs},
		{"a source that cannot be read is not loaded, the error wraps its own, and the others are loaded", unreadable},
		{"of a source that can no longer be read what it said last counts, and Sync returns its error", lost},
		{"Init loads the sources that its options name", inits},
		{"A252_a change of a source is seen without Sync", followed},
		{"a change that cannot be decoded leaves the values, and the next good one is seen", badChange},
		{"readers see one snapshot, never parts of two", untorn},
		{"a watcher returns the new value at its path, which the config has by then", watched},
		{"a change beside the path is not told", beside},
		{"a watcher is told when its value goes", gone},
		{"watchers do not hold each other up", apart},
		{"Stop ends Next with ErrWatcherStopped, and may be called twice", stops},
		{"A250_Close ends watchers with ErrWatcherStopped, may be called twice, and leaves the values", closes},
		{"A250_Load and Watch after Close return an error", closedRefuses},
	} {
		t.Run(r.rule, func(t *testing.T) { r.hold(&suite{T: t, open: open}) })
	}
}

// with returns a config of sources that say the texts, which are JSON.
func (s *suite) with(texts ...string) (config.Config, []source.Source) {
	s.Helper()
	c := s.open(s.T)
	s.Cleanup(func() {
		if err := c.Close(); err != nil {
			s.Errorf("Close: %v", err)
		}
	})
	sources := make([]source.Source, len(texts))
	for i, text := range texts {
		sources[i] = memory.NewSource(memory.WithJSON([]byte(text)))
	}
	if err := c.Load(sources...); err != nil {
		s.Fatalf("Load: %v", err)
	}
	return c, sources
}

// write makes a source say something else.
func (s *suite) write(to source.Source, text string) {
	s.Helper()
	if err := to.Write(&source.ChangeSet{Data: []byte(text), Format: "json"}); err != nil {
		s.Fatalf("write to the source: %v", err)
	}
}

// wantAll compares everything with a JSON text.
func (s *suite) wantAll(c config.Config, want string) {
	s.Helper()
	var wanted map[string]any
	if err := json.Unmarshal([]byte(want), &wanted); err != nil {
		s.Fatal(err)
	}
	if diff := cmp.Diff(wanted, c.Map()); diff != "" {
		s.Errorf("Map (-want +got):\n%s", diff)
	}
}

// patience is how long a change may take to be seen.
const patience = 10 * time.Second

// eventually waits until something holds.
func (s *suite) eventually(what string, holds func() bool) {
	s.Helper()
	for deadline := time.Now().Add(patience); !holds(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			s.Fatalf("not within %v: %s", patience, what)
		}
	}
}

func (s *suite) watch(c config.Config, path ...string) config.Watcher {
	s.Helper()
	w, err := c.Watch(path...)
	if err != nil {
		s.Fatalf("Watch: %v", err)
	}
	s.Cleanup(func() {
		if err := w.Stop(); err != nil {
			s.Errorf("Stop: %v", err)
		}
	})
	return w
}

// told is what one Next returned: the value as JSON, or an error.
type told struct {
	value string
	err   error
}

// next calls Next and waits for what it returns.
func (s *suite) next(w config.Watcher) told {
	s.Helper()
	return s.await(ask(w))
}

func ask(w config.Watcher) <-chan told {
	out := make(chan told, 1)
	go func() { // ends with Next, which Stop and Close end
		v, err := w.Next()
		if err != nil {
			out <- told{err: err}
			return
		}
		out <- told{value: string(v.Bytes())}
	}()
	return out
}

func (s *suite) await(answer <-chan told) told {
	s.Helper()
	select {
	case t := <-answer:
		return t
	case <-time.After(patience):
		s.Fatalf("Next returned nothing within %v", patience)
		return told{}
	}
}

func (s *suite) wantStopped(t told) {
	s.Helper()
	if !errors.Is(t.err, source.ErrWatcherStopped) {
		s.Errorf("Next = %q, %v, want %v", t.value, t.err, source.ErrWatcherStopped)
	}
}
