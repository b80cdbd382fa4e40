package http_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	stdhttp "net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	micro "github.com/microtop/microtop/framework"
	"github.com/microtop/microtop/framework/broker"
	"github.com/microtop/microtop/framework/client"
	"github.com/microtop/microtop/framework/limits"
	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/framework/server"
	"github.com/microtop/microtop/framework/server/http"
	"github.com/microtop/microtop/framework/server/servertest"
	"github.com/microtop/microtop/framework/server/servertest/fleet"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// newServer makes a server of a handler.
func newServer(t *testing.T, h stdhttp.Handler, opts ...server.Option) server.Server {
	t.Helper()
	s := http.NewServer(append([]server.Option{
		server.Name("shop.web"), server.Id("1"), server.Address("127.0.0.1:0"), server.Registry(registry.NewMemoryRegistry()),
		server.Broker(broker.NewMemoryBroker()), server.WithLogger(servertest.Logger()),
	}, opts...)...)
	if err := s.Handle(s.NewHandler(h, server.EndpointMetadata("/hello", map[string]string{"method": "GET"}))); err != nil {
		t.Fatal(err)
	}
	return s
}

// start starts a server that is stopped with the test.
func start(t *testing.T, s server.Server) {
	t.Helper()
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Stop(); err != nil {
			t.Errorf("stop: %v", err)
		}
	})
}

func engine() *stdhttp.ServeMux {
	mux := stdhttp.NewServeMux()
	mux.HandleFunc("/hello", func(w stdhttp.ResponseWriter, _ *stdhttp.Request) { _, _ = io.WriteString(w, "hello") })
	mux.HandleFunc("/panic", func(stdhttp.ResponseWriter, *stdhttp.Request) { panic("kaboom") })
	mux.HandleFunc("/half", func(w stdhttp.ResponseWriter, _ *stdhttp.Request) { _, _ = io.WriteString(w, "half"); panic("kaboom") })
	mux.HandleFunc("/late", func(_ stdhttp.ResponseWriter, r *stdhttp.Request) {
		<-r.Context().Done()
	})
	mux.HandleFunc("/whose", func(w stdhttp.ResponseWriter, r *stdhttp.Request) {
		s, _ := server.FromContext(r.Context())
		_, _ = fmt.Fprint(w, s.Options().Name)
	})
	return mux
}

// ask makes a request on a connection of its own.
func ask(t *testing.T, s server.Server, path string, header ...string) (int, string, error) {
	t.Helper()
	req, err := stdhttp.NewRequestWithContext(context.WithoutCancel(t.Context()), stdhttp.MethodGet, "http://"+s.Options().Address+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	transport := new(stdhttp.Transport)
	defer transport.CloseIdleConnections()
	rsp, err := transport.RoundTrip(req)
	if err != nil {
		return 0, "", err
	}
	body, err := io.ReadAll(rsp.Body)
	return rsp.StatusCode, string(body), errors.Join(err, rsp.Body.Close())
}

func TestA088_AnHTTPHandlerIsServed(t *testing.T) {
	s := newServer(t, engine())
	start(t, s)
	for path, want := range map[string]string{"/hello": "hello", "/whose": "shop.web"} {
		if code, body, err := ask(t, s, path); code != 200 || body != want || err != nil {
			t.Errorf("%s: %d %q %v", path, code, body, err)
		}
	}
	if code, _, err := ask(t, s, "/nowhere"); code != 404 || err != nil {
		t.Errorf("elsewhere: %d %v", code, err)
	}
	found, err := s.Options().Registry.GetService("shop.web")
	if err != nil {
		t.Fatal(err)
	}
	want := &registry.Service{
		Name: "shop.web", Version: "latest",
		Nodes: []*registry.Node{{
			Id: "shop.web-1", Address: s.Options().Address,
			Metadata: map[string]string{"server": "http", "protocol": "http", "broker": "memory", "registry": "memory"},
		}},
		Endpoints: []*registry.Endpoint{{Name: "/hello", Metadata: map[string]string{"method": "GET"}}},
	}
	if diff := cmp.Diff(want, found[0]); diff != "" {
		t.Errorf("the record (-want +got):\n%s", diff)
	}
}

func TestA087_AServiceHasIt(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	started := make(chan struct{})
	service := micro.NewService(micro.Server(http.NewServer()), micro.Name("shop.web"), micro.Address("127.0.0.1:0"), micro.Context(ctx),
		micro.Registry(registry.NewMemoryRegistry()), micro.Broker(broker.NewMemoryBroker()), micro.Logger(servertest.Logger()),
		micro.CommandLine(false), micro.AfterStart(func() error { close(started); return nil }))
	service.Init()
	if err := micro.RegisterHandler(service.Server(), engine()); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- service.Run() }()
	select {
	case <-started:
	case err := <-ended:
		t.Fatal(err)
	}
	if code, body, err := ask(t, service.Server(), "/hello"); code != 200 || body != "hello" || err != nil {
		t.Errorf("got %d %q %v", code, body, err)
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestWhatCannotBeServedIsRefused(t *testing.T) {
	s := newServer(t, engine())
	for name, c := range map[string]struct {
		h    any
		want string
	}{
		"methods": {new(fleet.Greeter), "http.Handler"}, "nil": {nil, "http.Handler"}, "a second one": {engine(), "already there"},
	} {
		if err := s.Handle(s.NewHandler(c.h)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, s := range map[string]server.Server{
		"none": http.NewServer(server.Address("127.0.0.1:0"), server.WithLogger(servertest.Logger())), "a router": newServer(t, engine(), server.WithRouter(server.NewRouter())),
	} {
		if err := s.Start(); err == nil || !strings.Contains(err.Error(), "http.Handler") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestSubscribersHearTheBroker(t *testing.T) {
	b := broker.NewMemoryBroker()
	s := newServer(t, engine(), server.Broker(b))
	heard := make(chan string, 1)
	if err := s.Subscribe(s.NewSubscriber("orders", func(_ context.Context, m *fleet.HelloRequest) error {
		heard <- m.GetName()
		return nil
	})); err != nil {
		t.Fatal(err)
	}
	start(t, s)
	c := client.NewClient(client.Broker(b))
	if err := c.Publish(t.Context(), c.NewMessage("orders", &fleet.HelloRequest{Name: "4711"})); err != nil {
		t.Fatal(err)
	}
	if got := <-heard; got != "4711" {
		t.Errorf("heard %q", got)
	}
}

func TestAPanicIsAnswered(t *testing.T) {
	s := newServer(t, engine())
	start(t, s)
	if code, _, err := ask(t, s, "/panic"); code != 500 || err != nil {
		t.Errorf("got %d, %v", code, err)
	}
	if code, body, err := ask(t, s, "/half"); err == nil {
		t.Errorf("half an answer is taken for one: %d %q", code, body)
	}
}

func TestADeadline(t *testing.T) {
	s := newServer(t, engine())
	start(t, s)
	for text, want := range map[string]int{"50000000": 408, "-1": 400} {
		if code, _, err := ask(t, s, "/late", "Timeout", text); code != want || err != nil {
			t.Errorf("%s: %d, %v", text, code, err)
		}
	}
}

func TestR05_StopFinishesWhatRunsAndRefusesWhatComes(t *testing.T) {
	running, finish := make(chan struct{}), make(chan struct{})
	s := newServer(t, stdhttp.HandlerFunc(func(w stdhttp.ResponseWriter, r *stdhttp.Request) {
		if r.URL.Path == "/slow" {
			close(running)
			<-finish
		}
		_, _ = io.WriteString(w, "done")
	}))
	start(t, s)
	addr := s.Options().Address
	kept, err := new(net.Dialer).DialContext(t.Context(), "tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer kept.Close()
	answer := make(chan string, 1)
	go func() {
		_, body, err := ask(t, s, "/slow")
		answer <- fmt.Sprint(body, err)
	}()
	<-running
	stopped := make(chan error, 1)
	go func() { stopped <- s.Stop() }()
	refused := false
	for r, end := bufio.NewReader(kept), time.Now().Add(3*time.Second); !refused && time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if _, err := io.WriteString(kept, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		rsp, err := stdhttp.ReadResponse(r, nil)
		if err != nil {
			t.Fatal(err)
		}
		refused = rsp.StatusCode == 503 && rsp.Header.Get("Micro-Draining") == "1"
		if _, err := io.Copy(io.Discard, rsp.Body); err != nil {
			t.Fatal(err)
		}
	}
	if !refused {
		t.Error("what came later was not refused")
	}
	close(finish)
	if got := <-answer; got != "done <nil>" && got != "done<nil>" {
		t.Errorf("what ran: %q", got)
	}
	if err := <-stopped; err != nil {
		t.Error(err)
	}
}

func TestTheDrainDeadlineNamesWhatRuns(t *testing.T) {
	running, finish := make(chan struct{}), make(chan struct{})
	s := newServer(t, stdhttp.HandlerFunc(func(stdhttp.ResponseWriter, *stdhttp.Request) { close(running); <-finish }), server.DrainTimeout(300*time.Millisecond))
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	asked := make(chan struct{})
	go func() { defer close(asked); _, _, _ = ask(t, s, "/endless") }()
	<-running
	if err := s.Stop(); err == nil || !strings.Contains(err.Error(), `GET "/endless"`) {
		t.Errorf("stop: %v", err)
	}
	close(finish)
	<-asked
}

// Stop returns an error when the drain timeout passes.
func TestAnEventStreamIsEndedHalfWay(t *testing.T) {
	t.Parallel()
	const half = 1500 * time.Millisecond
	running := make(chan struct{})
	s := newServer(t, stdhttp.HandlerFunc(func(w stdhttp.ResponseWriter, r *stdhttp.Request) {
		_, _ = io.WriteString(w, "data: 1\n\n")
		w.(stdhttp.Flusher).Flush() //nolint:forcetypeassert // engines ask so too
		close(running)
		<-r.Context().Done()
	}), server.DrainTimeout(2*half))
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	asked := make(chan error, 1)
	go func() { _, _, err := ask(t, s, "/events", "Accept", "text/event-stream"); asked <- err }()
	<-running
	began := time.Now()
	if err := s.Stop(); err != nil {
		t.Errorf("stop: %v", err)
	}
	if took := time.Since(began); took < half {
		t.Errorf("stop took %v of a drain timeout of %v", took, 2*half)
	}
	if err := <-asked; err != nil {
		t.Errorf("the stream: %v", err)
	}
}

// What hostile peers send is answered or let go in time.
func TestHostilePeers(t *testing.T) {
	mux := engine()
	mux.HandleFunc("/upload", func(w stdhttp.ResponseWriter, r *stdhttp.Request) {
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			code := stdhttp.StatusRequestTimeout
			if large := new(stdhttp.MaxBytesError); errors.As(err, &large) {
				code = stdhttp.StatusRequestEntityTooLarge
			}
			stdhttp.Error(w, err.Error(), code)
		}
	})
	s := newServer(t, mux, http.Limits(limits.Limits{
		HeaderReadTimeout: 200 * time.Millisecond, BodyTimeout: 200 * time.Millisecond, IdleTimeout: 200 * time.Millisecond, MessageBytes: 1 << 10, HeaderBytes: 1 << 10,
	}))
	start(t, s)
	post := "POST /upload HTTP/1.1\r\nHost: x\r\n"
	peers := map[string]struct{ says, want string }{
		"silence":              {"", ""},
		"half a header":        {"GET /hello HTT", ""},
		"no body":              {post + "Content-Length: 5\r\n\r\n", "HTTP/1.1 408"},
		"half a body":          {post + "Content-Length: 5\r\n\r\nab", "HTTP/1.1 408"},
		"a large body":         {post + "Content-Length: 1025\r\n\r\n", "HTTP/1.1 413"},
		"a large chunked body": {post + "Transfer-Encoding: chunked\r\n\r\n800\r\n" + strings.Repeat("x", 0x800) + "\r\n", "HTTP/1.1 413"},
		"a large header":       {"GET /hello HTTP/1.1\r\nX: " + strings.Repeat("x", 8<<10) + "\r\n\r\n", "HTTP/1.1 431"},
		"two lengths":          {post + "Content-Length: 1\r\nContent-Length: 2\r\n\r\nab", "HTTP/1.1 400"},
		"no HTTP":              {"\x00\x01\x02\x03\r\n\r\n", "HTTP/1.1 400"},
	}
	t.Run("peers", func(t *testing.T) {
		for name, c := range peers {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				hostile(t, s.Options().Address, c.says, c.want)
			})
		}
	})
	if code, _, err := ask(t, s, "/hello"); code != 200 || err != nil {
		t.Errorf("afterwards: %d, %v", code, err)
	}
}

// hostile says something, and looks for how the answer begins and for the end of the connection.
func hostile(t *testing.T, address, says, want string) {
	t.Helper()
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(3 * time.Second))
	if _, err := io.WriteString(conn, says); err != nil {
		t.Fatal(err)
	}
	r := bufio.NewReader(conn)
	line, err := r.ReadString('\n')
	if !strings.HasPrefix(line, want) || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("got %q, %v; want %q", line, err, want)
	}
	if _, err := io.Copy(io.Discard, r); errors.Is(err, os.ErrDeadlineExceeded) {
		t.Error("the connection is kept")
	}
}
