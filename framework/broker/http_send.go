package broker

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/microtop/microtop/framework/limits"
	"github.com/microtop/microtop/framework/logger"
	"github.com/microtop/microtop/framework/registry"
)

const (
	// familiarPosts is how many posts are under way to subscribers that answered their last one.
	familiarPosts = 256
	// strangerPosts is how many are to all others, so that these cannot take the place of the first.
	strangerPosts = 64
	// hostConns is how many connections there are to one address.
	hostConns = 32
	// hostIdle is how many of them stay when they have nothing to do.
	hostIdle = 2
	// connIdle is how long a connection to a subscriber without messages stays.
	connIdle = 30 * time.Second
	// flushTimeout bounds how long Disconnect waits for queued messages to be posted.
	flushTimeout = 5 * time.Second
	// laneLife is how long a subscriber that nothing is published to is remembered.
	laneLife = 2 * time.Minute
	// sweepPause is how often those are looked for, at most.
	sweepPause = time.Second
)

// sender posts messages, in order to each subscriber, which has a lane of its own.
type sender struct {
	opts   Options
	limits limits.Limits
	own    string          // the address of the broker's own receiver, which answers
	ctx    context.Context //nolint:containedctx // the sender's own life: its posts end with it
	cancel context.CancelFunc
	work   sync.WaitGroup

	mu        sync.Mutex // guards what is below, and lanes
	lanes     map[target]*lane
	hosts     map[hostKey]*host
	strange   int // lanes of strangers
	swept     time.Time
	familiars pool
	strangers pool
	inbox     map[string][][]byte // by topic
	stats     PublisherStats
	closed    bool
}

func newSender(opts Options, own string) *sender {
	ctx, cancel := context.WithCancel(context.Background())
	return &sender{
		opts: opts, limits: opts.Limits(), own: own, ctx: ctx, cancel: cancel,
		hosts: map[hostKey]*host{},
		lanes: map[target]*lane{}, inbox: map[string][][]byte{},
		familiars: pool{size: familiarPosts}, strangers: pool{size: strangerPosts},
	}
}

// hostKey is what subscribers share connections by.
type hostKey struct {
	address string
	secure  bool
}

// host returns the connections to a subscriber's address. s.mu is held.
func (s *sender) host(to target) *host {
	key := hostKey{to.address, to.secure}
	h := s.hosts[key]
	if h == nil {
		h = newHost(to.address, s.tlsFor(to))
		s.hosts[key] = h
	}
	h.lanes++
	return h
}

// tlsFor is the configuration of a client of the subscriber, which is verified by the name in its address.
func (s *sender) tlsFor(to target) *tls.Config {
	if !to.secure {
		return nil
	}
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if s.opts.TLSConfig != nil {
		config = s.opts.TLSConfig.Clone()
	}
	if config.ServerName == "" {
		config.ServerName, _, _ = net.SplitHostPort(to.address)
	}
	config.NextProtos = nil // HTTP/1.1 only
	return config
}

// forget drops a lane, and its host with the last one. s.mu is held.
func (s *sender) forget(to target, l *lane) {
	if l.stranger {
		s.strange--
	}
	delete(s.lanes, to)
	if l.host.lanes--; l.host.lanes == 0 {
		delete(s.hosts, hostKey{to.address, to.secure})
		s.work.Go(l.host.close)
	}
}

// keep puts a message by for the topic's first subscriber; the oldest stay, as in v4.
func (s *sender) keep(topic string, body []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.inbox[topic]) < inboxSize {
		s.inbox[topic] = append(s.inbox[topic], body)
	}
}

// post queues a message, and what was kept of its topic, for each node. It fails if a subscriber that answers has no room;
// what strangers have no room for is only counted, or anybody could make it fail.
func (s *sender) post(topic string, nodes []*registry.Node, body []byte) error {
	now := time.Now()
	left := 0 // nodes beyond what can be remembered
	defer func() {
		if left > 0 {
			logger.Slog(s.opts.Logger).Warn("too many subscribers: some are left out", "topic", topic, "left out", left, "limit", s.limits.NodesPerService)
		}
	}()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return ErrNotConnected
	}
	if len(nodes) == 0 {
		return nil // nobody listens to this topic
	}
	bodies := append(s.inbox[topic], body) //nolint:gocritic // the inbox is dropped on the next line
	delete(s.inbox, topic)
	var failed []error
	for _, node := range nodes {
		l := s.lane(node, now)
		if l == nil {
			left++
			s.stats.Dropped += uint64(len(bodies))
			continue
		}
		for _, b := range bodies {
			if err := s.offer(l, b, now); err != nil {
				failed = append(failed, fmt.Errorf("%s: %w", node.Id, err))
			}
		}
	}
	return errors.Join(failed...)
}

// lane returns the node's lane, or nil if there are too many. s.mu is held.
func (s *sender) lane(node *registry.Node, now time.Time) *lane {
	to := target{node.Address, node.Id, node.Metadata["secure"] == "true"}
	if l := s.lanes[to]; l != nil {
		return l
	}
	s.sweep(now)
	if limits.Exceeded(len(s.lanes)+1, s.limits.NodesPerService) {
		return nil
	}
	l := &lane{target: to, head: to.head(), host: s.host(to), stranger: to.address != s.own}
	if l.stranger {
		s.strange++
	}
	s.lanes[to] = l
	return l
}

// sweep forgets subscribers that nothing was published to for long. s.mu is held.
func (s *sender) sweep(now time.Time) {
	if now.Sub(s.swept) < sweepPause {
		return
	}
	s.swept = now
	for to, l := range s.lanes {
		if !l.busy && now.Sub(l.used) > laneLife {
			s.forget(to, l)
		}
	}
}

// counts returns the counts so far.
func (s *sender) counts() PublisherStats {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stats
}

// close posts what is queued for at most flushTimeout, then gives up the rest.
func (s *sender) close() error {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	done := make(chan struct{})
	go func() { // ends with the posts, which end at the latest when cancelled
		s.work.Wait()
		close(done)
	}()
	timer := time.NewTimer(flushTimeout)
	defer timer.Stop()
	select {
	case <-done:
	case <-timer.C:
	}
	left := s.counts().Pending
	s.cancel()
	<-done
	for _, h := range s.hosts { // nobody adds to them any more
		h.close()
	}
	s.mu.Lock()
	s.stats.Dropped += s.stats.Pending
	s.stats.Pending = 0
	clear(s.lanes)
	s.mu.Unlock()
	if left > 0 {
		return fmt.Errorf("broker http: disconnect: %d messages were not delivered", left)
	}
	return nil
}
