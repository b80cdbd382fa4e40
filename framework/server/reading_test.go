package server_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/microtop/microtop/framework/server"
	"github.com/microtop/microtop/framework/server/servertest/fleet"
	"github.com/microtop/microtop/framework/transport"
)

// Mirror has streams that answer each frame.
type Mirror struct{ ended chan error }

func newMirror() *Mirror { return &Mirror{ended: make(chan error, 8)} }

// Run answers each frame.
func (m *Mirror) Run(_ context.Context, s server.Stream) error { return m.run(s, 0) }

// Slow takes as many milliseconds for each as it says: longer than a connection waits for.
func (m *Mirror) Slow(_ context.Context, s server.Stream) error { return m.run(s, time.Millisecond) }

func (m *Mirror) run(s server.Stream, pause time.Duration) error {
	for {
		v := new(fleet.Value)
		err := s.Recv(v)
		if err == nil {
			time.Sleep(time.Duration(v.GetValue()) * pause)
			err = s.Send(v)
		}
		if err != nil {
			m.ended <- err
			if errors.Is(err, io.EOF) {
				return nil
			}
			return err
		}
	}
}

// Leave returns when three frames have come, while a goroutine of its waits for more.
func (m *Mirror) Leave(_ context.Context, s server.Stream) error {
	third := make(chan struct{})
	go func() {
		for i := 0; ; i++ {
			if err := s.Recv(new(fleet.Value)); err != nil {
				m.ended <- err
				return
			}
			if i == 2 {
				close(third)
			}
		}
	}()
	<-third
	return nil
}

func stream(method, id string, more ...string) []string {
	return append([]string{"Micro-Endpoint: Mirror." + method, "Micro-Id: " + id, "Micro-Stream: " + id}, more...)
}

// echo sends a frame and expects it back.
func echo(t *testing.T, p *peer, i int, headers []string) {
	t.Helper()
	body := fmt.Sprintf("{\"value\":%d}\n", i)
	p.write(post(body, headers...))
	if f, _ := p.read(); f.Body != body {
		t.Fatalf("frame %d: %+v", i, f)
	}
}

// served expects that a call on the connection is answered.
func served(t *testing.T, p *peer) {
	t.Helper()
	p.write(post(`{"name":"x"}`, "Micro-Endpoint: Greeter.Hello", "Micro-Id: call"))
	if f, _ := p.read(); f.ID != "call" || f.Error != "" {
		t.Fatalf("a call beside a stream: %+v", f)
	}
}

// overdue expects that the server tells of the deadline, or that the handler was first to.
func overdue(t *testing.T, p *peer) {
	t.Helper()
	if f, _ := p.read(); !strings.Contains(f.Error, `"code":408`) && f.Error != context.DeadlineExceeded.Error() {
		t.Errorf("the deadline: %+v", f)
	}
}

func ended(t *testing.T, m *Mirror) error {
	t.Helper()
	select {
	case err := <-m.ended:
		return err
	case <-time.After(5 * time.Second):
		t.Fatal("the handler still waits for a frame")
		return nil
	}
}

// A handler that reads its connection itself leaves everything else on the connection as it was.
func TestStreamsThatReadTheirConnection(t *testing.T) {
	for name, check := range map[string]func(*testing.T, *peer, *Mirror){
		"frames come in order": func(t *testing.T, p *peer, m *Mirror) {
			s := stream("Run", "1")
			p.write(post("", s...))
			for i := 1; i < 200; i++ {
				echo(t, p, i, s)
			}
			p.write(post("", append(s, "Micro-Error: EOS")...))
			if f, _ := p.read(); f.Error != "EOS" {
				t.Errorf("the end: %+v", f)
			}
			served(t, p)
		},
		"frames that come at once too": func(t *testing.T, p *peer, m *Mirror) {
			s := stream("Run", "1")
			p.write(post("", s...))
			echo(t, p, 1, s)
			var all []byte
			for i := 2; i < 300; i++ {
				all = append(all, post(fmt.Sprintf(`{"value":%d}`, i), s...)...)
			}
			p.write(all)
			for i := 2; i < 300; i++ {
				if f, _ := p.read(); f.Body != fmt.Sprintf("{\"value\":%d}\n", i) {
					t.Fatalf("frame %d: %+v", i, f)
				}
			}
		},
		"calls and streams beside it": func(t *testing.T, p *peer, m *Mirror) {
			s, other := stream("Run", "1"), stream("Run", "2")
			p.write(post("", s...))
			for i := 1; i < 20; i++ {
				echo(t, p, i, s)
				served(t, p)
			}
			p.write(post("", other...))
			for i := 1; i < 20; i++ {
				echo(t, p, i, s)
				echo(t, p, i, other)
			}
		},
		"a slow handler": func(t *testing.T, p *peer, m *Mirror) {
			s := stream("Slow", "1")
			p.write(post("", s...))
			for i := 10; i < 15; i++ {
				echo(t, p, i, s)
			}
			p.write(post(`{"value":2000}`, s...))
			served(t, p) // before the frame
			if f, _ := p.read(); f.Body != "{\"value\":2000}\n" {
				t.Errorf("the frame: %+v", f)
			}
		},
		"its deadline": func(t *testing.T, p *peer, m *Mirror) {
			s := stream("Run", "1", "Timeout: 1000000000")
			p.write(post("", s...))
			for i := 1; i < 5; i++ {
				echo(t, p, i, s)
			}
			overdue(t, p)
			if err := ended(t, m); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("the handler got %v", err)
			}
			served(t, p)
		},
		"its deadline when half a frame has come": func(t *testing.T, p *peer, m *Mirror) {
			s := stream("Run", "1", "Timeout: 1000000000")
			p.write(post("", s...))
			for i := 1; i < 5; i++ {
				echo(t, p, i, s)
			}
			half := post(`{"value":5}`, s...)
			p.write(half[:len(half)-4])
			overdue(t, p)
			p.write(half[len(half)-4:])
			ended(t, m)
			served(t, p)
		},
		"a goroutine of a handler that is gone": func(t *testing.T, p *peer, m *Mirror) {
			s := stream("Leave", "1")
			p.write(post("", s...))
			for i := range 3 {
				p.write(post(fmt.Sprintf(`{"value":%d}`, i+1), s...))
				time.Sleep(time.Millisecond)
			}
			if f, _ := p.read(); f.Error != "EOS" {
				t.Errorf("the end: %+v", f)
			}
			ended(t, m)
			served(t, p)
		},
		"a peer that is gone": func(t *testing.T, p *peer, m *Mirror) {
			s := stream("Run", "1")
			p.write(post("", s...))
			for i := 1; i < 5; i++ {
				echo(t, p, i, s)
			}
			p.conn.Close()
			if err := ended(t, m); !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Errorf("the handler got %v", err)
			}
		},
	} {
		for _, secure := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, TLS %v", name, secure), func(t *testing.T) {
				t.Parallel()
				m := newMirror()
				s := start(t, append(all(), m), server.Transport(transport.NewHTTPTransport(transport.Secure(secure))))
				p := connect(t, s)
				if secure {
					p.conn = tls.Client(p.conn, &tls.Config{InsecureSkipVerify: true})
					p.r = bufio.NewReader(p.conn)
				}
				check(t, p, m)
			})
		}
	}
}

// Number sends numbers, some of them in large frames.
type Number struct {
	count  int
	failed chan int
}

const numbers = 2000

// Run sends them.
func (n *Number) Run(_ context.Context, s server.Stream) error {
	for i := range n.count {
		if err := s.Send(numbered(i)); err != nil {
			n.failed <- i
			return err
		}
	}
	return nil
}

func numbered(i int) *fleet.HelloResponse {
	v := &fleet.HelloResponse{Message: fmt.Sprint(i)}
	switch i % 100 {
	case 50:
		v.Blob = make([]byte, 20<<10)
	case 75:
		v.Blob = make([]byte, 5<<10)
	}
	return v
}

// Frames that leave together leave in the order in which they were sent.
func TestFramesThatAreQueuedStayInOrder(t *testing.T) {
	t.Parallel()
	p := connect(t, start(t, []any{&Number{count: numbers}}))
	p.write(post("", "Micro-Endpoint: Number.Run", "Micro-Id: 1", "Micro-Stream: 1"))
	for i := range numbers {
		f, _ := p.read()
		if want := fmt.Sprintf(`{"message":"%d"`, i); !strings.HasPrefix(f.Body, want) {
			t.Fatalf("frame %d: %.80s", i, f.Body)
		}
	}
	if f, _ := p.read(); f.Error != "EOS" {
		t.Errorf("the end: %+v", f)
	}
}

// What goes wrong with a queued frame is told by a later Send.
func TestAQueuedFrameThatCannotLeaveFailsALaterSend(t *testing.T) {
	t.Parallel()
	n := &Number{count: math.MaxInt, failed: make(chan int, 1)}
	p := connect(t, start(t, []any{n}))
	p.write(post("", "Micro-Endpoint: Number.Run", "Micro-Id: 1", "Micro-Stream: 1"))
	p.read()
	p.conn.Close() // what is not read makes the system reset the connection
	select {
	case i := <-n.failed:
		if i == 0 {
			t.Error("the first Send failed")
		}
	case <-time.After(5 * time.Second):
		t.Error("every Send went well, or one still waits")
	}
}
