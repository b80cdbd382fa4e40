package grpc_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/microtop/microtop/framework/limits"
	"github.com/microtop/microtop/framework/transport"
	"github.com/microtop/microtop/framework/transport/grpc"
)

const patience = 5 * time.Second

// listen runs fn for each connection until the test ends, and returns the address.
func listen(t *testing.T, tr transport.Transport, fn func(transport.Socket)) string {
	t.Helper()
	l, err := tr.Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- l.Accept(fn) }()
	t.Cleanup(func() {
		if err := errors.Join(l.Close(), <-ended); err != nil {
			t.Error(err)
		}
	})
	return l.Addr()
}

func dial(t *testing.T, tr transport.Transport, addr string) transport.Client {
	t.Helper()
	c, err := tr.Dial(addr, transport.WithTimeout(patience))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() }) // often closed already
	if err := c.(transport.Deadliner).SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	return c
}

func echo(s transport.Socket) {
	for {
		var m transport.Message
		if s.Recv(&m) != nil || s.Send(&m) != nil {
			return
		}
	}
}

func TestWhatIsOverTheLimitsIsRefusedByName(t *testing.T) {
	addr := listen(t, grpc.NewTransport(transport.WithLimits(limits.Limits{MessageBytes: 1000, HeaderBytes: 500, Headers: 3})), echo)
	for name, c := range map[string]struct {
		message transport.Message
		err     string // "" for none
	}{
		"within":         {transport.Message{Header: map[string]string{"A": "1", "B": "2", "C": "3"}, Body: make([]byte, 1000)}, ""},
		"a long body":    {transport.Message{Body: make([]byte, 1001)}, "limit of 1000"},
		"a huge body":    {transport.Message{Body: make([]byte, 100_000)}, "larger than max"},
		"long headers":   {transport.Message{Header: map[string]string{"A": strings.Repeat("x", 501)}}, "headers"},
		"many headers":   {transport.Message{Header: map[string]string{"A": "", "B": "", "C": "", "D": ""}}, "headers"},
		"no UTF-8":       {transport.Message{Header: map[string]string{"A": "\xff"}}, "not UTF-8"},
		"no UTF-8 names": {transport.Message{Header: map[string]string{"\xff": "A"}}, "not UTF-8"},
	} {
		t.Run(name, func(t *testing.T) {
			conn := dial(t, grpc.NewTransport(), addr)
			err := conn.Send(&c.message)
			if err == nil {
				err = conn.Recv(new(transport.Message))
			}
			if c.err == "" && err != nil || c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err)) {
				t.Errorf("error %v, want %q", err, c.err)
			}
		})
	}
}

func TestTooManyConnectionsAreToldSo(t *testing.T) {
	server := grpc.NewTransport(transport.WithLimits(limits.Limits{Conns: 1}))
	addr := listen(t, server, echo)
	first := dial(t, grpc.NewTransport(), addr)
	if err := errors.Join(first.Send(&transport.Message{}), first.Recv(new(transport.Message))); err != nil {
		t.Fatal(err)
	}
	c, err := grpc.NewTransport().Dial(addr, transport.WithTimeout(100*time.Millisecond))
	if err == nil {
		_ = c.Close() // the error is that it exists
		t.Fatal("a second connection is served")
	}
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("the second one: %v", err)
	}
}

func TestAnIdleConnectionEndsUnlessItIsBusy(t *testing.T) {
	t.Parallel()
	const idle = 300 * time.Millisecond
	for _, busy := range []bool{false, true} {
		t.Run(fmt.Sprintf("busy %v", busy), func(t *testing.T) {
			free := make(chan struct{})
			addr := listen(t, grpc.NewTransport(transport.WithLimits(limits.Limits{IdleTimeout: idle})), func(s transport.Socket) {
				s.(transport.Idler).SetBusy(busy)
				if busy {
					<-free
				}
				_ = s.Recv(new(transport.Message)) // the client tells
			})
			c := dial(t, grpc.NewTransport(), addr)
			if busy {
				if err := c.(transport.Deadliner).SetDeadline(time.Now().Add(3 * idle)); err != nil {
					t.Fatal(err)
				}
			}
			err := c.Recv(new(transport.Message))
			if want := map[bool]error{false: io.EOF, true: os.ErrDeadlineExceeded}[busy]; !errors.Is(err, want) {
				t.Errorf("got %v, want %v", err, want)
			}
			close(free)
			_ = c.Close() // which ends a server that waits
		})
	}
}

func TestTimeoutBoundsEachSendAndRecv(t *testing.T) {
	stop := make(chan struct{})
	addr := listen(t, grpc.NewTransport(), func(transport.Socket) { <-stop }) // takes nothing
	defer close(stop)
	tr := grpc.NewTransport(transport.Timeout(50 * time.Millisecond))
	if err := dial(t, tr, addr).Recv(new(transport.Message)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("recv: %v", err)
	}
	c := dial(t, tr, addr)
	var err error
	for err == nil { // until the windows are full
		err = c.Send(&transport.Message{Body: make([]byte, 1<<20)})
	}
	if !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("send: %v", err)
	}
}

func TestADeadlineEndsASendThatRuns(t *testing.T) {
	stop := make(chan struct{})
	addr := listen(t, grpc.NewTransport(), func(transport.Socket) { <-stop })
	defer close(stop)
	c := dial(t, grpc.NewTransport(), addr)
	if err := c.(transport.Deadliner).SetDeadline(time.Now().Add(50 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	var err error
	for err == nil {
		err = c.Send(&transport.Message{Body: make([]byte, 1<<20)})
	}
	if !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("send: %v", err)
	}
}

func TestDialErrorsSayWhy(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := grpc.NewTransport().Dial(addr); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("nobody listens: %v", err)
	}
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = silent.Close() }() // it was only to be there
	if _, err := grpc.NewTransport().Dial(silent.Addr().String(), transport.WithTimeout(50*time.Millisecond)); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("nobody answers: %v", err)
	}
	through := errors.New("no way through")
	tr := grpc.NewTransport(transport.WithDialer(func(context.Context, string, string) (net.Conn, error) { return nil, through }))
	if _, err := tr.Dial(addr); !errors.Is(err, through) {
		t.Errorf("a dialer that fails: %v", err)
	}
}

// TLS is verified unless that is switched off by name; package client/grpc has the whole matrix.
func TestS14_TLSIsVerified(t *testing.T) {
	addr := listen(t, grpc.NewTransport(transport.Secure(true)), echo)
	if c, err := grpc.NewTransport(transport.Secure(true)).Dial(addr, transport.WithTimeout(patience)); err == nil || !strings.Contains(err.Error(), "certificate") {
		if err == nil {
			_ = c.Close() // the error is that it exists
		}
		t.Errorf("a certificate that nobody signed: %v", err)
	}
	c := dial(t, grpc.NewTransport(transport.Secure(true), transport.Insecure()), addr)
	want := []byte("secret")
	var got transport.Message
	if err := errors.Join(c.Send(&transport.Message{Body: want}), c.Recv(&got)); err != nil || !bytes.Equal(got.Body, want) {
		t.Errorf("%q, %v", got.Body, err)
	}
	config := &tls.Config{MaxVersion: tls.VersionTLS11, InsecureSkipVerify: true}
	if c, err := grpc.NewTransport(transport.TLSConfig(config)).Dial(addr, transport.WithTimeout(patience)); err == nil {
		_ = c.Close() // the error is that it exists
		t.Error("TLS 1.1 was taken")
	}
}
