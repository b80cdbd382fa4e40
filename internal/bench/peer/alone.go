package main

import (
	"context"
	"io"
	"net"
	"strings"
	"sync"

	"google.golang.org/protobuf/proto"

	"github.com/microtop/microtop/internal/bench"
)

// alone is the bytes of mucp with nothing around them: one write and one read a message at each end, a connection for each
// caller, nothing parsed but the message. What it costs no framework can save.
type alone struct{}

// The lengths are those of the heads of a call for 32 bytes and of its answer as this framework sends them (docs/wire.md
// §2), of which nobody reads a word here.
const (
	requestHead = 234
	answerHead  = 103
)

// Serve implements System.
func (alone) Serve() (string, func(), error) {
	l, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	var group sync.WaitGroup
	group.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return // it was closed
			}
			group.Go(func() {
				defer c.Close()
				echo(c)
			})
		}
	})
	return l.Addr().String(), func() { _ = l.Close(); group.Wait() }, nil
}

// echo answers until the peer is gone.
func echo(c net.Conn) {
	in, out := make([]byte, 4096), []byte(strings.Repeat("x", answerHead))
	for {
		n, err := io.ReadAtLeast(c, in, requestHead+1)
		if err != nil {
			return
		}
		if _, err := c.Write(append(out[:answerHead], in[requestHead:n]...)); err != nil {
			return
		}
	}
}

// Dial implements System.
func (alone) Dial(address string) (bench.Caller, error) { return &aloneCaller{address: address}, nil }

type aloneCaller struct {
	address string

	mu   sync.Mutex
	idle []*aloneStream
}

// Unary implements Caller.
func (a *aloneCaller) Unary(ctx context.Context, req, rsp *bench.Message) error {
	s, err := a.take(ctx)
	if err != nil {
		return err
	}
	defer a.keep(s)
	if err := s.Send(req); err != nil {
		return err
	}
	return s.Recv(rsp)
}

func (a *aloneCaller) take(ctx context.Context) (*aloneStream, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if last := len(a.idle) - 1; last >= 0 {
		s := a.idle[last]
		a.idle = a.idle[:last]
		return s, nil
	}
	c, err := new(net.Dialer).DialContext(ctx, "tcp", a.address)
	return &aloneStream{c: c, in: make([]byte, 4096), out: []byte(strings.Repeat("x", requestHead))}, err
}

func (a *aloneCaller) keep(s *aloneStream) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.idle = append(a.idle, s)
}

// Download implements Caller: it refuses.
func (*aloneCaller) Download(context.Context, int, int) (bench.Stream, error) {
	return nil, bench.ErrNoStreams
}

// Exchange implements Caller.
func (a *aloneCaller) Exchange(ctx context.Context) (bench.Stream, error) { return a.take(ctx) }

// Close implements Caller.
func (a *aloneCaller) Close() error {
	for _, s := range a.idle {
		_ = s.Close()
	}
	return nil
}

// aloneStream is a connection, used by one caller at a time.
type aloneStream struct {
	c       net.Conn
	in, out []byte
}

// Send implements Stream.
func (s *aloneStream) Send(m *bench.Message) error {
	out, err := proto.MarshalOptions{}.MarshalAppend(s.out[:requestHead], m)
	if err != nil {
		return err
	}
	_, err = s.c.Write(out)
	return err
}

// Recv implements Stream.
func (s *aloneStream) Recv(m *bench.Message) error {
	n, err := io.ReadAtLeast(s.c, s.in, answerHead+1)
	if err != nil {
		return err
	}
	return proto.Unmarshal(s.in[answerHead:n], m)
}

// Close implements Stream.
func (s *aloneStream) Close() error { return s.c.Close() }
