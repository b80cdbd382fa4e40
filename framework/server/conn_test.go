package server_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/microtop/microtop/framework/limits"
	"github.com/microtop/microtop/framework/metadata"
	"github.com/microtop/microtop/framework/server"
	"github.com/microtop/microtop/framework/server/servertest/fleet"
	"github.com/microtop/microtop/framework/transport"
)

// post formats a request with headers "Name: value", a JSON content type unless given, and a body.
func post(body string, headers ...string) []byte {
	head := "POST / HTTP/1.1\r\n"
	if !strings.Contains(strings.Join(headers, "\n"), "Content-Type") {
		headers = append(headers, "Content-Type: application/json")
	}
	for _, h := range headers {
		head += h + "\r\n"
	}
	return fmt.Appendf(nil, "%sContent-Length: %d\r\n\r\n%s", head, len(body), body)
}

func TestAnswersOvertakeByID(t *testing.T) {
	t.Parallel()
	p := connect(t, start(t, all()))
	p.write(post(`{"delay_ms":200}`, "Micro-Endpoint: Greeter.Slow", "Micro-Id: 1"))
	p.write(post(`{"name":"x"}`, "Micro-Endpoint: Greeter.Hello", "Micro-Id: 2"))
	for _, want := range []string{"2", "1"} {
		if f, _ := p.read(); f.ID != want || f.Error != "" {
			t.Errorf("got %+v, want id %s", f, want)
		}
	}
}

func TestADuplicateIDIsRefused(t *testing.T) {
	t.Parallel()
	p := connect(t, start(t, all()))
	p.write(post(`{"delay_ms":100}`, "Micro-Endpoint: Greeter.Slow", "Micro-Id: 1"))
	p.write(post(`{"name":"x"}`, "Micro-Endpoint: Greeter.Hello", "Micro-Id: 1"))
	if f, _ := p.read(); f.ID != "1" || !strings.Contains(f.Error, `"code":409`) {
		t.Errorf("the second: %+v", f)
	}
	if f, _ := p.read(); f.ID != "1" || f.Error != "" {
		t.Errorf("the first: %+v", f)
	}
	p.write(post(`{"name":"x"}`, "Micro-Endpoint: Greeter.Hello", "Micro-Id: 1"))
	if f, _ := p.read(); f.Error != "" {
		t.Errorf("the id is free again: %+v", f)
	}
}

func TestRequestsWithoutIDAreServedInOrder(t *testing.T) {
	t.Parallel()
	p := connect(t, start(t, all()))
	for i, delay := range []int{80, 0, 20, 0} {
		p.write(post(fmt.Sprintf(`{"delay_ms":%d}`, delay), "Micro-Endpoint: Greeter.Slow"))
		p.write(post(fmt.Sprintf(`{"name":"%d"}`, i), "Micro-Endpoint: Greeter.Hello"))
	}
	for i := range 4 {
		p.read()
		if f, _ := p.read(); f.Body != fmt.Sprintf("{\"message\":\"Hello %d\"}\n", i) {
			t.Errorf("answer %d: %+v", i, f)
		}
	}
}

func TestLateFramesDoNotStartAStreamAgain(t *testing.T) {
	t.Parallel()
	p := connect(t, start(t, all()))
	stream := []string{"Micro-Endpoint: Streamer.Count", "Micro-Id: 7", "Micro-Stream: 7"}
	p.write(post("", stream...))
	p.write(post(`{"from":1,"to":1}`, stream...))
	for _, want := range []frame{{"7", "", "{\"value\":1}\n"}, {"7", "EOS", ""}} {
		if f, _ := p.read(); f != want {
			t.Errorf("got %+v, want %+v", f, want)
		}
	}
	p.write(post(`{"from":5,"to":5}`, stream...))
	p.write(post(`{"from":6,"to":6}`, stream...))
	p.write(post(`{"name":"after"}`, "Micro-Endpoint: Greeter.Hello", "Micro-Id: 8"))
	if f, _ := p.read(); f.ID != "8" {
		t.Errorf("a late frame was answered: %+v", f)
	}
	p.write(post("", append(stream, "Micro-Error: EOS")...)) // the caller is through: the id is free
	p.write(post("", stream...))
	p.write(post(`{"from":2,"to":2}`, stream...))
	if f, _ := p.read(); f.Body != "{\"value\":2}\n" {
		t.Errorf("the id used again: %+v", f)
	}
}

func TestStreamEndpointsWithoutStreamID(t *testing.T) {
	t.Parallel()
	p := connect(t, start(t, all()))
	p.write(post(`{"from":9,"to":9}`, "Micro-Endpoint: Streamer.Count", "Micro-Id: 3"))
	p.write(post(`{"from":1,"to":1}`, "Micro-Endpoint: Streamer.Count", "Micro-Id: 3"))
	for _, want := range []frame{{"3", "", "{\"value\":1}\n"}, {"3", "EOS", ""}} {
		if f, _ := p.read(); f != want {
			t.Errorf("got %+v, want %+v", f, want)
		}
	}
}

func TestUnaryEndpointsWithStreamID(t *testing.T) {
	t.Parallel()
	p := connect(t, start(t, all()))
	for i := range 3 { // a stream id that leaked out of another stream's context
		p.write(post(`{"name":"x"}`, "Micro-Endpoint: Greeter.Hello", fmt.Sprintf("Micro-Id: %d", i), "Micro-Stream: 99"))
		if f, _ := p.read(); f.ID != fmt.Sprint(i) || f.Error != "" {
			t.Errorf("got %+v", f)
		}
	}
}

func TestContentTypesMatchExactly(t *testing.T) {
	t.Parallel()
	p := connect(t, start(t, all()))
	p.write(post(`{}`, "Micro-Endpoint: Greeter.Hello", "Micro-Id: 1", "Content-Type: application/json; charset=utf-8"))
	f, h := p.read()
	want := "Unsupported Content-Type: application/json; charset=utf-8"
	if f.Error != want || f.Body != want || h.Get("Content-Type") != "text/plain" {
		t.Errorf("got %+v, %s", f, h.Get("Content-Type"))
	}
}

func TestLegacyBodies(t *testing.T) {
	t.Parallel()
	p := connect(t, start(t, all()))
	p.write(post(`{"id":"9","method":"Greeter.Hello","params":[{"name":"old"}]}`))
	if f, _ := p.read(); f.Error != "" || f.Body != `{"id":"9","result":{"message":"Hello old"},"error":null}`+"\n" {
		t.Errorf("json-rpc: %+v", f)
	}
	p.write(post(`{"anything":1}`))
	if f, _ := p.read(); f.Error != "rpc: service/endpoint request ill-formed:" { // HTTP drops the space at its end
		t.Errorf("no method: %+v", f)
	}
}

func TestEventsAndRequestsAreNotMixed(t *testing.T) {
	t.Parallel()
	p := connect(t, start(t, all()))
	p.write(post(`{}`, "Micro-Endpoint: Greeter.Hello", "Micro-Topic: t", "Micro-Id: 1"))
	if f, _ := p.read(); !strings.Contains(f.Error, `"code":400`) {
		t.Errorf("got %+v", f)
	}
}

func TestR20_TimeoutHeaders(t *testing.T) {
	t.Parallel()
	deadlines := make(chan time.Duration, 1)
	s := start(t, []any{&Deadline{deadlines}})
	p := connect(t, s)
	for value, want := range map[string]time.Duration{
		"5000000000": 5 * time.Second, "18446744073709551616": time.Hour, "7200000000000": time.Hour, "soon": 0, "0": 0, "": 0,
	} {
		p.write(post(`{}`, "Micro-Endpoint: Deadline.Tell", "Micro-Id: 1", "Timeout: "+value))
		if f, _ := p.read(); f.Error != "" {
			t.Fatalf("%q: %+v", value, f)
		}
		if got := <-deadlines; got > want || got < want-time.Second && want > 0 {
			t.Errorf("%q: %v left, want %v", value, got, want)
		}
	}
	p.write(post(`{}`, "Micro-Endpoint: Deadline.Tell", "Micro-Id: 1", "Timeout: -1"))
	if f, _ := p.read(); !strings.Contains(f.Error, `"code":400`) {
		t.Errorf("negative: %+v", f)
	}
}

// Deadline tells how long its requests have.
type Deadline struct{ left chan time.Duration }

// Tell tells it.
func (d *Deadline) Tell(ctx context.Context, _ *fleet.Empty, _ *fleet.Empty) error {
	at, ok := ctx.Deadline()
	if !ok {
		at = time.Now()
	}
	d.left <- max(time.Until(at), 0)
	return nil
}

func TestADeafHandlerIsAnsweredForOnce(t *testing.T) {
	t.Parallel()
	var running sync.WaitGroup
	h := newHeld()
	p := connect(t, start(t, []any{h}, server.Wait(&running), server.Context(t.Context()))) // in any order
	p.write(post(`{}`, "Micro-Endpoint: Held.Deaf", "Micro-Id: 1", "Timeout: 50000000"))
	<-h.running
	if f, _ := p.read(); !strings.Contains(f.Error, `"code":408`) {
		t.Errorf("got %+v", f)
	}
	over := make(chan struct{})
	go func() {
		defer close(over)
		running.Wait()
	}()
	select {
	case <-over:
		t.Error("the handler is not counted")
	case <-time.After(20 * time.Millisecond):
	}
	close(h.let)
	<-over
	p.write(post(`{}`, "Micro-Endpoint: Nope.Nope", "Micro-Id: 2"))
	if f, _ := p.read(); f.ID != "2" {
		t.Errorf("a second answer: %+v", f)
	}
}

// Held is a handler that runs until it is let go, and tells how its context ended.
type Held struct {
	running chan struct{}
	let     chan struct{}
	ended   chan error
}

func newHeld() *Held {
	return &Held{make(chan struct{}, 200), make(chan struct{}), make(chan error, 200)}
}

// Wait waits.
func (h *Held) Wait(ctx context.Context, _ *fleet.Empty, _ *fleet.Empty) error {
	h.running <- struct{}{}
	select {
	case <-ctx.Done():
		h.ended <- context.Cause(ctx)
		return ctx.Err()
	case <-h.let:
		return nil
	}
}

// Deaf waits, whatever happens to its context.
func (h *Held) Deaf(context.Context, *fleet.Empty, *fleet.Empty) error {
	h.running <- struct{}{}
	<-h.let
	return nil
}

// Listen receives until that fails.
func (h *Held) Listen(_ context.Context, s server.Stream) error {
	h.running <- struct{}{}
	for {
		if err := s.Recv(new(fleet.Value)); err != nil {
			h.ended <- err
			return err
		}
	}
}

// Flood sends until that fails.
func (h *Held) Flood(_ context.Context, s server.Stream) error {
	h.running <- struct{}{}
	for {
		if err := s.Send(&fleet.HelloResponse{Blob: make([]byte, 32<<10)}); err != nil {
			h.ended <- err
			return err
		}
	}
}

func TestR04_ALostConnectionEndsWhatRunsOnIt(t *testing.T) {
	t.Parallel()
	for _, endpoint := range []string{"Held.Wait", "Held.Listen", "Held.Flood"} {
		h := newHeld()
		p := connect(t, start(t, []any{h}))
		p.write(post(``, "Micro-Endpoint: "+endpoint, "Micro-Id: 1", "Micro-Stream: 1"))
		<-h.running
		p.conn.Close()
		select {
		case err := <-h.ended:
			if err == nil || errors.Is(err, io.EOF) {
				t.Errorf("%s ended with %v, want an error that is not the end", endpoint, err)
			}
		case <-time.After(time.Second):
			t.Errorf("%s still runs a second after its caller is gone", endpoint)
		}
	}
}

func TestStreamsPerConnAreLimited(t *testing.T) {
	t.Parallel()
	h := newHeld()
	s := start(t, []any{h}, server.Transport(transport.NewHTTPTransport(transport.WithLimits(limits.Limits{StreamsPerConn: 3}))))
	p := connect(t, s)
	for i := range 3 {
		p.write(post(`{}`, "Micro-Endpoint: Held.Wait", fmt.Sprintf("Micro-Id: %d", i)))
		<-h.running
	}
	p.write(post(`{}`, "Micro-Endpoint: Held.Wait", "Micro-Id: 3"))
	if f, _ := p.read(); f.ID != "3" || !strings.Contains(f.Error, `"code":503`) {
		t.Errorf("got %+v", f)
	}
	close(h.let)
	for range 3 {
		p.read()
	}
}

func TestA091_A092_MetadataIsTheHeadersAndTheAddresses(t *testing.T) {
	t.Parallel()
	var got metadata.Metadata
	wrap := func(next server.HandlerFunc) server.HandlerFunc {
		return func(ctx context.Context, req server.Request, rsp any) error {
			got, _ = metadata.FromContext(ctx)
			return next(ctx, req, rsp)
		}
	}
	p := connect(t, start(t, all(), server.WrapHandler(wrap)))
	p.write(post(`{}`, "Micro-Endpoint: Greeter.Hello", "Micro-Id: 1", "x-tenant: t", "micro-debug-token: secret"))
	p.read()
	want := metadata.Metadata{
		"Micro-Endpoint": "Greeter.Hello", "Micro-Id": "1", "X-Tenant": "t", "Content-Type": "application/json",
		"Local": p.conn.RemoteAddr().String(), "Remote": p.conn.LocalAddr().String(),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("metadata (-want +got):\n%s", diff)
	}
}
