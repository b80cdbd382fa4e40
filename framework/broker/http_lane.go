package broker

import (
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
	// refusedPause is how often the log warns that a subscriber refuses messages, at most.
	refusedPause = time.Minute
	// strangerRoom is how many messages there is room for in the lane of a stranger, however many there are.
	strangerRoom = 64
	// mostWindow is how many messages are under way to a subscriber at once, and so lost at most with its connection. It
	// is one for a stranger and doubles with each burst that is answered.
	mostWindow = 64
	// burstBytes is how many bytes they have together, unless it is one.
	burstBytes = 256 << 10
)

// target is where a subscriber is posted to.
type target struct {
	address, id string
	secure      bool
}

// lane is the queue of one subscriber. A stranger is one that has not answered the last post, or had none. All but what
// never changes is guarded by the sender.
type lane struct {
	target
	head string // of its posts; never changes
	host *host  // never changes

	queue    [][]byte // the first ones are being posted
	window   int      // how many may be posted at once
	bytes    int
	busy     bool // waits in a pool, or is being posted to
	stranger bool
	warned   time.Time // when the log last said that messages were refused
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
		l, bodies, timeout := s.next(p)
		if l == nil {
			return
		}
		s.settle(l, p, s.deliver(l, bodies, timeout))
	}
}

// next takes the lane whose turn it is, and of it what may be posted at once, or counts the worker out.
func (s *sender) next(p *pool) (l *lane, bodies [][]byte, timeout time.Duration) {
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
	return l, l.burst(), timeout
}

// burst is what is posted in one write: at least one message.
func (l *lane) burst() [][]byte {
	if l.stranger {
		return l.queue[:1:1]
	}
	n, size := 0, 0
	for n < min(len(l.queue), l.window) {
		if size += len(l.queue[n]); n > 0 && size > burstBytes {
			break
		}
		n++
	}
	return l.queue[:n:n]
}

// settle counts what became of a lane's first messages and decides how to go on with the lane: a subscriber that does not
// answer is a stranger from then on; a stranger that does not is set aside, and what waits for it is dropped.
func (s *sender) settle(l *lane, by *pool, got outcome) {
	pause, dropped, again := s.book(l, by, got)
	if s.ctx.Err() != nil {
		return // given up by close, which says so
	}
	log, err := logger.Slog(s.opts.Logger), got.err
	switch {
	case pause > asideFirst:
		log.Debug("subscriber set aside again", "subscriber", l.id, "for", pause, "dropped", dropped, "error", err)
	case pause > 0:
		log.Warn("subscriber set aside: it does not answer", "subscriber", l.id, "for", pause, "dropped", dropped, "error", err)
	case err != nil && again:
		log.Debug("messages refused again", "subscriber", l.id, "messages", got.refused, "error", err)
	case err != nil:
		log.Warn("messages not delivered", "subscriber", l.id, "messages", got.refused+got.lost+got.unsent, "error", err)
	}
}

// book is the part of settle under the lock. pause is how long the subscriber is set aside, if it is; again says that it
// answered, and that the log has warned of refused messages not long ago.
func (s *sender) book(l *lane, by *pool, got outcome) (pause time.Duration, dropped int, again bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	l.done(got.sent + got.refused + got.lost + got.unsent)
	s.stats.add(got)
	switch answered := got.lost == 0 && got.unsent == 0; {
	case answered:
		if l.stranger {
			s.strange--
		}
		if again = time.Since(l.warned) < refusedPause; got.refused > 0 && !again {
			l.warned = time.Now()
		}
		l.stranger, l.failures = false, 0
		l.window = min(max(l.window, 1)*2, mostWindow)
	case l.stranger:
		pause = min(asideFirst<<min(l.failures, 16), asideMost)
		l.failures++
		l.aside = time.Now().Add(pause)
		dropped = len(l.queue)
		s.stats.Dropped += uint64(dropped)
		s.stats.Pending -= uint64(dropped)
		l.queue, l.bytes = nil, 0
	default:
		l.stranger, l.window = true, 0
		s.strange++
	}
	if len(l.queue) > 0 {
		s.enqueue(l, by)
	} else {
		l.queue = nil // let a burst's memory go
	}
	return pause, dropped, again
}

// done takes the first n messages out of the queue.
func (l *lane) done(n int) {
	for i := range n {
		l.bytes -= len(l.queue[i])
		l.queue[i] = nil
	}
	l.queue, l.busy = l.queue[n:], false
}

// add counts a burst that is over.
func (s *PublisherStats) add(o outcome) {
	s.Sent += uint64(o.sent)                                    //nolint:gosec // none is negative
	s.Refused += uint64(o.refused)                              //nolint:gosec // as above
	s.Lost += uint64(o.lost)                                    //nolint:gosec // as above
	s.Dropped += uint64(o.unsent)                               //nolint:gosec // as above
	s.Pending -= uint64(o.sent + o.refused + o.lost + o.unsent) //nolint:gosec // as above
}
