package client

import (
	"strconv"
	"sync/atomic"
)

// idBatch is how many ids are written at a time.
const idBatch = 256

// sequence counts requests from zero. The texts of its numbers are cut from a longer one, so that hardly any takes new
// memory. The zero value is ready. Safe for concurrent use.
type sequence struct {
	last  atomic.Uint64
	batch atomic.Pointer[batch]
}

// batch is the texts of idBatch numbers.
type batch struct {
	first uint64
	text  string
	ends  [idBatch]uint16
}

// next returns the next number.
func (s *sequence) next() string {
	n := s.last.Add(1) - 1
	first := n - n%idBatch
	b := s.batch.Load()
	if b == nil || b.first != first {
		if b != nil && b.first > first { // others are ahead
			return strconv.FormatUint(n, 10)
		}
		b = newBatch(first)
		s.batch.Store(b)
	}
	i, start := n-first, uint16(0)
	if i > 0 {
		start = b.ends[i-1]
	}
	return b.text[start:b.ends[i]]
}

func newBatch(first uint64) *batch {
	b := &batch{first: first}
	text := make([]byte, 0, 8*idBatch)
	for i := range b.ends {
		text = strconv.AppendUint(text, first+uint64(i), 10)
		b.ends[i] = uint16(len(text)) //nolint:gosec // at most 20 bytes a number
	}
	b.text = string(text)
	return b
}

// nextID returns the Micro-Id of the next request.
func (c *front) nextID() string { return c.sequence.next() }
