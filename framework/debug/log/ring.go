package log

import (
	"fmt"
	"sync"

	"github.com/microtop/microtop/framework/internal/budget"
)

// streamBuffer is how many records a stream's reader may be behind before it loses some.
const streamBuffer = 256

// recordBytes is about how much of one record is kept.
const recordBytes = 16 << 10

// NewLog returns a log that keeps the last records in memory.
func NewLog(opts ...Option) Log {
	options := DefaultOptions()
	for _, set := range opts {
		set(&options)
	}
	return &ring{size: max(options.Size, 1), streams: map[*stream]struct{}{}}
}

type ring struct {
	size int

	mu      sync.Mutex
	records []Record // a ring once full; next is the oldest
	next    int
	streams map[*stream]struct{}
}

var _ Log = (*ring)(nil)

// Write implements Log. What is over recordBytes is cut: lines may quote what a stranger sent.
func (r *ring) Write(record Record) error {
	record = bounded(record)
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.records) < r.size {
		r.records = append(r.records, record)
	} else {
		r.records[r.next] = record
		r.next = (r.next + 1) % r.size
	}
	for s := range r.streams {
		select {
		case s.records <- record:
		default: // a reader that is behind loses this one
		}
	}
	return nil
}

// bounded returns the record, or where that is too big a copy that is not.
func bounded(record Record) Record {
	message, isText := record.Message.(string)
	if !isText && record.Message != nil {
		message = fmt.Sprint(record.Message)
	}
	size := len(message)
	for key, value := range record.Metadata {
		size += len(key) + len(value)
	}
	if size <= recordBytes {
		return record
	}
	left := budget.Bytes(recordBytes)
	out := Record{Timestamp: record.Timestamp}
	if record.Message != nil {
		out.Message = left.Text(message)
	}
	out.Metadata = left.Map(record.Metadata)
	return out
}

// Read implements Log.
func (r *ring) Read(opts ...ReadOption) ([]Record, error) {
	var options ReadOptions
	for _, set := range opts {
		set(&options)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	out := make([]Record, 0, len(r.records))
	for i := range r.records {
		record := r.records[(r.next+i)%len(r.records)]
		if !record.Timestamp.Before(options.Since) {
			out = append(out, record)
		}
	}
	if options.Count > 0 && len(out) > options.Count {
		out = out[len(out)-options.Count:]
	}
	return out, nil
}

// Stream implements Log.
func (r *ring) Stream() (Stream, error) {
	s := &stream{owner: r, records: make(chan Record, streamBuffer)}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.streams[s] = struct{}{}
	return s, nil
}

type stream struct {
	owner   *ring
	records chan Record
}

// Chan implements Stream.
func (s *stream) Chan() <-chan Record { return s.records }

// Stop implements Stream.
func (s *stream) Stop() error {
	s.owner.mu.Lock()
	defer s.owner.mu.Unlock()
	if _, live := s.owner.streams[s]; live {
		delete(s.owner.streams, s)
		close(s.records)
	}
	return nil
}
