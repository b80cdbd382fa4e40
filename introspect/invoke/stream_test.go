package invoke_test

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	microerrors "github.com/microtop/microtop/framework/errors"
	"github.com/microtop/microtop/introspect"
	"github.com/microtop/microtop/introspect/invoke"
	"github.com/microtop/microtop/introspect/schema"
)

// open opens a stream that ends with the test.
func open(t *testing.T, s *introspect.Session, r invoke.Request) *invoke.Stream {
	t.Helper()
	stream, err := invoke.Open(t.Context(), s, r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for range 2 {
			if err := stream.Close(); err != nil {
				t.Error(err)
			}
		}
	})
	return stream
}

// rest receives until the stream ends.
func rest(stream *invoke.Stream) (messages []string, end error) {
	for {
		body, err := stream.Recv()
		if err != nil {
			return messages, err
		}
		messages = append(messages, string(body))
	}
}

func send(t *testing.T, stream *invoke.Stream, bodies ...string) {
	t.Helper()
	for _, body := range bodies {
		if err := stream.Send([]byte(body)); err != nil {
			t.Fatalf("send %s: %v", body, err)
		}
	}
}

func TestServerStream(t *testing.T) {
	w := newWorld()
	w.node(t, "1", everything)
	s := w.session(t)
	stream := open(t, s, request("Streamer.Count", `{"from":"1","to":"3"}`))
	if stream.Kind() != schema.Server || time.Since(stream.Start()) > time.Minute {
		t.Errorf("kind %s, start %v", stream.Kind(), stream.Start())
	}
	got, err := rest(stream)
	if fmt.Sprint(got) != `[{"value":"1"} {"value":"2"} {"value":"3"}]` || !errors.Is(err, io.EOF) {
		t.Errorf("got %v, %v", got, err)
	}
	if sent, received := stream.Counts(); sent != 1 || received != 3 {
		t.Errorf("%d sent, %d received", sent, received)
	}
	// Without a body an empty one is sent: the handler waits for it.
	got, err = rest(open(t, s, request("Streamer.Count", "")))
	if fmt.Sprint(got) != `[{}]` || !errors.Is(err, io.EOF) {
		t.Errorf("empty: %v, %v", got, err)
	}
	got, err = rest(open(t, s, request("Streamer.Count", `{"to":5,"failAfter":2,"failKind":"badrequest"}`)))
	if len(got) != 2 || microerrors.FromError(err).GetCode() != 400 {
		t.Errorf("failing: %v, %v", got, err)
	}
}

func TestClientStream(t *testing.T) {
	w := newWorld()
	w.node(t, "1", everything)
	stream := open(t, w.session(t), request("Streamer.Sum", `{"value":"1"}`))
	send(t, stream, `{"value":2}`, `{"value":"3"}`)
	if err := stream.CloseSend(); err != nil {
		t.Fatal(err)
	}
	got, err := rest(stream)
	if fmt.Sprint(got) != `[{"total":"6","n":"3"}]` || !errors.Is(err, io.EOF) {
		t.Errorf("got %v, %v", got, err)
	}
	if err := stream.Send([]byte("{}")); err == nil {
		t.Error("sent after CloseSend")
	}
}

// A body that does not fit is refused, and the stream goes on.
func TestABadMessageDoesNotEndAStream(t *testing.T) {
	w := newWorld()
	w.node(t, "1", everything)
	stream := open(t, w.session(t), request("Streamer.PingPong", ""))
	for i, bad := range []string{`{"strok":1}`, `{`, `{"stroke":"x"}`} {
		var body *schema.BodyError
		if err := stream.Send([]byte(bad)); !errors.As(err, &body) {
			t.Errorf("%s: %v", bad, err)
		}
		send(t, stream, fmt.Sprintf(`{"stroke":%d,"note":"n"}`, i+1))
		got, err := stream.Recv()
		if err != nil || string(got) != fmt.Sprintf(`{"stroke":"%d","note":"pong:n"}`, i+1) {
			t.Fatalf("got %s, %v", got, err)
		}
	}
	if sent, received := stream.Counts(); sent != 3 || received != 3 {
		t.Errorf("%d sent, %d received", sent, received)
	}
	if err := stream.CloseSend(); err != nil {
		t.Error(err)
	}
	if _, err := stream.Recv(); !errors.Is(err, io.EOF) {
		t.Errorf("after the half close: %v", err)
	}
}

func TestBidiStreamThatFails(t *testing.T) {
	w := newWorld()
	w.node(t, "1", everything)
	stream := open(t, w.session(t), request("Streamer.PingPong", `{"note":"boom"}`))
	got, err := rest(stream)
	if e := microerrors.FromError(err); len(got) != 1 || e.GetCode() != 400 || e.GetDetail() != "boom" {
		t.Errorf("got %v, %v", got, err)
	}
}

// Close ends a Recv that waits.
func TestCloseEndsAStream(t *testing.T) {
	w := newWorld()
	w.node(t, "1", everything)
	stream := open(t, w.session(t), request("Streamer.PingPong", ""))
	ended := make(chan error, 1)
	go func() {
		_, err := stream.Recv()
		ended <- err
	}()
	time.AfterFunc(20*time.Millisecond, func() { _ = stream.Close() })
	select {
	case err := <-ended:
		if err == nil {
			t.Error("no error")
		}
	case <-time.After(5 * time.Second):
		t.Fatal("Recv goes on")
	}
}

func TestStreamsOfTheWrongKind(t *testing.T) {
	w := newWorld()
	w.node(t, "1", everything)
	s := w.session(t)
	for _, tt := range []struct {
		endpoint string
		kind     schema.Kind
		want     string
	}{
		{"Greeter.Hello", "", "Greeter.Hello is unary: use `microtop call fleet.greeter Greeter.Hello`"},
		{"Greeter.Hello", schema.Server, "is unary"},
		{"Streamer.PingPong", schema.Server, "is a bidi stream: use `microtop stream bidi"},
		{"Streamer.Count", schema.Bidi, "is a server stream"},
		{"Func", "", "publish to the topic"},
		{"Streamer.Nope", "", "no endpoint"},
	} {
		r := request(tt.endpoint, "{}")
		r.Kind = tt.kind
		if _, err := invoke.Open(t.Context(), s, r); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s as %q: %v", tt.endpoint, tt.kind, err)
		}
	}
	if n := w.runs.Load(); n != 0 {
		t.Errorf("%d handlers ran", n)
	}
}

// A stream whose direction nobody told is taken for what the caller says.
func TestAStreamOfAnUnknownDirection(t *testing.T) {
	w := newWorld()
	w.bare(t, everything)
	s := w.session(t)
	r := request("Streamer.Count", "")
	r.Kind = schema.Server
	stream := open(t, s, r)
	if stream.Kind() != schema.Server {
		t.Errorf("kind %s", stream.Kind())
	}
	got, err := rest(stream)
	if len(got) != 1 || !errors.Is(err, io.EOF) {
		t.Errorf("got %v, %v", got, err)
	}
	r.Kind = ""
	if stream := open(t, s, r); stream.Kind() != schema.Stream {
		t.Errorf("kind %s", stream.Kind())
	}
}

func TestAStreamOfPlainGoTypes(t *testing.T) {
	w := newWorld()
	w.node(t, "1", everything)
	r := request("Shop.Watch", `{"sku":"a","price":2}`)
	got, err := rest(open(t, w.session(t), r))
	if fmt.Sprint(got) != `[{"sku":"a","price":2}]` || !errors.Is(err, io.EOF) {
		t.Errorf("got %v, %v", got, err)
	}
}
