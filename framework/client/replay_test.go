package client_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/microtop/microtop/framework/client"
	frames "github.com/microtop/microtop/framework/codec/bytes"
	errs "github.com/microtop/microtop/framework/errors"
	"github.com/microtop/microtop/framework/metadata"
	"github.com/microtop/microtop/framework/server/servertest/fleet"
	"github.com/microtop/microtop/framework/transport"
)

// sent is what counts in a request.
type sent struct {
	Header http.Header
	Body   string
}

func readRequest(r *bufio.Reader) (sent, error) {
	req, err := http.ReadRequest(r)
	if err != nil {
		return sent{}, err
	}
	body, err := io.ReadAll(req.Body)
	req.Header.Del("User-Agent")
	req.Header.Del("Content-Length")
	return sent{req.Header, string(body)}, err
}

func capture(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile("testdata/" + name + ".bin")
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func requests(t *testing.T, data []byte) (out []sent) {
	t.Helper()
	for r := bufio.NewReader(bytes.NewReader(data)); ; {
		s, err := readRequest(r)
		if err != nil {
			return out
		}
		out = append(out, s)
	}
}

// actor plays a recorded server: it answers connections in turn with the recorded bytes, each answer after the first
// request, and keeps what it was sent.
type actor struct {
	addr string
	mu   sync.Mutex
	got  [][]sent
	done sync.WaitGroup
}

func play(t *testing.T, answers ...[]byte) *actor {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	a := &actor{addr: l.Addr().String(), got: make([][]sent, len(answers))}
	a.done.Go(func() {
		defer l.Close()
		for i, answer := range answers {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			a.done.Go(func() {
				defer conn.Close()
				conn.SetDeadline(time.Now().Add(5 * time.Second))
				for r := bufio.NewReader(conn); ; {
					s, err := readRequest(r)
					if err != nil {
						return
					}
					a.mu.Lock()
					a.got[i] = append(a.got[i], s)
					first := len(a.got[i]) == 1
					a.mu.Unlock()
					if first {
						conn.Write(answer)
					}
				}
			})
		}
	})
	t.Cleanup(func() {
		l.Close()
		a.done.Wait()
	})
	return a
}

// sent returns what came over the i-th connection, once it is closed.
func (a *actor) sent(i int) []sent {
	a.done.Wait()
	return a.got[i]
}

func TestA108_UnaryCaptures(t *testing.T) {
	inner := &fleet.Inner{Key: "k", Weight: 1.5, Big: 1<<64 - 1, Ok: true}
	full := &fleet.HelloRequest{Name: "Ann", Count: 42, Tags: []string{"a", "b"}, Labels: map[string]string{"x": "y"}, Mood: 1, Blob: []byte{1, 2, 3}, InnerItem: inner}
	raw := func(text string) *frames.Frame { return &frames.Frame{Data: []byte(text)} }
	for _, c := range []struct {
		name        string
		contentType string
		endpoint    string
		req         any
		want        string // of the answer, as JSON or protobuf
		code        int32
		detail      string
	}{
		{name: "unary-json-ok", endpoint: "Greeter.Hello", req: raw(`{"name":"Ann","count":"42","tags":["a","b"],"labels":{"x":"y"},"mood":"HAPPY","blob":"AQID","inner_item":{"key":"k","weight":1.5,"big":"18446744073709551615","ok":true}}`), want: "Hello Ann"},
		{name: "unary-json-ok2", endpoint: "Greeter.Hello", req: raw(`{"name":"Ann"}`), want: "Hello Ann"},
		{name: "unary-json-emptybody", endpoint: "Greeter.Hello", want: "Hello "},
		{name: "unary-proto-ok", contentType: "application/protobuf", endpoint: "Greeter.Hello", req: full, want: "Hello Ann"},
		{name: "unary-json-err-micro", endpoint: "Greeter.Fail", req: raw(`{"kind":"micro","code":418,"detail":"short and stout"}`), code: 418, detail: "short and stout"},
		{name: "unary-json-err-plain", endpoint: "Greeter.Fail", req: raw(`{"kind":"plain","detail":"plain go error"}`), detail: "plain go error"},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := play(t, capture(t, c.name+"-conn0.s2c"))
			cl := client.NewClient(client.Transport(transport.NewHTTPTransport()))
			opts := []client.RequestOption{}
			if c.contentType != "" {
				opts = append(opts, client.WithContentType(c.contentType))
			}
			rsp := new(fleet.HelloResponse)
			err := cl.Call(t.Context(), cl.NewRequest("fleet.greeter", c.endpoint, c.req, opts...), rsp, client.WithAddress(a.addr))
			cl.(io.Closer).Close()
			if e := errs.FromError(err); e.GetCode() != c.code || e.GetDetail() != c.detail || rsp.GetMessage() != c.want {
				t.Errorf("got %q, %v", rsp.GetMessage(), err)
			}
			if diff := cmp.Diff(requests(t, capture(t, c.name+"-conn0.c2s")), a.sent(0)); diff != "" {
				t.Errorf("requests (-v4 +ours):\n%s", diff)
			}
		})
	}
}

func TestMetadataBecomesHeaders(t *testing.T) {
	a := play(t, capture(t, "unary-relay-metadata-conn0.s2c"))
	cl := client.NewClient(client.Transport(transport.NewHTTPTransport()))
	ctx := metadata.NewContext(t.Context(), metadata.Metadata{"x-tenant": "t1", "mixedCase": "2", "lower-case": "3", "Local": "x", "Micro-Stream": "9", "Micro-Topic": "leaked"})
	rsp := new(fleet.HeadersResponse)
	req := cl.NewRequest("fleet.greeter", "Greeter.Relay", &frames.Frame{Data: []byte(`{"kind":"fleet.greeter"}`)})
	if err := cl.Call(ctx, req, rsp, client.WithAddress(a.addr)); err != nil {
		t.Fatal(err)
	}
	cl.(io.Closer).Close()
	if diff := cmp.Diff(requests(t, capture(t, "unary-relay-metadata-conn0.c2s")), a.sent(0)); diff != "" {
		t.Errorf("requests (-v4 +ours):\n%s", diff)
	}
}

// The default policy does not repeat a request that ran; v4's does, over a new connection.
func TestRetryOfA500(t *testing.T) {
	answer := capture(t, "unary-retry-500-conn0.s2c")
	for name, c := range map[string]struct {
		opts     []client.CallOption
		attempts int
	}{
		"default":     {nil, 1},
		"idempotent":  {[]client.CallOption{client.Idempotent()}, 2},
		"v4's policy": {[]client.CallOption{client.WithRetry(client.RetryOnError)}, 2},
		"no retries":  {[]client.CallOption{client.WithRetries(0), client.Idempotent()}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			both := append(bytes.Clone(answer), answer...)
			a := play(t, both)
			cl := client.NewClient(client.Transport(transport.NewHTTPTransport()))
			var attempts []client.Attempt
			opts := append(c.opts, client.WithAddress(a.addr), client.OnAttempt(func(at client.Attempt) { attempts = append(attempts, at) }))
			err := cl.Call(t.Context(), cl.NewRequest("fleet.greeter", "Greeter.Fail", nil), nil, opts...)
			cl.(io.Closer).Close()
			if errs.FromError(err).GetCode() != 500 || len(attempts) != c.attempts {
				t.Errorf("%d attempts, %v", len(attempts), err)
			}
		})
	}
}

func TestA112_StreamCaptures(t *testing.T) {
	for _, c := range []struct {
		name, contentType, endpoint string
		send                        []any
		want                        []string // what is received, then the error
		skipped                     int
	}{
		{name: "stream-bidi-json", endpoint: "Streamer.PingPong", send: []any{&fleet.Stroke{Stroke: 1, Note: "a"}, &fleet.Stroke{Stroke: 2, Note: "b"}}, want: []string{"pong:a", "pong:b"}},
		{name: "stream-bidi-serverquit-json", endpoint: "Streamer.PingPong", send: []any{&fleet.Stroke{Stroke: 1, Note: "a"}, &fleet.Stroke{Stroke: 2, Note: "quit"}}, want: []string{"pong:a", "pong:quit", "EOF"}},
		{name: "stream-bidi-proto", contentType: "application/protobuf", endpoint: "Streamer.PingPong", send: []any{&fleet.Stroke{Stroke: 1, Note: "a"}, &fleet.Stroke{Stroke: 2, Note: "quit"}}, want: []string{"pong:a", "pong:quit", "EOF"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := play(t, capture(t, c.name+"-conn0.s2c"))
			cl := client.NewClient(client.Transport(transport.NewHTTPTransport()))
			opts := []client.RequestOption{client.StreamingRequest()}
			if c.contentType != "" {
				opts = append(opts, client.WithContentType(c.contentType))
			}
			type key struct{}
			ctx := context.WithValue(t.Context(), key{}, 1)
			s, err := cl.Stream(ctx, cl.NewRequest("fleet.greeter", c.endpoint, nil, opts...), client.WithAddress(a.addr))
			if err != nil {
				t.Fatal(err)
			}
			if s.Context().Value(key{}) != 1 || s.Request().Endpoint() != c.endpoint || s.Error() != nil {
				t.Errorf("context %v, request to %s, error %v", s.Context(), s.Request().Endpoint(), s.Error())
			}
			for _, m := range c.send {
				if err := s.Send(m); err != nil {
					t.Fatal(err)
				}
			}
			for _, want := range c.want {
				got := new(fleet.Stroke)
				if err := s.Recv(got); want == "EOF" {
					if !errors.Is(err, io.EOF) {
						t.Errorf("the end: %v", err)
					}
				} else if err != nil || got.GetNote() != want {
					t.Errorf("got %v, %v, want %s", got, err, want)
				}
			}
			if err := s.Close(); err != nil {
				t.Error(err)
			}
			if err := s.Send(&fleet.Stroke{}); err == nil || s.Error() == nil || s.Context().Err() == nil {
				t.Errorf("closed: Send returned %v, the error is %v, the context's %v", err, s.Error(), s.Context().Err())
			}
			if diff := cmp.Diff(sameJSON(requests(t, capture(t, c.name+"-conn0.c2s"))), sameJSON(a.sent(0))); diff != "" {
				t.Errorf("requests (-v4 +ours):\n%s", diff)
			}
		})
	}
}

// sameJSON drops the line break that the JSON codec ends a body with: the captures' client sent raw frames.
func sameJSON(list []sent) []sent {
	for i := range list {
		list[i].Body = string(bytes.TrimSuffix([]byte(list[i].Body), []byte("\n")))
	}
	return list
}

// A v4 server overwrites frames that it has not sent yet: what can be read is read, the rest is counted.
func TestCorruptedFramesAreSkipped(t *testing.T) {
	for _, c := range []struct {
		name, contentType string
		recv              func(client.Stream) error
		read, skipped     int
	}{
		{"debug-log-json", "", func(s client.Stream) error { return s.Recv(&map[string]any{}) }, 7, 1},
		{"debug-log-proto", "application/protobuf", func(s client.Stream) error { return s.Recv(&fleet.Event{}) }, 3, 5},
	} {
		a := play(t, capture(t, c.name+"-conn0.s2c"))
		cl := client.NewClient(client.Transport(transport.NewHTTPTransport()))
		opts := []client.RequestOption{client.StreamingRequest()}
		if c.contentType != "" {
			opts = append(opts, client.WithContentType(c.contentType))
		}
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		s, err := cl.Stream(ctx, cl.NewRequest("fleet.greeter", "Debug.Log", nil, opts...), client.WithAddress(a.addr))
		if err != nil {
			t.Fatal(err)
		}
		read := 0
		for err = c.recv(s); err == nil; err = c.recv(s) {
			read++
		}
		if skipped := s.(client.Skipper).Skipped(); read != c.read || skipped != c.skipped || !errors.Is(err, io.EOF) {
			t.Errorf("%s: read %d, skipped %d, %v", c.name, read, skipped, err)
		}
		s.Close()
		cancel()
	}
}
