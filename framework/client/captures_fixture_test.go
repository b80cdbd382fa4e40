package client_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"github.com/microtop/microtop/framework/client"
	frames "github.com/microtop/microtop/framework/codec/bytes"
	debug "github.com/microtop/microtop/framework/debug/proto"
	errs "github.com/microtop/microtop/framework/errors"
	"github.com/microtop/microtop/framework/server/servertest/fleet"
	"github.com/microtop/microtop/framework/transport"
)

// conversation is a captured connection of a v4 client to a v4 server: what was sent, what came back, in which order, and
// what the client's program printed.
type conversation struct {
	requests []sent
	answers  [][]byte // one frame each, as on the wire
	moves    string   // s for a request sent, r for an answer received
	Stdout   string   `json:"client_stdout"`
	Stderr   string   `json:"client_stderr"`
}

func converse(t *testing.T, base string) conversation {
	t.Helper()
	load := func(suffix string) []byte {
		data, err := os.ReadFile(base + suffix)
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	var c conversation
	if err := json.Unmarshal(load(".json"), &c); err != nil {
		t.Fatal(err)
	}
	up, down := load("-conn0.c2s.bin"), load("-conn0.s2c.bin")
	c.requests = requests(t, up)
	ends := func(data []byte, next func(*bufio.Reader) error) (at []int) {
		source := bytes.NewReader(data)
		for r := bufio.NewReader(source); next(r) == nil; {
			at = append(at, len(data)-source.Len()-r.Buffered())
		}
		return at
	}
	sentAt := ends(up, func(r *bufio.Reader) error { _, err := readRequest(r); return err })
	cameAt := ends(down, func(r *bufio.Reader) error {
		rsp, err := http.ReadResponse(r, nil)
		if err == nil {
			_, err = io.Copy(io.Discard, rsp.Body)
		}
		return err
	})
	for i, end := range cameAt {
		start := 0
		if i > 0 {
			start = cameAt[i-1]
		}
		c.answers = append(c.answers, down[start:end])
	}
	var chunks []struct {
		Dir string
		Off int
		N   int
	}
	if err := json.Unmarshal(load("-conn0.timeline.json"), &chunks); err != nil {
		t.Fatal(err)
	}
	for _, chunk := range chunks {
		at, move := &sentAt, "s"
		if chunk.Dir == "s2c" {
			at, move = &cameAt, "r"
		} else if chunk.Dir != "c2s" {
			continue
		}
		for len(*at) > 0 && (*at)[0] <= chunk.Off+chunk.N {
			*at, c.moves = (*at)[1:], c.moves+move
		}
	}
	return c
}

// stage is the captured server: it gives each answer once it has had the requests that came before it.
type stage struct {
	addr string
	done sync.WaitGroup
	got  []sent
}

func (c conversation) play(t *testing.T) *stage {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &stage{addr: l.Addr().String()}
	s.done.Go(func() {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		defer func() { _ = conn.Close() }()
		_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
		r, answers := bufio.NewReader(conn), c.answers
		for _, move := range c.moves {
			if move == 'r' {
				if _, err := conn.Write(answers[0]); err != nil {
					return
				}
				answers = answers[1:]
			} else if !s.take(r) {
				return
			}
		}
		for s.take(r) { // what v4's client did not send
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		s.done.Wait()
	})
	return s
}

func (s *stage) take(r *bufio.Reader) bool {
	request, err := readRequest(r)
	if err == nil {
		s.got = append(s.got, request)
	}
	return err == nil
}

// answerTo makes a message for the answers of an endpoint under protobuf.
func answerTo(endpoint string) proto.Message {
	switch endpoint {
	case "Greeter.Hello":
		return new(fleet.HelloResponse)
	case "Streamer.Count":
		return new(fleet.Value)
	case "Streamer.Sum":
		return new(fleet.Total)
	case "Streamer.PingPong":
		return new(fleet.Stroke)
	case "Debug.Health":
		return new(debug.HealthResponse)
	case "Debug.Stats":
		return new(debug.StatsResponse)
	case "Debug.Trace":
		return new(debug.TraceResponse)
	}
	return new(fleet.Empty)
}

// printed is what a program prints of an answer: JSON as it came, protobuf as JSON.
func printed(t *testing.T, answer any) string {
	t.Helper()
	if f, raw := answer.(*frames.Frame); raw {
		return strings.TrimSuffix(string(f.Data), "\n") + "\n"
	}
	text, err := protojson.Marshal(answer.(proto.Message))
	if err != nil {
		t.Fatal(err)
	}
	return string(text) + "\n"
}

// sameLines compares lines of JSON without regard to blanks and to the two spellings of protobuf's JSON.
func sameLines(t *testing.T, endpoint, contentType, want, got string) {
	t.Helper()
	if contentType == "application/protobuf" {
		want, got = canonical(t, endpoint, want), canonical(t, endpoint, got)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("answers (-v4 +ours):\n%s", diff)
	}
}

func canonical(t *testing.T, endpoint, lines string) (out string) {
	t.Helper()
	for line := range strings.Lines(lines) {
		m := answerTo(endpoint)
		if err := protojson.Unmarshal([]byte(line), m); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		data, err := proto.MarshalOptions{Deterministic: true}.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		out += strconv.Quote(string(data)) + "\n"
	}
	return out
}

// Every captured conversation of a v4 client is held by this client with the same server: it sends the same requests and
// its caller learns the same. TestRetryOfA500 and TestMetadataBecomesHeaders hold those that need options of their own.
func TestConversationsOfV4(t *testing.T) {
	files, err := filepath.Glob("../transport/testdata/v4/*-conn0.c2s.bin")
	if err != nil {
		t.Fatal(err)
	}
	debugFiles, err := filepath.Glob("testdata/debug-*-conn0.timeline.json")
	if err != nil || len(files)+len(debugFiles) < 42 {
		t.Fatalf("%d and %d captures, %v", len(files), len(debugFiles), err)
	}
	for _, file := range append(files, debugFiles...) {
		base := strings.TrimSuffix(strings.TrimSuffix(file, "-conn0.c2s.bin"), "-conn0.timeline.json")
		name := filepath.Base(base)
		switch {
		case strings.HasPrefix(name, "grpc"), strings.HasPrefix(name, "tcp"): // of plug-ins
			continue
		case name == "unary-retry-500", name == "unary-relay-metadata":
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := converse(t, base)
			if name == "unary-timeout" {
				c.moves = "s" // v4's server answered when its client was gone
			}
			s := c.play(t)
			cl := client.NewClient(client.Transport(transport.NewHTTPTransport()))
			if strings.HasPrefix(name, "stream-") || name == "debug-log-json" {
				c.stream(t, cl, s.addr)
			} else {
				c.unary(t, cl, s.addr)
			}
			if err := cl.(io.Closer).Close(); err != nil {
				t.Error(err)
			}
			s.done.Wait()
			if n := len(c.requests); len(s.got) == n+1 && s.got[n].Header.Get("Micro-Error") == "EOS" && c.requests[n-1].Header.Get("Micro-Error") == "" {
				s.got = s.got[:n] // v4's program left without closing its stream
			}
			if diff := cmp.Diff(c.requests, s.got); diff != "" {
				t.Errorf("requests (-v4 +ours):\n%s", diff)
			}
		})
	}
}

func raw(body string) any {
	if body == "" {
		return nil
	}
	return &frames.Frame{Data: []byte(body)}
}

func (c conversation) request(cl client.Client, r sent, opts ...client.RequestOption) client.Request {
	h := r.Header
	return cl.NewRequest(h.Get("Micro-Service"), h.Get("Micro-Endpoint"), raw(r.Body), append(opts, client.WithContentType(h.Get("Content-Type")))...)
}

func (c conversation) answer() any {
	h := c.requests[0].Header
	if h.Get("Content-Type") == "application/protobuf" {
		return answerTo(h.Get("Micro-Endpoint"))
	}
	return new(frames.Frame)
}

func (c conversation) unary(t *testing.T, cl client.Client, addr string) {
	t.Helper()
	var got string
	var last error
	for _, r := range c.requests {
		timeout, err := strconv.ParseInt(r.Header.Get("Timeout"), 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		rsp := c.answer()
		last = cl.Call(t.Context(), c.request(cl, r), rsp, client.WithAddress(addr), client.WithRequestTimeout(time.Duration(timeout)))
		if last == nil {
			got += printed(t, rsp)
		}
	}
	h := c.requests[0].Header
	sameLines(t, h.Get("Micro-Endpoint"), h.Get("Content-Type"), c.Stdout, got)
	_, text, failed := strings.Cut(c.Stderr, "ERROR ")
	if !failed {
		if last != nil {
			t.Errorf("got %v, v4 had no error", last)
		}
		return
	}
	var want struct {
		Parsed struct {
			Code   int32
			Detail string
		}
	}
	if err := json.Unmarshal([]byte(text), &want); err != nil {
		t.Fatal(err)
	}
	if e := errs.FromError(last); last == nil || e.GetCode() != want.Parsed.Code || e.GetDetail() != want.Parsed.Detail {
		t.Errorf("got %v, v4 had %+v", last, want.Parsed)
	}
}

func (c conversation) stream(t *testing.T, cl client.Client, addr string) {
	t.Helper()
	s, err := cl.Stream(t.Context(), c.request(cl, c.requests[0], client.StreamingRequest()), client.WithAddress(addr))
	if err != nil {
		t.Fatal(err)
	}
	var got string
	var last error
	next := 1
	for _, move := range c.moves[1:] {
		if move == 's' {
			if next < len(c.requests) && c.requests[next].Header.Get("Micro-Error") == "" {
				if err := s.Send(raw(c.requests[next].Body)); err != nil {
					t.Errorf("send %d: %v", next, err)
				}
			}
			next++
			continue
		}
		if last != nil {
			t.Errorf("more to come after %v", last)
			break
		}
		rsp := c.answer()
		if last = s.Recv(rsp); last == nil {
			got += printed(t, rsp)
		}
	}
	if err := s.Close(); err != nil {
		t.Errorf("close: %v", err)
	}
	h := c.requests[0].Header
	sameLines(t, h.Get("Micro-Endpoint"), h.Get("Content-Type"), c.Stdout, got)
	_, want, ended := strings.Cut(strings.TrimSpace(c.Stderr), "recv: ")
	switch {
	case !ended:
		if last != nil {
			t.Errorf("got %v, v4's caller ended the stream", last)
		}
	case strings.HasSuffix(want, " EOF"):
		if !errors.Is(last, io.EOF) {
			t.Errorf("the end: %v, want EOF", last)
		}
	default:
		_, text, _ := strings.Cut(want, " ")
		if w, e := errs.Parse(text), errs.FromError(last); last == nil || e.GetCode() != w.GetCode() || e.GetDetail() != w.GetDetail() {
			t.Errorf("the end: %v, want %s", last, text)
		}
	}
}

// What v4's client refuses by itself, this one refuses with the same words (captures unary-textct, unary-unknown-service).
func TestRefusalsOfV4(t *testing.T) {
	w := newWorld(t, transport.NewHTTPTransport())
	cl := w.client()
	err := cl.Call(t.Context(), cl.NewRequest("fleet.greeter", "Greeter.Hello", raw("{}"), client.WithContentType("text/plain")), nil, client.WithAddress("127.0.0.1:1"))
	if e := errs.FromError(err); e.GetId() != "go.micro.client" || e.GetCode() != 500 || e.GetDetail() != "unsupported Content-Type: text/plain" {
		t.Errorf("content type: %v", err)
	}
	err = cl.Call(t.Context(), cl.NewRequest("no.such.service", "Greeter.Hello", raw("{}")), nil)
	if e := errs.FromError(err); e.GetId() != "go.micro.client" || e.GetCode() != 500 || e.GetDetail() != "service no.such.service: not found" {
		t.Errorf("unknown service: %v", err)
	}
}

// A server that does not speak this protocol is an error at once, as for v4's client (capture mucp-client-to-grpc-server).
func TestAServerOfAnotherProtocol(t *testing.T) {
	a := play(t, capture(t, "mucp-client-to-grpc-server-conn0.s2c"))
	cl := client.NewClient(client.Transport(transport.NewHTTPTransport()))
	err := cl.Call(t.Context(), cl.NewRequest("fleet.grpc", "Greeter.Hello", raw("{}")), nil, client.WithAddress(a.addr))
	if e := errs.FromError(err); e.GetId() != "go.micro.client.transport" || e.GetCode() != 500 || !strings.Contains(e.GetDetail(), "malformed HTTP") {
		t.Errorf("got %v", err)
	}
	if err := cl.(io.Closer).Close(); err != nil {
		t.Error(err)
	}
}
