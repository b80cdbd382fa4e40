package broker

import "sync"

// queue is parcels that wait, in chunks, so that it grows without being copied.
type queue struct {
	first, last     *chunk
	messages, bytes int
}

// chunkSize is how many parcels a chunk has.
const chunkSize = 64

// chunk is a part of a queue. Chunks are used again, by any subscription.
type chunk struct {
	parcels [chunkSize]parcel
	n       int
	next    *chunk
}

var chunks = sync.Pool{New: func() any { return new(chunk) }}

// add puts a parcel at the end.
func (q *queue) add(p parcel) {
	if q.last == nil || q.last.n == chunkSize {
		c := chunks.Get().(*chunk) //nolint:forcetypeassert // the pool has nothing else
		if q.last == nil {
			q.first = c
		} else {
			q.last.next = c
		}
		q.last = c
	}
	q.last.parcels[q.last.n] = p
	q.last.n++
	q.messages++
	q.bytes += p.size
}

// free gives a chunk back whose parcels were opened, and returns the next one.
func (c *chunk) free() *chunk {
	next := c.next
	c.n, c.next = 0, nil
	chunks.Put(c)
	return next
}
