package memory

import (
	"errors"
	"sync"
	"time"

	"github.com/microtop/microtop/framework/config/source"
)

// interval is how often sources that cannot tell of changes are read, and how long a broken watch is left alone.
const interval = time.Second

// follow takes over a source's changes until the loader is closed.
func (m *memory) follow(f *followed) {
	for {
		w, err := f.Watch()
		switch {
		case err != nil:
			m.complain(f, "watch, reading it instead", err)
		case source.Silent(w):
			_ = w.Stop() // it has nothing to end
			m.poll(f)
			return
		default:
			m.refresh(f) // what changed before the watch began
			m.complain(f, "watch, watching it anew", m.listen(f, w))
		}
		if !m.pause() {
			return
		}
		m.refresh(f)
	}
}

// poll reads the source at every interval.
func (m *memory) poll(f *followed) {
	for m.pause() {
		m.refresh(f)
	}
}

// pause waits for an interval. It returns false once the loader is closed.
func (m *memory) pause() bool {
	timer := time.NewTimer(interval)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-m.done:
		return false
	}
}

// refresh reads the source.
func (m *memory) refresh(f *followed) {
	number := m.count()
	set, err := read(f)
	if err == nil {
		err = m.take(f, number, set)
	}
	m.complain(f, "read", err)
}

// listen takes over what a watcher tells until it ends. It stops the watcher.
func (m *memory) listen(f *followed, w source.Watcher) error {
	ended := make(chan struct{})
	var stopping sync.WaitGroup
	stopping.Go(func() {
		select {
		case <-ended:
		case <-m.done:
		}
		_ = w.Stop() // there is nothing to do about it
	})
	defer stopping.Wait()
	defer close(ended)
	for {
		set, err := w.Next()
		if err != nil {
			return err
		}
		if set == nil {
			m.refresh(f)
			continue
		}
		m.complain(f, "take over a change", m.take(f, m.count(), set))
	}
}

// complain logs an error, once until another one comes or it is over. Nobody calls who could be told.
func (m *memory) complain(f *followed, step string, err error) {
	text := ""
	if err != nil && !errors.Is(err, source.ErrWatcherStopped) {
		text = err.Error()
	}
	m.mu.Lock()
	news := text != f.complaint && !m.closed
	f.complaint = text
	m.mu.Unlock()
	if news && text != "" {
		m.log.Error("config source: what it said before counts", "source", f.String(), "step", step, "error", text)
	}
}
