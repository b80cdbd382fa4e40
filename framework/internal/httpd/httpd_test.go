package httpd_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/microtop/microtop/framework/internal/httpd"
	"github.com/microtop/microtop/framework/limits"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// serve serves a handler until the test ends.
func serve(t *testing.T, c httpd.Config) *httpd.Server {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c.Log = slog.New(slog.DiscardHandler)
	s, err := httpd.New(listener, c)
	if err != nil {
		t.Fatal(err)
	}
	s.Serve()
	t.Cleanup(func() {
		if err := s.Close(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	return s
}

// post sends a body on a connection of its own and returns the status.
func post(t *testing.T, s *httpd.Server, body io.Reader) (int, error) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+s.Addr(), body)
	if err != nil {
		t.Fatal(err)
	}
	transport := new(http.Transport)
	defer transport.CloseIdleConnections()
	rsp, err := transport.RoundTrip(req)
	if err != nil {
		return 0, err
	}
	return rsp.StatusCode, rsp.Body.Close()
}

func echo(w http.ResponseWriter, r *http.Request) {
	if _, err := io.Copy(io.Discard, r.Body); err != nil {
		code := http.StatusRequestTimeout
		if large := new(http.MaxBytesError); errors.As(err, &large) {
			code = http.StatusRequestEntityTooLarge
		}
		http.Error(w, err.Error(), code)
	}
}

func TestABodyIsBounded(t *testing.T) {
	s := serve(t, httpd.Config{Handler: http.HandlerFunc(echo), MaxBody: 1 << 10})
	for name, c := range map[string]struct {
		body io.Reader
		want int
	}{
		"fits":          {strings.NewReader(strings.Repeat("x", 1<<10)), 200},
		"says too much": {strings.NewReader(strings.Repeat("x", 1<<10+1)), 413},
		"does not say":  {io.MultiReader(strings.NewReader(strings.Repeat("x", 1<<11))), 413},
		"has none":      {nil, 200},
	} {
		t.Run(name, func(t *testing.T) {
			if code, err := post(t, s, c.body); code != c.want || err != nil {
				t.Errorf("got %d, %v; want %d", code, err, c.want)
			}
		})
	}
}

// trickle sends a byte at a time.
type trickle struct{ left int }

func (r *trickle) Read(p []byte) (int, error) {
	if r.left == 0 {
		return 0, io.EOF
	}
	time.Sleep(20 * time.Millisecond)
	r.left--
	p[0] = 'x'
	return 1, nil
}

func TestABodyHasItsTime(t *testing.T) {
	t.Parallel()
	s := serve(t, httpd.Config{Handler: http.HandlerFunc(echo), Limits: limits.Limits{BodyTimeout: time.Second}})
	if code, err := post(t, s, &trickle{left: 3}); code != 200 || err != nil {
		t.Errorf("in time: %d, %v", code, err)
	}
	if code, err := post(t, s, &trickle{left: 100}); code == 200 {
		t.Errorf("too slow: %d, %v", code, err)
	}
}

// The time that the handler takes is not the peer's, and a peer that has sent its body is still noticed when it leaves.
func TestAHandlerHasItsTime(t *testing.T) {
	s := serve(t, httpd.Config{Limits: limits.Limits{BodyTimeout: 50 * time.Millisecond}, Handler: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		first := make([]byte, 1)
		_, _ = io.ReadFull(r.Body, first)
		time.Sleep(100 * time.Millisecond)
		_, err := io.Copy(io.Discard, r.Body)
		time.Sleep(100 * time.Millisecond)
		if err := errors.Join(err, r.Context().Err()); err != nil {
			panic(http.ErrAbortHandler)
		}
	})})
	if code, err := post(t, s, strings.NewReader("some text")); code != 200 || err != nil {
		t.Errorf("got %d, %v", code, err)
	}
}

func TestConnectionsAreBounded(t *testing.T) {
	s := serve(t, httpd.Config{Handler: http.HandlerFunc(echo), Limits: limits.Limits{Conns: 1}})
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", s.Addr())
	if err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(3 * time.Second); s.Peers() != 1 && time.Now().Before(end); {
		time.Sleep(time.Millisecond)
	}
	answered := make(chan int, 1)
	go func() {
		code, _ := post(t, s, nil)
		answered <- code
	}()
	select {
	case code := <-answered:
		t.Errorf("a second connection was served: %d", code)
	case <-time.After(100 * time.Millisecond):
	}
	if err := conn.Close(); err != nil {
		t.Error(err)
	}
	if code := <-answered; code != 200 {
		t.Errorf("then: %d", code)
	}
}

func TestWhatWasNeverServedIsClosed(t *testing.T) {
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s, err := httpd.New(listener, httpd.Config{Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(t.Context()); err != nil {
		t.Error(err)
	}
	if _, err := listener.Accept(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("the listener: %v", err)
	}
}
