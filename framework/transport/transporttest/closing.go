package transporttest

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"runtime"
	"testing"
	"time"

	"github.com/microtop/microtop/framework/transport"
)

func (s suite) closeUnblocks(t *testing.T) {
	tr := s.open(t)
	ended := make(chan error, 1)
	ready := make(chan struct{})
	l := s.serve(t, tr, func(socket transport.Socket) {
		var m transport.Message
		if err := socket.Recv(&m); err != nil {
			t.Errorf("recv: %v", err)
		}
		close(ready)
		ended <- socket.Recv(&m)
	})
	c := s.dial(t, tr, l.Addr())
	if err := c.Send(&transport.Message{Body: []byte("x")}); err != nil {
		t.Fatal(err)
	}
	<-ready
	own := make(chan error, 1)
	go func() {
		var m transport.Message
		own <- c.Recv(&m)
	}()
	if err := c.Close(); err != nil {
		t.Errorf("close: %v", err)
	}
	within(t, "recv after close", func() {
		if err := <-own; !errors.Is(err, net.ErrClosed) {
			t.Errorf("this side's recv: %v, want net.ErrClosed", err)
		}
		if err := <-ended; !errors.Is(err, io.EOF) {
			t.Errorf("the peer's recv: %v, want io.EOF", err)
		}
	})
	if err := c.Send(&transport.Message{}); err == nil {
		t.Error("send on a closed connection succeeds")
	}
}

func (s suite) closeUnblocksSend(t *testing.T) {
	tr := s.open(t)
	stop := make(chan struct{})
	l := s.serve(t, tr, func(transport.Socket) { <-stop }) // takes nothing
	defer close(stop)
	c := s.dial(t, tr, l.Addr())
	ended := make(chan struct{})
	sending := make(chan struct{}, 1)
	go func() {
		defer close(ended)
		body := make([]byte, 1<<20)
		for {
			select {
			case sending <- struct{}{}:
			default:
			}
			if err := c.Send(&transport.Message{Body: body}); err != nil {
				return
			}
		}
	}()
	<-sending
	if err := c.Close(); err != nil {
		t.Errorf("close: %v", err)
	}
	within(t, "send after close", func() { <-ended })
}

func (s suite) closeAgain(t *testing.T) {
	tr := s.open(t)
	l := s.serve(t, tr, echo)
	c := s.dial(t, tr, l.Addr())
	for range 2 {
		if err := c.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
		if err := l.Close(); err != nil {
			t.Errorf("close the listener: %v", err)
		}
	}
}

func (s suite) lastWords(t *testing.T) {
	tr := s.open(t)
	l := s.serve(t, tr, func(socket transport.Socket) {
		var m transport.Message
		if err := socket.Recv(&m); err != nil {
			t.Errorf("recv: %v", err)
		}
		for i := range 10 {
			if err := socket.Send(&transport.Message{Body: fmt.Append(nil, i)}); err != nil {
				t.Errorf("send: %v", err)
			}
		}
	})
	c := s.dial(t, tr, l.Addr())
	within(t, "the last words", func() {
		if err := c.Send(&transport.Message{Body: []byte("go")}); err != nil {
			t.Error(err)
		}
		for i := range 10 {
			var m transport.Message
			if err := c.Recv(&m); err != nil || string(m.Body) != fmt.Sprint(i) {
				t.Errorf("message %d: %q, %v", i, m.Body, err)
			}
		}
		var m transport.Message
		if err := c.Recv(&m); !errors.Is(err, io.EOF) {
			t.Errorf("after the last message: %v, want io.EOF", err)
		}
	})
}

func (s suite) deadline(t *testing.T) {
	c := s.echo(t)
	bounded, ok := c.(transport.Deadliner)
	if !ok {
		t.Skip("the sockets are no Deadliner")
	}
	roundTrip(t, c, &transport.Message{Body: []byte("x")})
	for _, wait := range []time.Duration{20 * time.Millisecond, -time.Second} {
		if err := bounded.SetDeadline(time.Now().Add(wait)); err != nil {
			t.Fatal(err)
		}
		within(t, "recv past its deadline", func() {
			var m transport.Message
			if err := c.Recv(&m); !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("recv: %v, want os.ErrDeadlineExceeded", err)
			}
		})
	}
	waiting := make(chan error, 1)
	if err := bounded.SetDeadline(time.Time{}); err != nil {
		t.Fatal(err)
	}
	go func() {
		var m transport.Message
		waiting <- c.Recv(&m)
	}()
	if err := bounded.SetDeadline(time.Now()); err != nil {
		t.Fatal(err)
	}
	within(t, "recv whose deadline was moved", func() {
		if err := <-waiting; !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("recv: %v, want os.ErrDeadlineExceeded", err)
		}
	})
	if err := bounded.SetDeadline(time.Time{}); err != nil {
		t.Fatal(err)
	}
	if got := roundTrip(t, c, &transport.Message{Body: []byte("again")}); string(got.Body) != "again" {
		t.Errorf("after the deadline was lifted: %q", got.Body)
	}
}

func (s suite) leavesNothing(t *testing.T) {
	before, files := runtime.NumGoroutine(), openFiles()
	t.Run("use", func(t *testing.T) {
		tr := s.open(t)
		l := s.serve(t, tr, echo)
		for range 20 {
			c := s.dial(t, tr, l.Addr())
			roundTrip(t, c, &transport.Message{Body: []byte("x")})
		}
	})
	end := time.Now().Add(patience)
	for runtime.NumGoroutine() > before || openFiles() > files {
		if time.Now().After(end) {
			t.Fatalf("%d goroutines and %d files before, %d and %d after", before, files, runtime.NumGoroutine(), openFiles())
		}
		time.Sleep(time.Millisecond)
	}
}

// openFiles is the number of open files, 0 where the system does not tell.
func openFiles() int {
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return 0
	}
	return len(entries)
}
