package broker

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"sync/atomic"
	"time"

	"github.com/microtop/microtop/framework/limits"
	"github.com/microtop/microtop/framework/logger"
)

const (
	// postTimeout bounds the posting of one message, with all tries.
	postTimeout = 5 * time.Second
	// hurriedTimeout is postTimeout for strangers while more of them wait than can be posted to.
	hurriedTimeout = time.Second
	// dialTimeout bounds one try to connect.
	dialTimeout = 3 * time.Second
	// postTries is how often a subscriber is tried that cannot be connected to.
	postTries = 3
	// retryPause is the pause before the second try; it doubles.
	retryPause = 50 * time.Millisecond
	// asideFirst is how long a stranger that does not answer is set aside; it doubles, up to asideMost.
	asideFirst = time.Second
	asideMost  = 5 * time.Minute
	// strangerRoom is how many messages there is room for in the lane of a stranger, however many there are.
	strangerRoom = 64
)

// target is where a subscriber is posted to.
type target struct {
	address, id string
	secure      bool
}

// post is what a post to the subscriber looks like, without a body. It is copied for each.
func (t target) post() *http.Request {
	scheme := "http"
	if t.secure {
		scheme = "https"
	}
	u := &url.URL{Scheme: scheme, Host: t.address, Path: DefaultPath, RawQuery: url.Values{"id": {t.id}}.Encode()}
	header := http.Header{"Content-Type": {"application/json"}}
	return &http.Request{Method: http.MethodPost, URL: u, Host: t.address, Header: header, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1}
}

// lane is the queue of one subscriber. A stranger is one that has not answered the last post, or had none. All but what
// never changes is guarded by the sender.
type lane struct {
	target
	request *http.Request // never changes

	queue    [][]byte // the first is the one being posted
	bytes    int
	busy     bool // waits in a pool, or is being posted to
	stranger bool
	failures int       // posts in a row without an answer
	aside    time.Time // nothing is taken until then
	used     time.Time // when something was offered
}

// pool is lanes that wait to be posted to, and the workers that do, each to one lane at a time: no more than size.
type pool struct {
	size    int
	workers int
	waiting []*lane
}

// offer queues a message. It fails if a subscriber that answers has no room for it. s.mu is held.
func (s *sender) offer(l *lane, body []byte, now time.Time) error {
	l.used = now
	if !s.fits(l, len(body)) || now.Before(l.aside) {
		s.stats.Dropped++
		if l.stranger {
			return nil
		}
		return ErrSlowConsumer
	}
	l.queue = append(l.queue, body)
	l.bytes += len(body)
	s.stats.Pending++
	if !l.busy {
		s.enqueue(l, nil)
	}
	return nil
}

// fits says whether there is room for a message. Strangers share the room of one subscriber. s.mu is held.
func (s *sender) fits(l *lane, size int) bool {
	messages, room := s.limits.PendingMessages, s.limits.PendingBytes
	if l.stranger && s.strange > 1 {
		if messages >= 0 {
			messages = max(messages/s.strange, min(messages, strangerRoom))
		}
		if room >= 0 {
			room /= s.strange
		}
		if len(l.queue) == 0 {
			room = s.limits.PendingBytes
		}
	}
	return !limits.Exceeded(len(l.queue)+1, messages) && !limits.Exceeded(l.bytes+size, room)
}

// enqueue has a lane wait for its turn. by is the pool whose worker calls, and goes on, if one does. s.mu is held.
func (s *sender) enqueue(l *lane, by *pool) {
	p := &s.familiars
	if l.stranger {
		p = &s.strangers
	}
	l.busy = true
	p.waiting = append(p.waiting, l)
	if p != by && p.workers < p.size {
		p.workers++
		s.work.Go(func() { s.run(p) })
	}
}

// run posts for a pool until nothing waits in it.
func (s *sender) run(p *pool) {
	for {
		l, body, timeout := s.next(p)
		if l == nil {
			return
		}
		got, err := s.deliver(l, body, timeout)
		s.settle(l, p, got, err)
	}
}

// next takes the lane whose turn it is, or counts the worker out.
func (s *sender) next(p *pool) (l *lane, body []byte, timeout time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(p.waiting) == 0 || s.ctx.Err() != nil {
		p.workers--
		return nil, nil, 0
	}
	l = p.waiting[0]
	p.waiting[0] = nil
	p.waiting = p.waiting[1:]
	timeout = postTimeout
	if l.stranger && len(p.waiting) > p.size {
		timeout = hurriedTimeout
	}
	return l, l.queue[0], timeout
}

// outcome is what became of a message.
type outcome int

const (
	sent    outcome = iota
	refused         // the subscriber has dropped it, and says so
	lost            // written but not answered: nobody knows
	unsent          // there was no connection to write it to
)

// settle counts what became of a lane's first message and decides how to go on with the lane: a subscriber that does not
// answer is a stranger from then on; a stranger that does not is set aside, and what waits for it is dropped.
func (s *sender) settle(l *lane, by *pool, got outcome, err error) {
	pause, dropped := s.book(l, by, got)
	if s.ctx.Err() != nil {
		return // given up by close, which says so
	}
	log := logger.Slog(s.opts.Logger)
	switch {
	case pause > asideFirst:
		log.Debug("subscriber set aside again", "subscriber", l.id, "for", pause, "dropped", dropped, "error", err)
	case pause > 0:
		log.Warn("subscriber set aside: it does not answer", "subscriber", l.id, "for", pause, "dropped", dropped, "error", err)
	case err != nil:
		log.Warn("message not delivered", "subscriber", l.id, "error", err)
	}
}

// book is the part of settle under the lock. pause is how long the subscriber is set aside, if it is.
func (s *sender) book(l *lane, by *pool, got outcome) (pause time.Duration, dropped int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	l.bytes -= len(l.queue[0])
	l.queue[0] = nil
	l.queue = l.queue[1:]
	l.busy = false
	s.stats.Pending--
	switch got {
	case sent:
		s.stats.Sent++
	case refused:
		s.stats.Refused++
	case lost:
		s.stats.Lost++
	case unsent:
		s.stats.Dropped++
	}
	switch answered := got == sent || got == refused; {
	case answered:
		if l.stranger {
			s.strange--
		}
		l.stranger, l.failures = false, 0
	case l.stranger:
		pause = min(asideFirst<<min(l.failures, 16), asideMost)
		l.failures++
		l.aside = time.Now().Add(pause)
		dropped = len(l.queue)
		s.stats.Dropped += uint64(dropped)
		s.stats.Pending -= uint64(dropped)
		l.queue, l.bytes = nil, 0
	default:
		l.stranger = true
		s.strange++
	}
	if len(l.queue) > 0 {
		s.enqueue(l, by)
	} else {
		l.queue = nil // let a burst's memory go
	}
	return pause, dropped
}

// deliver posts a message, at most once: it is tried again only while there was no connection that it could have gone by.
func (s *sender) deliver(l *lane, body []byte, timeout time.Duration) (outcome, error) {
	ctx, cancel := context.WithTimeout(s.ctx, timeout)
	defer cancel()
	pause := retryPause
	for try := 1; ; try++ {
		got, err := s.postOnce(ctx, l.request, body)
		if got != unsent || try == postTries {
			return got, err
		}
		timer := time.NewTimer(pause)
		select {
		case <-ctx.Done():
			timer.Stop()
			return got, err
		case <-timer.C:
		}
		pause *= 2
	}
}

// postOnce posts a message if it can connect.
func (s *sender) postOnce(ctx context.Context, to *http.Request, body []byte) (outcome, error) {
	var connected atomic.Bool
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { connected.Store(true) }})
	req := to.WithContext(ctx)
	req.ContentLength, req.Body = int64(len(body)), http.NoBody
	req.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
	if len(body) > 0 {
		req.Body, _ = req.GetBody()
	}
	res, err := s.transport.RoundTrip(req) // a redirect is an answer like any other
	if err != nil {
		if connected.Load() {
			return lost, fmt.Errorf("not posted again, it may have arrived: %w", err)
		}
		return unsent, err
	}
	defer func() { _ = res.Body.Close() }()
	text, _ := io.ReadAll(io.LimitReader(res.Body, 4096)) // only for the error's text
	if res.StatusCode >= http.StatusMultipleChoices {
		return refused, fmt.Errorf("answered %s: %s", res.Status, bytes.TrimSpace(text))
	}
	return sent, nil
}
