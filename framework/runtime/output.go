package runtime

import (
	"bytes"
	"context"
	"io"
	"sync"
)

const (
	// keptLines is how many printed lines are kept of each service.
	keptLines = 1000
	// lineBytes is the longest line kept, in bytes; what follows is cut.
	lineBytes = 4096
	// streamLines is how far a log stream's reader may be behind before it loses lines.
	streamLines = 256
)

// output takes what a process prints, keeps its last lines and hands them to streams. It never blocks the process
// for a reader's sake.
type output struct {
	tee io.Writer

	mu      sync.Mutex
	partial []byte
	lines   []string
	streams map[*logStream]struct{}
}

func newOutput(tee io.Writer) *output {
	return &output{tee: tee, streams: map[*logStream]struct{}{}}
}

// Write implements io.Writer and never fails: a process must not die of its runtime's log.
func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.tee != nil {
		_, _ = o.tee.Write(p)
	}
	rest := p
	for {
		line, after, found := bytes.Cut(rest, []byte{'\n'})
		o.partial = append(o.partial, line[:min(len(line), max(0, lineBytes-len(o.partial)))]...)
		if !found {
			return len(p), nil
		}
		o.keep(string(o.partial))
		o.partial = o.partial[:0]
		rest = after
	}
}

func (o *output) keep(line string) {
	if len(o.lines) == keptLines {
		o.lines = append(o.lines[:0], o.lines[1:]...)
	}
	o.lines = append(o.lines, line)
	for s := range o.streams {
		select {
		case s.records <- LogRecord{Message: line}:
		default: // a reader that is behind loses lines
		}
	}
}

func (o *output) stream(options LogsOptions) LogStream {
	o.mu.Lock()
	defer o.mu.Unlock()
	lines := o.lines
	if n := int(options.Count); n > 0 && n < len(lines) {
		lines = lines[len(lines)-n:]
	}
	s := &logStream{owner: o, records: make(chan LogRecord, len(lines)+streamLines)}
	for _, line := range lines {
		s.records <- LogRecord{Message: line}
	}
	if !options.Stream {
		s.stopped = true
		close(s.records)
		return s
	}
	o.streams[s] = struct{}{}
	if options.Context != nil {
		s.release = context.AfterFunc(options.Context, func() { _ = s.Stop() })
	}
	return s
}

type logStream struct {
	owner   *output
	records chan LogRecord

	// Guarded by owner.mu.
	stopped bool
	release func() bool // unties the stream from its context; nil without one
}

// Error implements LogStream.
func (s *logStream) Error() error { return nil }

// Chan implements LogStream.
func (s *logStream) Chan() chan LogRecord { return s.records }

// Stop implements LogStream.
func (s *logStream) Stop() error {
	s.owner.mu.Lock()
	defer s.owner.mu.Unlock()
	if !s.stopped {
		s.stopped = true
		delete(s.owner.streams, s)
		close(s.records)
		if s.release != nil {
			s.release()
		}
	}
	return nil
}
