package memory

import (
	"bytes"
	"encoding/json"
	"slices"
	"sync"

	"github.com/microtop/microtop/framework/config/loader"
	"github.com/microtop/microtop/framework/config/source"
)

// watcher compares snapshots. It holds no place in the loader, which therefore never waits for it.
type watcher struct {
	loader *memory
	path   []string
	next   sync.Mutex // one Next at a time
	snap   *loader.Snapshot
	value  []byte
	stop   sync.Once
	done   chan struct{}
}

var _ loader.Watcher = (*watcher)(nil)

// Watch implements loader.Loader.
func (m *memory) Watch(path ...string) (loader.Watcher, error) {
	if err := m.begin(); err != nil {
		return nil, err
	}
	select {
	case <-m.done:
		return nil, errClosed
	default:
	}
	snap, _ := m.current()
	return &watcher{
		loader: m, path: slices.Clone(path), snap: snap, value: at(snap.ChangeSet.Data, path), done: make(chan struct{}),
	}, nil
}

// Next implements loader.Watcher.
func (w *watcher) Next() (*loader.Snapshot, error) {
	w.next.Lock()
	defer w.next.Unlock()
	for {
		select {
		case <-w.done:
			return nil, source.ErrWatcherStopped
		case <-w.loader.done:
			return nil, source.ErrWatcherStopped
		default:
		}
		snap, changed := w.loader.current()
		if out := w.compare(snap); out != nil {
			return out, nil
		}
		select {
		case <-changed:
		case <-w.done:
		case <-w.loader.done:
		}
	}
}

// compare returns a snapshot of the watched value, if it is another than before.
func (w *watcher) compare(snap *loader.Snapshot) *loader.Snapshot {
	if snap == w.snap {
		return nil
	}
	w.snap = snap
	value := at(snap.ChangeSet.Data, w.path)
	if bytes.Equal(value, w.value) {
		return nil
	}
	w.value = value
	set := *snap.ChangeSet
	set.Data = slices.Clone(value)
	set.Checksum = set.Sum()
	return &loader.Snapshot{ChangeSet: &set, Version: snap.Version}
}

// at returns the JSON at a path; null where there is nothing.
func at(text []byte, path []string) []byte {
	for _, name := range path {
		var object map[string]json.RawMessage
		if json.Unmarshal(text, &object) != nil {
			return []byte("null")
		}
		text = object[name]
	}
	if len(text) == 0 {
		return []byte("null")
	}
	return text
}

// Stop implements loader.Watcher.
func (w *watcher) Stop() error {
	w.stop.Do(func() { close(w.done) })
	return nil
}
