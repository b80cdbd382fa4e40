// Package sourcetest holds the rules that every source of configuration keeps. Start with [Run].
package sourcetest

import (
	"errors"
	"testing"
	"time"

	"github.com/microtop/microtop/framework/config/source"
)

// Caps says what a source can do.
type Caps struct {
	// Change makes the source say something else. Nil: nothing can.
	Change func(t *testing.T, s source.Source)
	// Pushes says that watchers are told of changes; the others are silent.
	Pushes bool
}

// Run checks every rule. open returns a new source that can be read.
func Run(t *testing.T, open func(t *testing.T) source.Source, caps Caps) {
	for _, rule := range []struct {
		name  string
		check func(*testing.T, source.Source, Caps)
	}{
		{"a change set is complete", complete},
		{"the caller may change what it read", unshared},
		{"two reads without a change say the same", stable},
		{"a change is read", changes},
		{"a watcher is told of each of three changes", threeChanges},
		{"a watcher of a source that cannot tell is silent", silent},
		{"Stop ends Next, and may be called twice", stops},
		{"watchers do not hold each other up", apart},
	} {
		t.Run(rule.name, func(t *testing.T) { rule.check(t, open(t), caps) })
	}
}

func read(t *testing.T, s source.Source) *source.ChangeSet {
	t.Helper()
	c, err := s.Read()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func watch(t *testing.T, s source.Source) source.Watcher {
	t.Helper()
	w, err := s.Watch()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.Stop(); err != nil {
			t.Errorf("stop: %v", err)
		}
	})
	return w
}

// patience is how long a watcher has to tell of a change.
const patience = 5 * time.Second

// next returns what the watcher tells.
func next(t *testing.T, w source.Watcher) *source.ChangeSet {
	t.Helper()
	got, failed := make(chan *source.ChangeSet, 1), make(chan error, 1)
	go func() {
		c, err := w.Next()
		if err != nil {
			failed <- err
			return
		}
		got <- c
	}()
	select {
	case c := <-got:
		return c
	case err := <-failed:
		t.Fatalf("next: %v", err)
	case <-time.After(patience):
		t.Fatalf("the watcher told nothing within %v", patience)
	}
	return nil
}

func complete(t *testing.T, s source.Source, _ Caps) {
	c := read(t, s)
	if s.String() == "" || c.Source == "" || c.Format == "" || c.Timestamp.IsZero() {
		t.Errorf("source %q read %+v", s, c)
	}
	if c.Checksum != c.Sum() {
		t.Errorf("checksum %s, the sum is %s", c.Checksum, c.Sum())
	}
}

func unshared(t *testing.T, s source.Source, _ Caps) {
	first := read(t, s)
	for i := range first.Data {
		first.Data[i] = 'x'
	}
	if second := read(t, s); second.Sum() != second.Checksum {
		t.Error("a caller changed what another reads")
	}
}

func stable(t *testing.T, s source.Source, _ Caps) {
	if a, b := read(t, s), read(t, s); a.Checksum != b.Checksum || a.Format != b.Format {
		t.Errorf("%q, then %q", a.Data, b.Data)
	}
}

func (c Caps) needsChange(t *testing.T) {
	t.Helper()
	if c.Change == nil {
		t.Skip("nothing can change this source")
	}
}

func changes(t *testing.T, s source.Source, caps Caps) {
	caps.needsChange(t)
	before := read(t, s)
	caps.Change(t, s)
	if after := read(t, s); after.Checksum == before.Checksum {
		t.Errorf("still %q", after.Data)
	}
}

func threeChanges(t *testing.T, s source.Source, caps Caps) {
	caps.needsChange(t)
	if !caps.Pushes {
		t.Skip("this source cannot tell of changes")
	}
	w := watch(t, s)
	for range 3 {
		caps.Change(t, s)
		want := read(t, s)
		if got := next(t, w); got.Checksum != want.Checksum || got.Checksum != got.Sum() {
			t.Errorf("told %q, want %q", got.Data, want.Data)
		}
	}
}

func silent(t *testing.T, s source.Source, caps Caps) {
	if w := watch(t, s); source.Silent(w) == caps.Pushes {
		t.Errorf("silent is %v, though the source pushes: %v", source.Silent(w), caps.Pushes)
	}
}

func stops(t *testing.T, s source.Source, _ Caps) {
	w := watch(t, s)
	ended := make(chan error, 1)
	go func() {
		_, err := w.Next()
		ended <- err
	}()
	for range 2 {
		if err := w.Stop(); err != nil {
			t.Fatal(err)
		}
	}
	select {
	case err := <-ended:
		if !errors.Is(err, source.ErrWatcherStopped) {
			t.Errorf("next: %v, want %v", err, source.ErrWatcherStopped)
		}
	case <-time.After(patience):
		t.Fatal("Next goes on after Stop")
	}
	if _, err := w.Next(); !errors.Is(err, source.ErrWatcherStopped) {
		t.Errorf("next after Stop: %v", err)
	}
}

func apart(t *testing.T, s source.Source, caps Caps) {
	caps.needsChange(t)
	if !caps.Pushes {
		t.Skip("this source cannot tell of changes")
	}
	_ = watch(t, s) // never asked
	w := watch(t, s)
	caps.Change(t, s)
	next(t, w)
}
