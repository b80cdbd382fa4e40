package file

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/fsnotify/fsnotify"

	"github.com/microtop/microtop/framework/registry"
)

const (
	poll  = time.Second           // for what nobody tells: expiry, bind mounts, a directory that was replaced
	pause = 20 * time.Millisecond // between two readings that notifications asked for
)

type pollOnlyKey struct{}

// pollOnly makes watchers live by the poll alone.
func pollOnly() registry.Option { return registry.SetValue(pollOnlyKey{}, true) }

// Watch implements registry.Registry. It creates the directory if it is missing.
func (r *directory) Watch(opts ...registry.WatchOption) (registry.Watcher, error) {
	var o registry.WatchOptions
	for _, set := range opts {
		set(&o)
	}
	dir, log := r.place()
	root, err := makePlace(dir)
	if err != nil {
		return nil, fmt.Errorf("registry file: watch: %w", err)
	}
	_ = root.Close() // nothing was written
	if err := r.view.update(dir, log); err != nil {
		return nil, fmt.Errorf("registry file: watch: %w", err)
	}
	w := &watcher{inner: r.view.table.Watch(registry.WatchService(o.Service)), registry: r}
	r.mu.Lock()
	r.watchers++
	if r.scanner == nil {
		r.scanner = work(r.scan)
	}
	r.mu.Unlock()
	if o.Context != nil {
		forget := context.AfterFunc(o.Context, w.Stop)
		w.forget.Store(&forget)
	}
	return w, nil
}

// watcher is a table's watcher that keeps the scanner running.
type watcher struct {
	inner    registry.Watcher
	registry *directory
	once     sync.Once
	forget   atomic.Pointer[func() bool] // takes Stop off the watcher's context
}

var _ registry.Watcher = (*watcher)(nil)

// Next implements registry.Watcher.
func (w *watcher) Next() (*registry.Result, error) { return w.inner.Next() }

// Stop implements registry.Watcher. The last one of a registry also waits for the goroutine that reads the directory.
func (w *watcher) Stop() {
	w.once.Do(func() {
		if forget := w.forget.Load(); forget != nil {
			(*forget)()
		}
		w.inner.Stop()
		w.registry.unwatch().end()
	})
}

// unwatch returns the scanner if no watcher is left that needs it.
func (r *directory) unwatch() *worker {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.watchers--
	if r.watchers > 0 {
		return nil
	}
	idle := r.scanner
	r.scanner = nil
	return idle
}

// scan reads the directory once a second, when this registry changed something in it, and when the system says that
// somebody did.
func (r *directory) scan(w *worker) {
	dir, log := r.place()
	notifier, closeNotifier := r.notifier(dir, log)
	defer closeNotifier()
	ticker := time.NewTicker(poll)
	defer ticker.Stop()
	later := time.NewTimer(0)
	defer later.Stop()
	last, failing := time.Time{}, false
	for {
		select {
		case <-w.stop:
			return
		case <-w.poke:
		case <-ticker.C:
		case <-later.C:
		case err := <-notifier.Errors: // some changes were not told
			log.Debug("file registry: notifications", "error", err)
		case event := <-notifier.Events:
			if !matters(event) {
				continue
			}
			if since := time.Since(last); since < pause {
				later.Reset(pause - since)
				continue
			}
		}
		err := r.look()
		if err != nil && !failing {
			log.Warn("file registry: watch", "error", err)
		}
		last, failing = time.Now(), err != nil
	}
}

// notifier asks the system to tell of changes in the directory. Where it cannot, it tells of none and the poll has to do.
func (r *directory) notifier(dir string, log *slog.Logger) (*fsnotify.Watcher, func()) {
	silent := new(fsnotify.Watcher)
	if only, _ := r.Options().Context.Value(pollOnlyKey{}).(bool); only {
		return silent, func() {}
	}
	notifier, err := fsnotify.NewWatcher()
	if err == nil {
		if err = notifier.Add(dir); err == nil {
			return notifier, func() { _ = notifier.Close() } // it only gives back what the system holds
		}
		_ = notifier.Close()
	}
	log.Info("file registry: no notifications of changes, so polling", "error", err)
	return silent, func() {}
}

// matters is false for heartbeats and for files that are being written.
func matters(event fsnotify.Event) bool {
	return event.Op != fsnotify.Chmod && !strings.Contains(event.Name, draft)
}
