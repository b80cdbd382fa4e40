package broker

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// outcome counts what became of a burst.
type outcome struct {
	sent    int
	refused int   // the subscriber has dropped them, and says so
	lost    int   // written, or begun to be, but not answered: nobody knows
	unsent  int   // there was no connection to write them to
	err     error // the first of them
}

// deliver posts a burst, at most once: it is tried again only while there was no connection that it could have gone by.
func (s *sender) deliver(l *lane, bodies [][]byte, timeout time.Duration) outcome {
	ctx, cancel := context.WithTimeout(s.ctx, timeout)
	defer cancel()
	pause := retryPause
	for try := 1; ; try++ {
		to, err := l.host.take(ctx)
		if err == nil {
			got := s.postAll(ctx, to, l.head, bodies)
			l.host.give(to, got.lost == 0 && to.whole)
			return got
		}
		if try == postTries {
			return outcome{unsent: len(bodies), err: err}
		}
		timer := time.NewTimer(pause)
		select {
		case <-ctx.Done():
			timer.Stop()
			return outcome{unsent: len(bodies), err: err}
		case <-timer.C:
		}
		pause *= 2
	}
}

// postAll writes a burst at once and reads the answers, which come in order (RFC 9112, 9.3.2). What was not answered when
// the connection ends is lost.
func (s *sender) postAll(ctx context.Context, to *link, head string, bodies [][]byte) (got outcome) {
	end, _ := ctx.Deadline()
	_ = to.conn.SetDeadline(end)
	stop := context.AfterFunc(ctx, func() { _ = to.conn.SetDeadline(time.Unix(1, 0)) })
	to.whole = false
	buf := to.buf[:0]
	for _, body := range bodies {
		buf = appendPost(buf, head, body)
	}
	if to.buf = buf; cap(buf) > 2*burstBytes {
		to.buf = nil // let a large message's memory go
	}
	_, err := to.conn.Write(buf)
	last := false
	for range bodies {
		if err != nil || last {
			break
		}
		var a answer
		if a, err = to.read(s.limits.HeaderBytes); err != nil {
			break
		}
		if last = a.last; a.status < 300 {
			got.sent++
			continue
		}
		if got.refused++; got.err == nil {
			got.err = fmt.Errorf("answered %s", a.line)
		}
	}
	to.whole = stop() && err == nil && !last
	if got.lost = len(bodies) - got.sent - got.refused; got.lost > 0 {
		if err == nil {
			err = errors.New("the subscriber ended the connection")
		}
		got.err = fmt.Errorf("not posted again, it may have arrived: %w", err)
	}
	return got
}
