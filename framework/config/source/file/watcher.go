package file

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/fsnotify/fsnotify"

	"github.com/microtop/microtop/framework/config/internal/disk"
	"github.com/microtop/microtop/framework/config/source"
)

const (
	settle  = 50 * time.Millisecond  // how long a file has to be left alone before it is read
	hurry   = 500 * time.Millisecond // it is read then, even if it is not
	glance  = time.Second            // for what nobody tells: other file systems, links on the way to the folder
	nowhere = ""
)

// watcher watches the folders of the path and of the file that it leads to: a watch of the file itself would end with a
// file that is replaced. It starts no goroutine; all is done within Next.
type watcher struct {
	file   *disk.File
	path   string            // absolute
	notify *fsnotify.Watcher // its channels are nil where the system cannot tell
	stop   sync.Once
	done   chan struct{}

	next sync.Mutex // one Next at a time, which has what is below
	real string     // where the path leads; nowhere while the file is missing
	seen string     // sum of what was told last
	info fs.FileInfo
}

var _ source.Watcher = (*watcher)(nil)

func watch(f *disk.File) (*watcher, error) {
	path, err := filepath.Abs(f.Path())
	if err != nil {
		return nil, fmt.Errorf("config source file: %w", err)
	}
	if _, err := os.Stat(filepath.Dir(path)); err != nil {
		return nil, fmt.Errorf("config source file: watch %s: %w", path, err)
	}
	w := &watcher{file: f, path: path, notify: notifier(filepath.Dir(path)), done: make(chan struct{})}
	w.follow()
	w.changed() // from now on
	if set, err := f.Read(); err == nil {
		w.seen = set.Checksum
	}
	return w, nil
}

// notifier asks the system to tell of changes in a folder. Where it cannot, glances have to do.
func notifier(folder string) *fsnotify.Watcher {
	n, err := fsnotify.NewWatcher()
	if err != nil {
		return new(fsnotify.Watcher)
	}
	if err := n.Add(folder); err != nil {
		_ = n.Close() // it only gives back what the system holds
		return new(fsnotify.Watcher)
	}
	return n
}

// follow watches the folder that the path leads to now. It reports whether that is another file.
func (w *watcher) follow() bool {
	real, err := filepath.EvalSymlinks(w.path)
	if err != nil {
		real = nowhere
	}
	if real == w.real {
		return false
	}
	own, before, now := filepath.Dir(w.path), filepath.Dir(w.real), filepath.Dir(real)
	if w.notify.Events != nil && before != now {
		if w.real != nowhere && before != own {
			_ = w.notify.Remove(before) // it may be gone
		}
		if real != nowhere && now != own {
			_ = w.notify.Add(now) // else glances have to do
		}
	}
	w.real = real
	return true
}

// changed reports whether the file looks other than at the last call.
func (w *watcher) changed() bool {
	before := w.info
	w.info, _ = os.Stat(w.path)
	if before == nil || w.info == nil {
		return (before == nil) != (w.info == nil)
	}
	return !os.SameFile(before, w.info) || !before.ModTime().Equal(w.info.ModTime()) || before.Size() != w.info.Size()
}

// Next implements source.Watcher. What happens between two calls waits in the system. A file that is there but cannot be read
// is an error.
func (w *watcher) Next() (*source.ChangeSet, error) {
	w.next.Lock()
	defer w.next.Unlock()
	ticker := time.NewTicker(glance)
	defer ticker.Stop()
	for {
		look, err := w.wait(ticker.C)
		if err != nil {
			return nil, err
		}
		if !look {
			continue
		}
		set, err := w.file.Read()
		if err == nil && len(set.Data) == 0 && set.Checksum != w.seen { // most writers empty a file before they write it
			if !w.pause(hurry) {
				return nil, source.ErrWatcherStopped
			}
			set, err = w.file.Read()
		}
		switch {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil:
			return nil, fmt.Errorf("config source file: %w", err)
		case set.Checksum != w.seen:
			w.seen = set.Checksum
			return set, nil
		}
	}
}

// wait waits for one sign, and reports whether it was one of the file; then the file has settled, too.
func (w *watcher) wait(glances <-chan time.Time) (bool, error) {
	select {
	case <-w.done:
		return false, source.ErrWatcherStopped
	default:
	}
	select {
	case <-w.done:
		return false, source.ErrWatcherStopped
	case <-glances:
		if !w.changed() {
			return false, nil
		}
		w.renew()
		return w.settle(), nil
	case _, open := <-w.notify.Errors: // some changes were not told
		return open && w.settle(), w.ended(open)
	case event, open := <-w.notify.Events:
		return open && w.matters(event) && w.settle(), w.ended(open)
	}
}

// ended is the error of a watcher whose notifications are over: it was stopped.
func (w *watcher) ended(open bool) error {
	if open {
		return nil
	}
	return source.ErrWatcherStopped
}

// matters reports whether an event is one of the file, or of a link on the way to it.
func (w *watcher) matters(event fsnotify.Event) bool {
	if event.Op == fsnotify.Chmod {
		return false
	}
	return w.follow() || event.Name == w.path || event.Name == w.real
}

// renew watches the path's folder anew: another may have taken its place.
func (w *watcher) renew() {
	if w.notify.Events == nil {
		return
	}
	folder := filepath.Dir(w.path)
	_ = w.notify.Remove(folder) // it may be gone
	_ = w.notify.Add(folder)    // else glances have to do
}

// settle waits until the file is left alone. It returns false if the watcher was stopped.
func (w *watcher) settle() bool {
	quiet, late := time.NewTimer(settle), time.NewTimer(hurry)
	defer quiet.Stop()
	defer late.Stop()
	for {
		select {
		case <-w.done:
			return false
		case <-quiet.C:
		case <-late.C:
		case event, open := <-w.notify.Events:
			if open && w.matters(event) {
				quiet.Reset(settle)
			}
			if open {
				continue
			}
			return false
		}
		w.follow()
		w.changed()
		return true
	}
}

// pause waits, or returns false if the watcher is stopped.
func (w *watcher) pause(d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-w.done:
		return false
	case <-timer.C:
		return true
	}
}

// Stop implements source.Watcher.
func (w *watcher) Stop() error {
	w.stop.Do(func() {
		close(w.done)
		if w.notify.Events != nil {
			_ = w.notify.Close() // it only gives back what the system holds
		}
	})
	return nil
}
