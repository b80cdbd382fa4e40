package transport

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/microtop/microtop/framework/internal/deadline"
)

// memoryQueue is how many messages wait in each direction before Send blocks.
const memoryQueue = 16

// memoryClients numbers the dialling ends, which have no address otherwise.
var memoryClients atomic.Uint64

type memorySocket struct {
	local, remote string
	timeout       time.Duration
	in            <-chan Message
	out           chan<- Message
	done          chan struct{} // closed by Close
	gone          chan struct{} // the peer's done
	once          sync.Once
	recvBy        deadline.Movable
	sendBy        deadline.Movable
}

var (
	_ Client    = (*memorySocket)(nil)
	_ Deadliner = (*memorySocket)(nil)
)

// memoryPair returns the two ends of a connection to addr.
func memoryPair(addr string, timeout time.Duration) (client, server *memorySocket) {
	up, down := make(chan Message, memoryQueue), make(chan Message, memoryQueue)
	name := fmt.Sprintf("memory:%d", memoryClients.Add(1))
	client = &memorySocket{local: name, remote: addr, timeout: timeout, in: down, out: up, done: make(chan struct{})}
	server = &memorySocket{local: addr, remote: name, timeout: timeout, in: up, out: down, done: make(chan struct{})}
	client.gone, server.gone = server.done, client.done
	return client, server
}

// Recv implements Socket.
func (s *memorySocket) Recv(m *Message) error {
	timeout, stop := s.operation()
	defer stop()
	past := s.recvBy.Passed()
	switch {
	case isClosed(s.done):
		return net.ErrClosed
	case isClosed(past):
		return os.ErrDeadlineExceeded
	}
	select {
	case *m = <-s.in:
		return nil
	case <-s.done:
		return net.ErrClosed
	case <-past:
		return os.ErrDeadlineExceeded
	case <-timeout:
		return os.ErrDeadlineExceeded
	case <-s.gone:
	}
	select { // what the peer sent before it closed
	case *m = <-s.in:
		return nil
	default:
		return io.EOF
	}
}

// Send implements Socket.
func (s *memorySocket) Send(m *Message) error {
	timeout, stop := s.operation()
	defer stop()
	past := s.sendBy.Passed()
	switch {
	case isClosed(s.done):
		return net.ErrClosed
	case isClosed(s.gone):
		return io.ErrClosedPipe
	case isClosed(past):
		return os.ErrDeadlineExceeded
	}
	own := Message{Header: maps.Clone(m.Header), Body: bytes.Clone(m.Body)}
	if own.Header == nil {
		own.Header = map[string]string{}
	}
	select {
	case s.out <- own:
		return nil
	case <-s.done:
		return net.ErrClosed
	case <-s.gone:
		return io.ErrClosedPipe
	case <-past:
		return os.ErrDeadlineExceeded
	case <-timeout:
		return os.ErrDeadlineExceeded
	}
}

// operation returns a channel that says when one Send or Recv has taken too long.
func (s *memorySocket) operation() (<-chan time.Time, func()) {
	if s.timeout <= 0 {
		return nil, func() {}
	}
	timer := time.NewTimer(s.timeout)
	return timer.C, func() { timer.Stop() }
}

// SetDeadline implements Deadliner.
func (s *memorySocket) SetDeadline(t time.Time) error {
	s.recvBy.Set(t)
	s.sendBy.Set(t)
	return nil
}

// Close implements Socket.
func (s *memorySocket) Close() error {
	s.once.Do(func() { close(s.done) })
	return nil
}

// Local implements Socket.
func (s *memorySocket) Local() string { return s.local }

// Remote implements Socket.
func (s *memorySocket) Remote() string { return s.remote }

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}
