package config

import (
	"github.com/microtop/microtop/framework/config/loader"
	"github.com/microtop/microtop/framework/config/reader"
)

type watcher struct {
	config  *config
	reader  reader.Reader
	watcher loader.Watcher
}

var _ Watcher = (*watcher)(nil)

// Watch implements Config.
func (c *config) Watch(path ...string) (Watcher, error) {
	o := c.Options()
	inner, err := o.Loader.Watch(path...)
	if err != nil {
		return nil, err
	}
	w := &watcher{config: c, reader: o.Reader, watcher: inner}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		_ = inner.Stop() // errClosed says what matters
		return nil, errClosed
	}
	c.watchers[w] = struct{}{}
	return w, nil
}

// Next implements Watcher. The config shows the change by then, too.
func (w *watcher) Next() (reader.Value, error) {
	snap, err := w.watcher.Next()
	if err != nil {
		return nil, err
	}
	values, err := w.reader.Values(snap.ChangeSet)
	if err != nil {
		return nil, err
	}
	return values.Get(), w.config.refresh()
}

// Stop implements Watcher.
func (w *watcher) Stop() error {
	w.config.mu.Lock()
	delete(w.config.watchers, w)
	w.config.mu.Unlock()
	return w.watcher.Stop()
}
