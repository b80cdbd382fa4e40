// Package eventstest is the contract of events.Stream and events.Store as tests. Every implementation runs it, with [Run]
// and [RunStore].
package eventstest

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/microtop/microtop/framework/events"
)

// Caps says what an implementation can do beyond, or less than, the interface.
type Caps struct {
	Context bool          // events.WithContext ends a consumer
	Unit    time.Duration // the shortest time the suite waits for an acknowledgement; zero is 100 ms
	Within  time.Duration // how long an event may take to come; zero is 5 s
}

// suite is one run of one rule: a stream of its own and a topic that no other run uses.
type suite struct {
	*testing.T
	caps   Caps
	stream events.Stream
	topic  string
}

// Run holds the streams that open returns against the contract, one rule a subtest. What open opens it closes itself
// (t.Cleanup). The streams may share a server: topics are never used twice.
func Run(t *testing.T, open func(t *testing.T) events.Stream, caps Caps) {
	t.Helper()
	if caps.Unit == 0 {
		caps.Unit = 100 * time.Millisecond
	}
	if caps.Within == 0 {
		caps.Within = 5 * time.Second
	}
	rules := []struct {
		rule string
		hold func(*suite)
	}{
		{"an event comes with all it was published with", whole},
		{"bytes are the payload as they are, anything else is its JSON", payloads},
		{"what has no JSON form gives ErrEncodingMessage, and no topic ErrMissingTopic", refused},
		{"events come in the order they were published", ordered},
		{"a consumer without a group gets all events, a group gets each once", groups},
		{"a consumer of one topic hears of no other", topics},
		{"without an offset come events from now on, with one those since then", offsets},
		{"a group goes on where it was when a consumer comes back", resumed},
		{"an event that is acknowledged does not come again", acknowledged},
		{"an event that is not acknowledged comes again after the wait", unacknowledged},
		{"an event that is refused comes again at once", refusedByConsumer},
		{"an event comes once more than the retry limit, at most", retryLimit},
		{"a consumer that does not read holds neither the publisher nor the others", slowConsumer},
		{"the caller may change the message after Publish and what it got", notAliased},
		{"a consumer ends with its context and its channel is closed", contextEnds},
	}
	for _, r := range rules {
		t.Run(r.rule, func(t *testing.T) {
			r.hold(&suite{T: t, caps: caps, stream: open(t), topic: "suite-" + uuid.NewString()})
		})
	}
}

func (s *suite) publish(msg any, opts ...events.PublishOption) {
	s.Helper()
	if err := s.stream.Publish(s.topic, msg, opts...); err != nil {
		s.Fatalf("Publish: %v", err)
	}
}

func (s *suite) consume(opts ...events.ConsumeOption) <-chan events.Event {
	s.Helper()
	c, err := s.stream.Consume(s.topic, opts...)
	if err != nil {
		s.Fatalf("Consume: %v", err)
	}
	return c
}

func (s *suite) next(c <-chan events.Event) *events.Event {
	s.Helper()
	select {
	case e, open := <-c:
		if !open {
			s.Fatal("the channel is closed")
		}
		return &e
	case <-time.After(s.caps.Within):
		s.Fatalf("no event within %v", s.caps.Within)
	}
	return nil
}

func (s *suite) want(c <-chan events.Event, payload string) *events.Event {
	s.Helper()
	e := s.next(c)
	if string(e.Payload) != payload {
		s.Fatalf("the event is %s, want %s", e.Payload, payload)
	}
	return e
}

func (s *suite) wantNone(c <-chan events.Event, during time.Duration) {
	s.Helper()
	select {
	case e, open := <-c:
		s.Fatalf("an event came (%v): %s", open, e.Payload)
	case <-time.After(during):
	}
}

func (s *suite) ack(e *events.Event) {
	s.Helper()
	if err := e.Ack(); err != nil {
		s.Fatalf("Ack: %v", err)
	}
}

// publishMany publishes the numbers from 0 to n-1.
func (s *suite) publishMany(n int) {
	s.Helper()
	for i := range n {
		s.publish([]byte(fmt.Sprint(i)))
	}
}
