package topics

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"iter"
	"os"
	"time"

	"github.com/microtop/microtop/framework/broker"
)

const (
	// lineLimit is the longest message read from a line, in bytes.
	lineLimit = 16 << 20
	// fileLimit is the largest file of messages that is read whole, in bytes.
	fileLimit = 64 << 20
)

// Line is a body, and where it stood in a file, from 1; 0 where it was in none.
type Line struct {
	Body   []byte
	Number int
}

// LineError says which line's message was wrong.
type LineError struct {
	Number int
	Err    error
}

// Error implements error.
func (e *LineError) Error() string { return fmt.Sprintf("line %d: %v", e.Number, e.Err) }

// Unwrap returns what was wrong.
func (e *LineError) Unwrap() error { return e.Err }

// Lines yields the lines of an input that are not empty, a message each. name is the input's, for errors.
func Lines(in io.Reader, name string) iter.Seq2[Line, error] {
	return func(yield func(Line, error) bool) {
		scan := bufio.NewScanner(in)
		scan.Buffer(make([]byte, 0, 64<<10), lineLimit)
		for number := 1; scan.Scan(); number++ {
			text := bytes.TrimSpace(scan.Bytes())
			if len(text) > 0 && !yield(Line{bytes.Clone(text), number}, nil) {
				return
			}
		}
		if err := scan.Err(); err != nil {
			yield(Line{}, fmt.Errorf("read %s: %w", name, err))
		}
	}
}

// ReadLines returns the lines of a file, 64 MB at most.
func ReadLines(path string) ([]Line, error) {
	file, err := os.Open(path) //nolint:gosec // the path that the user named
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }() // it was only read
	if info, err := file.Stat(); err == nil && info.Size() > fileLimit {
		return nil, fmt.Errorf("%s is over %d MB", path, fileLimit>>20)
	}
	var out []Line
	for l, err := range Lines(io.LimitReader(file, fileLimit), path) {
		if err != nil {
			return nil, err
		}
		out = append(out, l)
	}
	return out, nil
}

// Batch is messages to publish one after another.
type Batch struct {
	// Publication is what they have in common; its Body is each line's.
	Publication
	// From are the bodies.
	From iter.Seq2[Line, error]
	// Follow publishes lines as they come: they are neither checked before the first is sent nor kept.
	Follow bool
	// Count is how often all of them are published; under 1 is once.
	Count int
	// Template fills bodies and header values in, see [Fill].
	Template bool
	// Interval is the pause between two messages. Without one it goes as fast as the subscribers take them.
	Interval time.Duration
}

// All are bodies that were read.
func All(lines ...Line) iter.Seq2[Line, error] {
	return func(yield func(Line, error) bool) {
		for _, l := range lines {
			if !yield(l, nil) {
				return
			}
		}
	}
}

// message is what a line makes, as the n-th message.
func (b *Batch) message(l Line, n int) (Publication, error) {
	p := b.Publication
	p.Body = l.Body
	if !b.Template {
		return p, nil
	}
	return p.Filled(n, time.Now())
}

// at says of an error in which line it was.
func (l Line) at(err error) error {
	if err == nil || l.Number == 0 {
		return err
	}
	return &LineError{l.Number, err}
}

// check says what of the batch would be refused.
func (b *Batch) check(to *Publisher) error {
	for l, err := range b.From {
		if err != nil {
			return err
		}
		p, err := b.message(l, 1)
		if err == nil {
			err = to.Check(p)
		}
		if err != nil {
			return l.at(err)
		}
	}
	return nil
}

// Run publishes a batch and returns how many messages it published. sent, if not nil, is told the number after each.
// Nothing is sent if one does not fit, unless the batch follows its lines. It ends with the first error, of a message or
// of ctx.
func (to *Publisher) Run(ctx context.Context, b Batch, sent func(n int)) (n int, err error) {
	if !b.Follow {
		if err := b.check(to); err != nil {
			return 0, err
		}
	}
	for range max(b.Count, 1) {
		for l, err := range b.From {
			if err == nil {
				err = to.next(ctx, &b, l, n)
			}
			if err != nil {
				return n, l.at(err)
			}
			if n++; sent != nil {
				sent(n)
			}
		}
	}
	return n, nil
}

// next publishes the message after n others.
func (to *Publisher) next(ctx context.Context, b *Batch, l Line, n int) error {
	if n > 0 {
		if err := to.wait(ctx, b.Interval); err != nil {
			return err
		}
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	p, err := b.message(l, n+1)
	if err != nil {
		return err
	}
	return to.Publish(p)
}

const (
	// mostPending is how many messages may wait at the broker while more are published as fast as it goes.
	mostPending = 256
	// pendingPause is how often it is looked whether fewer do.
	pendingPause = time.Millisecond
	// pendingTime is how long they may wait: a subscriber that takes none for so long loses some.
	pendingTime = 5 * time.Second
)

// wait waits for the pause, and until the broker has room.
func (to *Publisher) wait(ctx context.Context, pause time.Duration) error {
	if err := sleep(ctx, pause); err != nil {
		return err
	}
	counts, ok := to.broker.(broker.PublisherStatsReader)
	if !ok {
		return nil
	}
	for end := time.Now().Add(pendingTime); counts.PublisherStats().Pending >= mostPending && time.Now().Before(end); {
		if err := sleep(ctx, pendingPause); err != nil {
			return err
		}
	}
	return nil
}

func sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
