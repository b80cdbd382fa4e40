package source

import "sync"

type noopWatcher struct {
	stop sync.Once
	done chan struct{}
}

var _ Watcher = (*noopWatcher)(nil)

// NewNoopWatcher returns the watcher of a source that cannot tell of changes. Its Next waits for Stop.
func NewNoopWatcher() (Watcher, error) { return &noopWatcher{done: make(chan struct{})}, nil }

// Silent reports whether w never tells of a change: its source has to be read again to see one.
func Silent(w Watcher) bool {
	_, noop := w.(*noopWatcher)
	return noop
}

// Next implements Watcher.
func (w *noopWatcher) Next() (*ChangeSet, error) {
	<-w.done
	return nil, ErrWatcherStopped
}

// Stop implements Watcher.
func (w *noopWatcher) Stop() error {
	w.stop.Do(func() { close(w.done) })
	return nil
}
