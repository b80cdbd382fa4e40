package eventstest

import (
	"time"

	"github.com/microtop/microtop/framework/events"
)

func (s *suite) manual(opts ...events.ConsumeOption) <-chan events.Event {
	s.Helper()
	return s.consume(append(opts, events.WithAutoAck(false, s.caps.Unit))...)
}

func acknowledged(s *suite) {
	c := s.manual()
	s.publish(0)
	e := s.want(c, "0")
	s.ack(e)
	s.ack(e)
	s.wantNone(c, 2*s.caps.Unit)
}

func unacknowledged(s *suite) {
	c := s.manual()
	s.publish(0)
	start := time.Now()
	first := s.want(c, "0")
	again := s.want(c, "0")
	if waited := time.Since(start); waited < s.caps.Unit {
		s.Errorf("it came again after %v, want %v", waited, s.caps.Unit)
	}
	if first.ID != again.ID {
		s.Errorf("it came again as %s, was %s", again.ID, first.ID)
	}
	s.ack(again)
	s.wantNone(c, 2*s.caps.Unit)
}

func refusedByConsumer(s *suite) {
	c := s.consume(events.WithAutoAck(false, time.Minute))
	s.publish(0)
	if err := s.want(c, "0").Nack(); err != nil {
		s.Fatalf("Nack: %v", err)
	}
	s.ack(s.want(c, "0"))
	s.publish(1)
	s.ack(s.want(c, "1"))
}

func retryLimit(s *suite) {
	c := s.manual(events.WithRetryLimit(2))
	s.publish(0)
	for range 3 {
		s.want(c, "0")
	}
	s.wantNone(c, 2*s.caps.Unit)
	s.publish(1)
	for range 3 {
		if err := s.want(c, "1").Nack(); err != nil {
			s.Fatalf("Nack: %v", err)
		}
	}
	s.wantNone(c, 2*s.caps.Unit)
	once := s.manual(events.WithRetryLimit(0))
	s.publish(2)
	s.want(once, "2")
	s.wantNone(once, 2*s.caps.Unit)
}
