package file

import (
	"bytes"
	"errors"
	"sync"
	"time"

	"go.etcd.io/bbolt"
)

// change sets the data of a key, or removes it when data is nil.
type change struct {
	key  string
	data []byte
}

// queue lets writers that come while the disk is busy share the next sync: the first of them writes for all, then hands
// over to the first of those that came meanwhile.
type queue struct {
	mu      sync.Mutex
	waiting []*writer
	busy    bool
}

// writer waits for its change to be written by another (done), or for its turn to write for all (lead).
type writer struct {
	change change
	done   chan error
	lead   chan []*writer
}

// commit returns when the change is on the disk.
func (t *table) commit(c change) error {
	w := &writer{change: c, done: make(chan error, 1), lead: make(chan []*writer, 1)}
	if batch := t.queue.join(w); batch != nil {
		w.lead <- batch
	}
	select {
	case err := <-w.done:
		return err
	case batch := <-w.lead:
		err := t.write(batch)
		t.queue.next()
		for _, other := range batch {
			other.done <- err
		}
		return <-w.done
	}
}

// join queues w. If nobody writes it returns w's batch: w leads.
func (q *queue) join(w *writer) []*writer {
	q.mu.Lock()
	defer q.mu.Unlock()
	if !q.busy {
		q.busy = true
		return []*writer{w}
	}
	q.waiting = append(q.waiting, w)
	return nil
}

// next hands the lead, and all that wait, to the first that waits.
func (q *queue) next() {
	q.mu.Lock()
	batch := q.waiting
	q.waiting, q.busy = nil, len(batch) > 0
	q.mu.Unlock()
	if len(batch) > 0 {
		batch[0].lead <- batch
	}
}

// write puts a batch on the disk in one transaction: all of it or nothing.
func (t *table) write(batch []*writer) error {
	if err := t.givenUp(); err != nil {
		return err
	}
	err := guard(func() error {
		return t.db.Update(func(tx *bbolt.Tx) error { return t.put(tx, batch) })
	})
	if errors.Is(err, ErrDamaged) {
		t.giveUp(err)
	}
	return err
}

func (t *table) put(tx *bbolt.Tx, batch []*writer) error {
	b, err := tx.CreateBucketIfNotExists(bucket)
	if err != nil {
		return err
	}
	for _, w := range batch {
		if w.change.data == nil {
			err = b.Delete([]byte(w.change.key))
		} else {
			err = b.Put([]byte(w.change.key), w.change.data)
		}
		if err != nil {
			return err
		}
	}
	return t.swept.after(len(batch), b, time.Now())
}

// sweepAfter is how many changes a table takes at least between two looks at what has ended.
const sweepAfter = 1024

// sweeper removes records that have ended. It looks at all of them once in as many changes as there were records, so that
// a change costs the same in a large table, and the file holds at most about twice what lives. Only the leader uses it.
type sweeper struct{ changes, next int }

func (s *sweeper) after(changes int, b *bbolt.Bucket, now time.Time) error {
	if s.changes += changes; s.changes < max(s.next, sweepAfter) {
		return nil
	}
	var ended [][]byte
	records := 0
	cursor := b.Cursor()
	for key, data := cursor.First(); key != nil; key, data = cursor.Next() {
		records++
		if gone, err := over(string(key), data, now); err == nil && gone { // a damaged one is for its reader to report
			ended = append(ended, bytes.Clone(key))
		}
	}
	for _, key := range ended {
		if err := b.Delete(key); err != nil {
			return err
		}
	}
	s.changes, s.next = 0, records-len(ended)
	return nil
}
