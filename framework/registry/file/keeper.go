package file

import (
	"errors"
	"io/fs"
	"os"
	"sync"
	"time"

	"github.com/microtop/microtop/framework/logger"
)

// heartbeat is how often the files of what is registered are refreshed.
const heartbeat = lifetime / 3

// worker is one goroutine of a registry.
type worker struct {
	stop chan struct{}
	poke chan struct{} // holds one nudge
	done sync.WaitGroup
}

// work starts run, which returns when w.stop is closed.
func work(run func(w *worker)) *worker {
	w := &worker{stop: make(chan struct{}), poke: make(chan struct{}, 1)}
	w.done.Go(func() { run(w) })
	return w
}

// end stops the worker and waits for it. It is called once, by whoever took the worker out of its registry.
func (w *worker) end() {
	if w == nil {
		return
	}
	close(w.stop)
	w.done.Wait()
}

// nudge makes the worker look again. It never blocks.
func (w *worker) nudge() {
	if w == nil {
		return
	}
	select {
	case w.poke <- struct{}{}:
	default:
	}
}

// keep refreshes what is registered until nothing is.
func (r *directory) keep(w *worker) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-w.stop:
			return
		case <-w.poke:
		case <-timer.C:
		}
		wait, more := r.beat(w, time.Now())
		if !more {
			return
		}
		timer.Reset(wait)
	}
}

// beat ends the registrations whose TTL is over and refreshes the others' files when their time has come. It returns
// how long until there is work again, and false if there never will be, with w no longer the registry's keeper.
func (r *directory) beat(w *worker, now time.Time) (time.Duration, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.keeper != w { // it was taken out to be ended
		return 0, false
	}
	var over, due []string
	for name, h := range r.held {
		switch {
		case !h.end.IsZero() && !now.Before(h.end):
			over = append(over, name)
		case now.Sub(h.beat) >= heartbeat:
			due = append(due, name)
		}
	}
	if len(over)+len(due) > 0 {
		if err := r.refresh(over, due, now); err != nil {
			logger.Slog(r.opts.Logger).Warn("file registry: refresh", "error", err)
		}
	}
	if len(r.held) == 0 {
		r.keeper = nil
		return 0, false
	}
	wait := heartbeat
	for _, h := range r.held {
		wait = min(wait, heartbeat-now.Sub(h.beat))
		if !h.end.IsZero() {
			wait = min(wait, h.end.Sub(now))
		}
	}
	return wait, true
}

// refresh removes the files of registrations that are over and touches, or writes again, those that are due.
func (r *directory) refresh(over, due []string, now time.Time) error {
	for _, name := range over {
		delete(r.held, name)
	}
	for _, name := range due {
		r.held[name].beat = now // tried: the next try is a heartbeat away, whatever comes of this one
	}
	root, err := makePlace(dirOf(&r.opts))
	if err != nil {
		return err
	}
	defer func() { _ = root.Close() }()
	defer r.scanner.nudge()
	var failed []error
	for _, name := range over {
		if err := root.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			failed = append(failed, err)
		}
	}
	for _, name := range due {
		if err := r.held[name].touch(root, name, now); err != nil {
			failed = append(failed, err)
		}
	}
	return errors.Join(failed...)
}

// touch refreshes a file, and writes it again if somebody removed it.
func (h *holding) touch(root *os.Root, name string, now time.Time) error {
	stamp := h.stamp(now)
	err := root.Chtimes(name, stamp, stamp)
	if errors.Is(err, fs.ErrNotExist) {
		return write(root, name, h.record, stamp)
	}
	return err
}

// stamp is the modification time that makes the file count for a lifetime from now, but not beyond its TTL.
func (h *holding) stamp(now time.Time) time.Time {
	if !h.end.IsZero() && h.end.Sub(now) < lifetime {
		return h.end.Add(-lifetime)
	}
	return now
}
