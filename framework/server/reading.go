package server

import (
	"context"
	"errors"

	"github.com/microtop/microtop/framework/transport"
)

// A frame that one goroutine reads and another waits for costs the system more than all the rest of it. So the handler of
// the only call on a connection reads the connection itself where it waits for a frame. It holds the reading while it does
// other things, for as long as the watch lets it.

// passTo hands a frame, and the reading of the connection with it, to a handler that waits.
func (s *stream) passTo(body []byte) bool {
	return s.call.conn.unblock != nil && s.in.hand(body, s.hold)
}

// hold makes the handler the one to read on.
func (s *stream) hold() {
	c := s.call.conn
	s.held.Store(c.turn.Add(1))
	if !c.watched.Load() {
		c.wire.watch.add(c)
	}
	if s.over.Load() {
		s.letGo()
	}
}

// holds takes the reading up again, unless the handler never held it or the watch gave it to another.
func (s *stream) holds() bool {
	turn := s.held.Swap(0)
	return turn != 0 && s.call.conn.turn.CompareAndSwap(turn, turn+1)
}

// letGo has another goroutine read on if nobody else would.
func (s *stream) letGo() {
	if s.holds() {
		s.call.conn.readOn()
	}
}

// run serves the stream.
func (s *stream) run() {
	defer func() {
		s.over.Store(true)
		s.letGo()
		s.told.Do(func() {})
		if s.untell != nil {
			s.untell()
		}
	}()
	s.call.run()
}

// take returns the next frame.
func (s *stream) take() ([]byte, error) {
	if s.holds() {
		if body := s.read(); body != nil {
			return body, nil
		}
	}
	return s.in.take(s.ctx)
}

// read reads the connection up to the next frame. It returns nil if the inbox knows more.
func (s *stream) read() []byte {
	c := s.call.conn
	if s.next == nil {
		s.next = new(arrival)
	}
	s.told.Do(func() { s.untell = context.AfterFunc(s.ctx, s.in.callOff) })
	for {
		if !s.in.waits(c.unblock) || s.ctx.Err() != nil {
			s.in.waits(nil)
			s.hold()
			return nil
		}
		err := c.recv(s.next)
		s.in.waits(nil)
		switch {
		case errors.Is(err, transport.ErrWoken):
			continue
		case err != nil:
			c.lose()
			return nil
		}
		in := s.next
		c.mu.Lock()
		mine := c.keys[in.key()] == s.call
		c.mu.Unlock()
		switch {
		case mine && in.errorText == "" && in.Body != nil:
			body := in.Body
			in.Body = nil
			s.hold()
			return body
		case mine:
			s.frame(in.Body, in.errorText)
			in.Body = nil
		default: // somebody else's: the handler is not to wait for it
			s.next = nil
			c.readFrom(in)
			return nil
		}
	}
}
