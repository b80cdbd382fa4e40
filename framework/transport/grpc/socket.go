package grpc

import (
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/microtop/microtop/framework/internal/deadline"
	wire "github.com/microtop/microtop/framework/internal/grpc"
	"github.com/microtop/microtop/framework/limits"
	"github.com/microtop/microtop/framework/transport"
)

// stream is what both ends of a gRPC stream have.
type stream interface {
	SendMsg(any) error
	RecvMsg(any) error
}

// socket is what both ends of a connection have in common.
type socket struct {
	stream        stream
	local, remote string
	limits        limits.Limits
	timeout       time.Duration // of each Send and Recv; none if not positive

	by      deadline.Movable
	done    chan struct{} // closed by Close
	once    sync.Once
	end     func() // makes the stream's calls return
	late    atomic.Bool
	sending chan struct{} // holds the right to send
	writing atomic.Bool
	touch   func() // after each message; nil for nothing

	reader   sync.Once
	incoming chan transport.Message // closed by the reader after the last message
	failed   error                  // why it was closed
}

func (s *socket) init(conn stream, o transport.Options) {
	s.stream, s.limits, s.timeout = conn, o.Limits(), o.Timeout
	s.done, s.sending, s.incoming = make(chan struct{}), make(chan struct{}, 1), make(chan transport.Message)
	s.by.Then = s.cutShort
}

// Local implements transport.Socket.
func (s *socket) Local() string { return s.local }

// Remote implements transport.Socket.
func (s *socket) Remote() string { return s.remote }

// SetDeadline implements transport.Deadliner.
func (s *socket) SetDeadline(t time.Time) error {
	s.by.Set(t)
	return nil
}

// cutShort ends a Send that is under way when the deadline passes.
func (s *socket) cutShort() {
	if isClosed(s.by.Passed()) && s.writing.Load() {
		s.late.Store(true)
		s.end()
	}
}

// Recv implements transport.Socket.
func (s *socket) Recv(m *transport.Message) error {
	past, timeout, stop := s.bounds()
	defer stop()
	if err := s.ended(past); err != nil {
		return err
	}
	s.reader.Do(func() { go s.read() }) // ends with the stream
	select {
	case next, ok := <-s.incoming:
		switch {
		case ok:
			*m = next
			s.moved()
			return nil
		case isClosed(s.done):
			return net.ErrClosed
		}
		return s.failed
	case <-s.done:
		return net.ErrClosed
	case <-past:
	case <-timeout:
	}
	return os.ErrDeadlineExceeded
}

// read hands on what arrives until the stream is over.
func (s *socket) read() {
	defer close(s.incoming)
	for {
		var frame wire.Frame
		if err := s.stream.RecvMsg(&frame); err != nil {
			s.failed = s.reason(err)
			return
		}
		m, err := decode(frame.Data, s.limits)
		if err != nil {
			s.failed = status.Error(codes.InvalidArgument, err.Error())
			return
		}
		select {
		case s.incoming <- m:
		case <-s.done:
			return
		}
	}
}

// Send implements transport.Socket.
func (s *socket) Send(m *transport.Message) error {
	past, timeout, stop := s.bounds()
	defer stop()
	if err := s.ended(past); err != nil {
		return err
	}
	data, err := encode(m)
	if err != nil {
		return err
	}
	select {
	case s.sending <- struct{}{}:
	case <-s.done:
		return net.ErrClosed
	case <-past:
		return os.ErrDeadlineExceeded
	case <-timeout:
		return os.ErrDeadlineExceeded
	}
	defer func() { <-s.sending }()
	if s.timeout > 0 {
		timer := time.AfterFunc(s.timeout, func() {
			s.late.Store(true)
			s.end()
		})
		defer timer.Stop()
	}
	return s.write(data, past)
}

// write sends while it has the right to.
func (s *socket) write(data []byte, past <-chan struct{}) error {
	s.writing.Store(true)
	defer s.writing.Store(false)
	if err := s.ended(past); err != nil { // it passed before cutShort could know of this one
		return err
	}
	if err := s.stream.SendMsg(&wire.Frame{Data: data}); err != nil {
		if err = s.reason(err); errors.Is(err, io.EOF) {
			return io.ErrClosedPipe
		}
		return err
	}
	s.moved()
	return nil
}

// bounds returns what ends one Send or Recv; stop releases them.
func (s *socket) bounds() (past <-chan struct{}, timeout <-chan time.Time, stop func()) {
	if s.timeout <= 0 {
		return s.by.Passed(), nil, func() {}
	}
	timer := time.NewTimer(s.timeout)
	return s.by.Passed(), timer.C, func() { timer.Stop() }
}

// ended says why nothing can be sent or received any more; nil if it can.
func (s *socket) ended(past <-chan struct{}) error {
	switch {
	case isClosed(s.done):
		return net.ErrClosed
	case isClosed(past):
		return os.ErrDeadlineExceeded
	}
	return nil
}

func (s *socket) moved() {
	if s.touch != nil {
		s.touch()
	}
}

// reason makes gRPC's error that of a connection: a peer that goes away has closed it, in whatever manner it went.
func (s *socket) reason(err error) error {
	switch code := status.Code(err); {
	case isClosed(s.done):
		return net.ErrClosed
	case s.late.Load():
		return os.ErrDeadlineExceeded
	case errors.Is(err, io.EOF), code == codes.Canceled, code == codes.Unavailable:
		return io.EOF
	case code == codes.Internal && strings.Contains(err.Error(), io.ErrUnexpectedEOF.Error()):
		return io.ErrUnexpectedEOF
	}
	return err
}

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}
