package eventstest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/microtop/microtop/framework/events"
)

func whole(s *suite) {
	c := s.consume()
	moment := time.Now().Add(-time.Hour).Truncate(time.Microsecond)
	s.publish(map[string]int{"a": 1}, events.WithMetadata(map[string]string{"k": "v"}), events.WithTimestamp(moment))
	e := s.next(c)
	if e.Topic != s.topic || e.ID == "" || !e.Timestamp.Equal(moment) || e.Metadata["k"] != "v" {
		s.Errorf("the event is %+v", e)
	}
	var got map[string]int
	if err := e.Unmarshal(&got); err != nil || got["a"] != 1 {
		s.Errorf("Unmarshal = %v, %v", got, err)
	}
	before := time.Now().Add(-time.Second)
	s.publish("x")
	if other := s.next(c); other.ID == e.ID || other.Timestamp.Before(before) || time.Until(other.Timestamp) > time.Second {
		s.Errorf("the event is %+v", other)
	}
	s.ack(e) // does nothing, as events of this consumer are acknowledged by themselves
}

func payloads(s *suite) {
	c := s.consume()
	for _, p := range []struct {
		msg  any
		want string
	}{{[]byte("\x00raw"), "\x00raw"}, {"text", `"text"`}, {7, "7"}, {nil, "null"}, {struct{ A string }{"b"}, `{"A":"b"}`}, {[]byte{}, ""}} {
		s.publish(p.msg)
		s.want(c, p.want)
	}
}

func refused(s *suite) {
	if err := s.stream.Publish(s.topic, func() {}); !errors.Is(err, events.ErrEncodingMessage) {
		s.Errorf("Publish = %v, want %v", err, events.ErrEncodingMessage)
	}
	if err := s.stream.Publish("", "x"); !errors.Is(err, events.ErrMissingTopic) {
		s.Errorf("Publish = %v, want %v", err, events.ErrMissingTopic)
	}
	if _, err := s.stream.Consume(""); !errors.Is(err, events.ErrMissingTopic) {
		s.Errorf("Consume = %v, want %v", err, events.ErrMissingTopic)
	}
}

func ordered(s *suite) {
	c := s.consume()
	s.publishMany(200)
	for i := range 200 {
		s.want(c, fmt.Sprint(i))
	}
}

func groups(s *suite) {
	all, one, two := s.consume(), s.consume(events.WithGroup("g")), s.consume(events.WithGroup("g"))
	other := s.consume(events.WithGroup("h"))
	s.publishMany(20)
	for i := range 20 {
		s.want(all, fmt.Sprint(i))
		s.want(other, fmt.Sprint(i))
	}
	var shared []string
	for range 20 {
		select {
		case e := <-one:
			shared = append(shared, string(e.Payload))
		case e := <-two:
			shared = append(shared, string(e.Payload))
		case <-time.After(s.caps.Within):
			s.Fatalf("the group got only %v", shared)
		}
	}
	slices.Sort(shared)
	if got := len(slices.Compact(shared)); got != 20 {
		s.Errorf("the group got %d different events, want 20: %v", got, shared)
	}
	s.wantNone(one, s.caps.Unit)
	s.wantNone(two, s.caps.Unit)
}

func topics(s *suite) {
	c := s.consume()
	if err := s.stream.Publish(s.topic+"-other", "x"); err != nil {
		s.Fatal(err)
	}
	s.publish("mine")
	s.want(c, `"mine"`)
	s.wantNone(c, s.caps.Unit)
}

func offsets(s *suite) {
	start := time.Now()
	for i := range 3 {
		s.publish(i, events.WithTimestamp(start.Add(time.Duration(i-10)*time.Minute)))
	}
	now, since, all := s.consume(), s.consume(events.WithOffset(start.Add(-9*time.Minute))), s.consume(events.WithOffset(start.Add(-time.Hour)))
	s.publish(3)
	s.want(now, "3")
	for _, want := range []string{"1", "2", "3"} {
		s.want(since, want)
	}
	for _, want := range []string{"0", "1", "2", "3"} {
		s.want(all, want)
	}
}

func resumed(s *suite) {
	s.needsContext()
	ctx, cancel := context.WithCancel(context.Background())
	c := s.consume(events.WithGroup("g"), events.WithContext(ctx))
	s.publish(0)
	s.want(c, "0")
	cancel()
	s.wantClosed(c)
	s.publish(1)
	s.publish(2)
	c = s.consume(events.WithGroup("g"))
	s.want(c, "1")
	s.want(c, "2")
}

func slowConsumer(s *suite) {
	slow, quick := s.consume(), s.consume()
	_ = slow
	s.publishMany(500)
	for i := range 500 {
		s.want(quick, fmt.Sprint(i))
	}
}

func notAliased(s *suite) {
	one, two := s.consume(), s.consume()
	payload, metadata := []byte("value"), map[string]string{"k": "v"}
	s.publish(payload, events.WithMetadata(metadata))
	payload[0], metadata["k"] = 'X', "changed"
	e := s.want(one, "value")
	e.Payload[0], e.Metadata["k"] = 'Y', "changed"
	if e := s.want(two, "value"); e.Metadata["k"] != "v" {
		s.Errorf("metadata: %v", e.Metadata)
	}
}

func (s *suite) needsContext() {
	s.Helper()
	if !s.caps.Context {
		s.Skip("consumers of this stream end with the stream only")
	}
}

func (s *suite) wantClosed(c <-chan events.Event) {
	s.Helper()
	for deadline := time.After(s.caps.Within); ; {
		select {
		case _, open := <-c:
			if !open {
				return
			}
		case <-deadline:
			s.Fatal("the channel stays open")
		}
	}
}

func contextEnds(s *suite) {
	s.needsContext()
	ctx, cancel := context.WithCancel(context.Background())
	waiting, unread := s.consume(events.WithContext(ctx)), s.consume(events.WithContext(ctx))
	other := s.consume()
	s.publish(0)
	s.want(waiting, "0")
	cancel()
	s.wantClosed(waiting)
	s.wantClosed(unread)
	s.publish(1)
	s.want(other, "0")
	s.want(other, "1")
}
