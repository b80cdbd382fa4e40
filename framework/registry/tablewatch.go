package registry

import (
	"context"
	"sync"
)

// Watch returns a watcher of the table. A watcher that is slow loses nothing that matters: changes of one node that it
// has not fetched yet are folded into the last one, and a node that came and went unseen is not mentioned. So what it
// holds is bounded by the nodes there are and those it has seen.
func (t *Table) Watch(opts ...WatchOption) Watcher {
	var o WatchOptions
	for _, set := range opts {
		set(&o)
	}
	w := &tableWatcher{service: o.Service, table: t, at: make(map[*record]int), stopContext: func() bool { return true }}
	w.more.L = &w.mu
	t.mu.Lock()
	t.watchers[w] = struct{}{}
	t.mu.Unlock()
	if o.Context != nil {
		stop := context.AfterFunc(o.Context, w.Stop)
		w.mu.Lock()
		w.stopContext = stop
		w.mu.Unlock()
	}
	return w
}

type tableWatcher struct {
	service string
	table   *Table

	mu          sync.Mutex // taken after table.mu, never before
	more        sync.Cond
	stopped     bool
	stopContext func() bool
	queue       []change        // oldest first
	taken       int             // changes that left the queue: at counts from the first ever
	empty       int             // changes in the queue that were folded away
	at          map[*record]int // where the pending change of a node is
}

// change is one pending result; without a record it was folded away.
type change struct {
	record *record
	what   EventType
	about  *Service
}

// tidyAfter is how many folded changes a queue may hold before it is rewritten.
const tidyAfter = 64

var _ Watcher = (*tableWatcher)(nil)

// Next implements Watcher.
func (w *tableWatcher) Next() (*Result, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for !w.stopped {
		for len(w.queue) > 0 {
			next := w.queue[0]
			w.queue[0] = change{}
			w.queue = w.queue[1:]
			w.taken++
			if next.record == nil {
				w.empty--
				continue
			}
			delete(w.at, next.record)
			return &Result{Action: next.what.String(), Service: next.about}, nil
		}
		w.queue = nil
		w.more.Wait()
	}
	return nil, ErrWatcherStopped
}

// Stop implements Watcher.
func (w *tableWatcher) Stop() {
	w.mu.Lock()
	w.stopped = true
	w.queue, w.at = nil, nil
	stopContext := w.stopContext
	w.mu.Unlock()
	w.more.Broadcast()
	stopContext()
	w.table.mu.Lock()
	delete(w.table.watchers, w)
	w.table.mu.Unlock()
}

// push adds a change, or folds it into the pending one of the same node.
func (w *tableWatcher) push(r *record, what EventType, about *Service) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.stopped {
		return
	}
	i, pending := w.at[r]
	if !pending {
		w.at[r] = w.taken + len(w.queue)
		w.queue = append(w.queue, change{r, what, about})
		w.more.Signal()
		return
	}
	p := &w.queue[i-w.taken]
	switch {
	case p.what != Create:
		*p = change{r, what, about}
	case what == Delete:
		*p = change{}
		delete(w.at, r)
		w.empty++
		w.tidy()
	default:
		p.about = about
	}
}

// tidy rewrites the queue once most of it was folded away.
func (w *tableWatcher) tidy() {
	if w.empty < tidyAfter || w.empty*2 < len(w.queue) {
		return
	}
	kept := make([]change, 0, len(w.queue)-w.empty)
	for _, c := range w.queue {
		if c.record != nil {
			w.at[c.record] = w.taken + len(kept)
			kept = append(kept, c)
		}
	}
	w.queue, w.empty = kept, 0
}
