package client_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/microtop/microtop/framework/client"
	errs "github.com/microtop/microtop/framework/errors"
	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/framework/server/servertest/fleet"
	"github.com/microtop/microtop/framework/transport"
)

// manual is a server whose answers the test gives.
type manual struct {
	t    testing.TB
	addr string

	mu    sync.Mutex
	conns []net.Conn
	came  chan asked
}

type asked struct {
	conn net.Conn
	id   string
	name string
}

// answer answers a request, in JSON.
func (a asked) answer() {
	body := fmt.Sprintf(`{"message":%q}`, a.name)
	fmt.Fprintf(a.conn, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\nContent-Type: application/json\r\nMicro-Id: %s\r\n\r\n%s", len(body), a.id, body)
}

// newManual starts one and registers it with the given metadata.
func newManual(w *world, md map[string]string) *manual {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		w.t.Fatal(err)
	}
	m := &manual{t: w.t, addr: l.Addr().String(), came: make(chan asked, 1000)}
	var group sync.WaitGroup
	w.t.Cleanup(group.Wait)
	w.t.Cleanup(m.hangUp)
	w.t.Cleanup(func() { l.Close() })
	group.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			m.mu.Lock()
			m.conns = append(m.conns, conn)
			m.mu.Unlock()
			group.Go(func() { m.read(conn) })
		}
	})
	node := &registry.Node{Id: "manual", Address: m.addr, Metadata: md}
	if err := w.registry.Register(&registry.Service{Name: fleet.Service, Version: "1", Nodes: []*registry.Node{node}}); err != nil {
		w.t.Fatal(err)
	}
	return m
}

func (m *manual) read(conn net.Conn) {
	r := bufio.NewReader(conn)
	for {
		req, err := http.ReadRequest(r)
		if err != nil {
			return
		}
		body, err := io.ReadAll(req.Body)
		if err != nil {
			return
		}
		name := strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(string(body)), `{"name":"`), `"}`)
		m.came <- asked{conn, req.Header.Get("Micro-Id"), name}
	}
}

// next returns the next request.
func (m *manual) next() asked {
	m.t.Helper()
	select {
	case a := <-m.came:
		return a
	case <-time.After(5 * time.Second):
		m.t.Fatal("no request came")
	}
	return asked{}
}

// hangUp closes the connections.
func (m *manual) hangUp() {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, conn := range m.conns {
		conn.Close()
	}
}

// outcome is what became of a call.
type outcome struct {
	message string
	err     error
}

// callAs makes a call and returns where its outcome will be.
func callAs(ctx context.Context, c client.Client, name string, opts ...client.CallOption) <-chan outcome {
	done := make(chan outcome, 1)
	go func() {
		rsp := new(fleet.HelloResponse)
		err := c.Call(ctx, c.NewRequest(fleet.Service, "Greeter.Hello", &fleet.HelloRequest{Name: name}), rsp, opts...)
		done <- outcome{rsp.GetMessage(), err}
	}()
	return done
}

var pipelining = map[string]string{"protocol": "mucp", "micro-pipeline": "64"}

func TestAnswersOfOneConnectionOvertake(t *testing.T) {
	w := newWorld(t, transport.NewHTTPTransport())
	m, c := newManual(w, pipelining), w.client(client.ContentType("application/json"))
	var calls []<-chan outcome
	var requests []asked
	for i := range 20 {
		calls = append(calls, callAs(t.Context(), c, fmt.Sprint(i)))
		requests = append(requests, m.next())
	}
	conns := map[net.Conn]bool{}
	for _, a := range requests {
		conns[a.conn] = true
	}
	if len(conns) != 2 { // the first call has a connection to itself
		t.Errorf("%d connections, want 2", len(conns))
	}
	for i := len(requests) - 1; i >= 0; i-- {
		requests[i].answer()
		if got := <-calls[i]; got.err != nil || got.message != fmt.Sprint(i) {
			t.Errorf("call %d: %+v", i, got)
		}
	}
}

func TestOneCallPerConnectionToAPeerThatAnnouncesNothing(t *testing.T) {
	w := newWorld(t, transport.NewHTTPTransport())
	m, c := newManual(w, map[string]string{"protocol": "mucp"}), w.client(client.ContentType("application/json"))
	conns := map[net.Conn]bool{}
	var calls []<-chan outcome
	var requests []asked
	for i := range 10 {
		calls = append(calls, callAs(t.Context(), c, fmt.Sprint(i)))
		a := m.next()
		conns[a.conn] = true
		requests = append(requests, a)
	}
	if len(conns) != 10 {
		t.Errorf("%d connections, want 10", len(conns))
	}
	for i, a := range requests {
		a.answer()
		if got := <-calls[i]; got.err != nil {
			t.Error(got.err)
		}
	}
}

func TestACancelledCallLeavesItsNeighboursAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t, transport.NewHTTPTransport())
	m, c := newManual(w, pipelining), w.client(client.ContentType("application/json"))
	first := callAs(t.Context(), c, "first")
	alone := m.next()
	ctx, cancel := context.WithCancel(t.Context())
	given := callAs(ctx, c, "given up")
	late := m.next()
	short := callAs(t.Context(), c, "short", client.WithRequestTimeout(300*time.Millisecond), client.WithRetries(0))
	tooLate := m.next()
	neighbour := callAs(t.Context(), c, "neighbour")
	other := m.next()
	cancel()
	if got := <-given; !errors.Is(got.err, context.Canceled) {
		t.Errorf("given up: %v", got.err)
	}
	if got := <-short; errs.FromError(got.err).GetCode() != 408 {
		t.Errorf("short: %v", got.err)
	}
	late.answer() // nobody waits for them any more
	tooLate.answer()
	other.answer()
	if got := <-neighbour; got.err != nil || got.message != "neighbour" {
		t.Errorf("neighbour: %+v", got)
	}
	if late.conn != other.conn {
		t.Error("the calls did not share a connection")
	}
	again := callAs(t.Context(), c, "again")
	a := m.next()
	a.answer()
	if got := <-again; got.err != nil || got.message != "again" || a.conn != other.conn {
		t.Errorf("again: %+v, on the same connection: %v", got, a.conn == other.conn)
	}
	alone.answer()
	<-first
}

func TestALostConnectionFailsWhatIsInFlightOnIt(t *testing.T) {
	w := newWorld(t, transport.NewHTTPTransport())
	m, c := newManual(w, pipelining), w.client(client.ContentType("application/json"))
	var calls []<-chan outcome
	for i := range 10 {
		calls = append(calls, callAs(t.Context(), c, fmt.Sprint(i)))
		m.next()
	}
	m.hangUp()
	for i, call := range calls {
		got := <-call
		if got.err == nil || client.NotRun(got.err) || !strings.Contains(got.err.Error(), "may have run") {
			t.Errorf("call %d: %v", i, got.err)
		}
	}
	next := callAs(t.Context(), c, "next")
	m.next().answer()
	if got := <-next; got.err != nil {
		t.Errorf("after it: %v", got.err)
	}
}

func TestAFrozenPeerHoldsNoMoreThanItsCalls(t *testing.T) {
	t.Parallel()
	w := newWorld(t, transport.NewHTTPTransport())
	m, c := newManual(w, pipelining), w.client(client.ContentType("application/json"))
	var calls []<-chan outcome
	for i := range 200 {
		calls = append(calls, callAs(t.Context(), c, fmt.Sprint(i), client.WithRequestTimeout(600*time.Millisecond), client.WithRetries(0)))
	}
	for _, call := range calls {
		if got := <-call; errs.FromError(got.err).GetCode() != 408 {
			t.Errorf("%v", got.err)
		}
	}
	next := callAs(t.Context(), c, "next") // the calls before are over on this side: it starts afresh
	came := m.next()
	for came.name != "next" { // those before, which the test was not given yet
		came = m.next()
	}
	came.answer()
	if got := <-next; got.err != nil {
		t.Errorf("after it: %v", got.err)
	}
}

// With a pool whose time is over at once, a lane may end before it is handed out.
func TestALaneMayExpireAtOnce(t *testing.T) {
	w := newWorld(t, transport.NewHTTPTransport())
	w.serve()
	c := w.client(client.PoolTTL(-1))
	for range 100 {
		var calls sync.WaitGroup
		for range 8 {
			calls.Go(func() {
				if err := hello(t, c); err != nil {
					t.Error(err)
				}
			})
		}
		calls.Wait()
	}
}
