package broker

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"

	"github.com/microtop/microtop/framework/codec"
	"github.com/microtop/microtop/framework/codec/json"
	"github.com/microtop/microtop/framework/limits"
	"github.com/microtop/microtop/framework/logger"
	"github.com/microtop/microtop/framework/registry"
)

const (
	// inboxSize is how many messages of a topic without any subscriber are kept for the first one (docs/wire.md §7.3).
	inboxSize = 64
	// postTimeout bounds one post.
	postTimeout = 5 * time.Second
	// postTries is how often a message is posted to a subscriber that cannot be reached.
	postTries = 3
	// retryPause is the pause before the second post; it doubles.
	retryPause = 50 * time.Millisecond
	// connIdle is how long a connection to a subscriber without messages stays.
	connIdle = 30 * time.Second
	// flushTimeout bounds how long Disconnect waits for queued messages to be posted.
	flushTimeout = 5 * time.Second
)

func marshaler(o Options) codec.Marshaler {
	if o.Codec != nil {
		return o.Codec
	}
	return json.Marshaler{}
}

// Publish implements Broker.
func (b *httpBroker) Publish(topic string, m *Message, opts ...PublishOption) error {
	var options PublishOptions
	for _, set := range opts {
		set(&options)
	}
	b.mu.RLock()
	s, limit := b.session, b.opts.Limits()
	b.mu.RUnlock()
	if s == nil {
		return fmt.Errorf("broker http: publish %s: %w", topic, ErrNotConnected)
	}
	if limits.Exceeded(len(m.Body), limit.MessageBytes) {
		return fmt.Errorf("broker http: publish %s: message of %d bytes is over the limit of %d", topic, len(m.Body), limit.MessageBytes)
	}
	envelope := Message{Header: maps.Clone(m.Header), Body: m.Body}
	if envelope.Header == nil {
		envelope.Header = map[string]string{}
	}
	envelope.Header[topicHeader] = topic
	if err := checkHeader(envelope.Header, limit); err != nil {
		return fmt.Errorf("broker http: publish %s: %w", topic, err) // no receiver would take it
	}
	body, err := s.codec.Marshal(envelope)
	if err != nil {
		return fmt.Errorf("broker http: publish %s: %w", topic, err)
	}
	services, err := b.subscribers(s)
	if err != nil {
		s.sender.keep(topic, body)
		return fmt.Errorf("broker http: publish %s: kept for the first subscriber: %w", topic, err)
	}
	if err := s.sender.post(topic, targets(services, topic), body); err != nil {
		return fmt.Errorf("broker http: publish %s: %w", topic, err)
	}
	return nil
}

// subscribers returns what the registry knows, and this broker's own subscriptions, which need no registry.
func (b *httpBroker) subscribers(s *session) ([]*registry.Service, error) {
	known, err := s.cache.GetService(ServiceName)
	b.mu.RLock()
	own := slices.Collect(maps.Values(b.subscriptions))
	b.mu.RUnlock()
	if len(own) > 0 {
		return slices.Concat(known, own), nil
	}
	if err == nil && len(known) == 0 {
		err = registry.ErrNotFound
	}
	return known, err
}

// targets returns every broadcast subscriber of the topic and one of each queue (docs/wire.md §7.3).
func targets(services []*registry.Service, topic string) []*registry.Node {
	groups := map[string][]*registry.Node{} // by version, which is the queue's name
	for _, service := range services {
		for _, node := range service.Nodes {
			if node.Metadata["broker"] == "http" && node.Metadata["topic"] == topic {
				groups[service.Version] = appendNew(groups[service.Version], node)
			}
		}
	}
	var out []*registry.Node
	for version, nodes := range groups {
		if version != broadcastVersion {
			nodes = []*registry.Node{nodes[rand.IntN(len(nodes))]} //nolint:gosec // balancing, not a secret
		}
		out = append(out, nodes...)
	}
	return out
}

func appendNew(nodes []*registry.Node, node *registry.Node) []*registry.Node {
	if slices.ContainsFunc(nodes, func(n *registry.Node) bool { return n.Id == node.Id }) {
		return nodes
	}
	return append(nodes, node)
}

// sender posts messages, in order to each subscriber, with one lane a subscriber.
type sender struct {
	opts   Options
	limits limits.Limits
	client *http.Client
	ctx    context.Context //nolint:containedctx // the sender's own life: its posts end with it
	cancel context.CancelFunc

	mu     sync.Mutex
	lanes  map[string]*lane    // by URL
	inbox  map[string][][]byte // by topic
	closed bool
	work   sync.WaitGroup
}

func newSender(opts Options) *sender {
	ctx, cancel := context.WithCancel(context.Background())
	transport := &http.Transport{
		MaxIdleConnsPerHost: 2, IdleConnTimeout: connIdle, DisableCompression: true,
		MaxResponseHeaderBytes: int64(max(opts.Limits().HeaderBytes, 0)), // 0 is the library's default
	}
	if opts.TLSConfig != nil {
		transport.TLSClientConfig = opts.TLSConfig.Clone()
	}
	return &sender{
		opts: opts, limits: opts.Limits(), ctx: ctx, cancel: cancel,
		client: &http.Client{Transport: transport, Timeout: postTimeout, CheckRedirect: refuseRedirect},
		lanes:  map[string]*lane{}, inbox: map[string][][]byte{},
	}
}

func refuseRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// keep puts a message by for the topic's first subscriber; the oldest stay, as in v4.
func (s *sender) keep(topic string, body []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.inbox[topic]) < inboxSize {
		s.inbox[topic] = append(s.inbox[topic], body)
	}
}

// post queues a message, and what was kept of its topic, for each node.
func (s *sender) post(topic string, nodes []*registry.Node, body []byte) error {
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
		l := s.lane(node)
		for _, b := range bodies {
			if err := l.offer(b); err != nil {
				failed = append(failed, fmt.Errorf("%s: %w", node.Id, err))
			}
		}
	}
	return errors.Join(failed...)
}

// lane returns the node's lane, called under the lock.
func (s *sender) lane(node *registry.Node) *lane {
	scheme := "http"
	if node.Metadata["secure"] == "true" {
		scheme = "https"
	}
	target := url.URL{Scheme: scheme, Host: node.Address, Path: DefaultPath, RawQuery: url.Values{"id": {node.Id}}.Encode()}
	key := target.String()
	l := s.lanes[key]
	if l == nil {
		l = &lane{sender: s, url: key, node: node.Id}
		s.lanes[key] = l
	}
	return l
}

// close posts what is queued for at most flushTimeout, then gives up the rest.
func (s *sender) close() error {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	done := make(chan struct{})
	go func() { // ends with the lanes, which end at the latest when cancelled
		s.work.Wait()
		close(done)
	}()
	timer := time.NewTimer(flushTimeout)
	defer timer.Stop()
	select {
	case <-done:
	case <-timer.C:
	}
	s.cancel()
	<-done
	s.client.CloseIdleConnections()
	lost := 0
	for _, l := range s.lanes { // nobody else is left
		lost += len(l.queue)
	}
	if lost > 0 {
		return fmt.Errorf("broker http: disconnect: %d messages were not delivered", lost)
	}
	return nil
}

// lane is the queue of one subscriber. Its goroutine runs while there is something to post.
// Lock order: sender.mu, then lane.mu.
type lane struct {
	sender *sender
	url    string
	node   string

	mu      sync.Mutex
	queue   [][]byte
	bytes   int
	running bool
}

func (l *lane) offer(body []byte) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	limit := l.sender.limits
	if limits.Exceeded(len(l.queue)+1, limit.PendingMessages) || limits.Exceeded(l.bytes+len(body), limit.PendingBytes) {
		return ErrSlowConsumer
	}
	l.queue = append(l.queue, body)
	l.bytes += len(body)
	if !l.running {
		l.running = true
		l.sender.work.Go(l.run)
	}
	return nil
}

func (l *lane) run() {
	for !l.retire() {
		l.mu.Lock()
		body := l.queue[0]
		l.mu.Unlock()
		err := l.deliver(body)
		if l.sender.ctx.Err() != nil && err != nil {
			continue // given up by close, which counts it
		}
		if err != nil {
			logger.Slog(l.sender.opts.Logger).Warn("message not delivered", "subscriber", l.node, "error", err)
		}
		l.mu.Lock()
		l.queue[0] = nil
		l.queue = l.queue[1:]
		l.bytes -= len(body)
		l.mu.Unlock()
	}
}

// retire ends the lane's goroutine if there is nothing to do, and forgets an empty lane.
func (l *lane) retire() bool {
	s := l.sender
	s.mu.Lock()
	defer s.mu.Unlock()
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.queue) > 0 && s.ctx.Err() == nil {
		return false
	}
	l.running = false
	if len(l.queue) == 0 {
		delete(s.lanes, l.url)
	}
	return true
}

// deliver posts a message until the subscriber has it or the tries are used up.
func (l *lane) deliver(body []byte) error {
	pause := retryPause
	for try := 1; ; try++ {
		err := l.postOnce(body)
		if err == nil || try == postTries {
			return err
		}
		timer := time.NewTimer(pause)
		select {
		case <-l.sender.ctx.Done():
			timer.Stop()
			return err
		case <-timer.C:
		}
		pause *= 2
	}
}

func (l *lane) postOnce(body []byte) error {
	req, err := http.NewRequestWithContext(l.sender.ctx, http.MethodPost, l.url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := l.sender.client.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	text, _ := io.ReadAll(io.LimitReader(res.Body, 4096)) // only for the error's text
	if res.StatusCode >= http.StatusMultipleChoices {
		return fmt.Errorf("answered %s: %s", res.Status, bytes.TrimSpace(text))
	}
	return nil
}
