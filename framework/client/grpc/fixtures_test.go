package grpc_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"

	"github.com/microtop/microtop/framework/client"
	errs "github.com/microtop/microtop/framework/errors"
	"github.com/microtop/microtop/framework/internal/grpctest"
	"github.com/microtop/microtop/framework/metadata"
	"github.com/microtop/microtop/framework/server/servertest/fleet"
)

// call is a captured one, made again.
type call struct {
	service, endpoint, contentType string
	header                         metadata.Metadata
	stream, closes                 bool
	requests                       []proto.Message
	reply                          func() proto.Message
}

// callOf reads what v4's client had been asked to do from what it sent.
func callOf(t *testing.T, f grpctest.Fixture) call {
	t.Helper()
	asked := f.Asked(t)
	service, method, _ := strings.Cut(strings.TrimPrefix(asked.Headers[":path"], "/"), "/")
	dot := strings.LastIndexByte(service, '.')
	c := call{service: service[:dot], endpoint: service[dot+1:] + "." + method, contentType: asked.Headers["x-content-type"], header: metadata.Metadata{}}
	for name, value := range asked.Headers {
		switch name {
		case "x-tenant", "mixed":
			c.header[name] = value
		}
	}
	var request func() proto.Message
	request, c.reply = messagesOf(c.endpoint)
	c.stream = strings.HasPrefix(c.endpoint, "Streamer.")
	c.closes = c.stream && asked.Ended
	for _, data := range asked.Messages {
		m := request()
		err := proto.Unmarshal(data, m)
		if strings.HasSuffix(asked.Headers["content-type"], "json") {
			err = protojson.Unmarshal(data, m)
		}
		if err != nil {
			t.Fatal(err)
		}
		c.requests = append(c.requests, m)
	}
	return c
}

// messagesOf are the types of an endpoint of the captured service.
func messagesOf(endpoint string) (request, reply func() proto.Message) {
	empty := func() proto.Message { return new(fleet.Empty) }
	switch endpoint {
	case "Greeter.Hello":
		return func() proto.Message { return new(fleet.HelloRequest) }, func() proto.Message { return new(fleet.HelloResponse) }
	case "Greeter.Fail":
		return func() proto.Message { return new(fleet.FailRequest) }, empty
	case "Greeter.Headers":
		return empty, func() proto.Message { return new(fleet.HeadersResponse) }
	case "Streamer.Count":
		return func() proto.Message { return new(fleet.CountRequest) }, func() proto.Message { return new(fleet.Value) }
	case "Streamer.Sum":
		return func() proto.Message { return new(fleet.Value) }, func() proto.Message { return new(fleet.Total) }
	case "Streamer.PingPong":
		return func() proto.Message { return new(fleet.Stroke) }, func() proto.Message { return new(fleet.Stroke) }
	}
	return empty, empty
}

// make makes the call and returns the replies with what ended it; nil is a good end.
func (c call) make(ctx context.Context, by client.Client, addr string) (replies []proto.Message, err error) {
	ctx = metadata.NewContext(ctx, c.header)
	opts := []client.RequestOption{client.WithContentType(c.contentType)}
	if !c.stream {
		rsp := c.reply()
		if err := by.Call(ctx, by.NewRequest(c.service, c.endpoint, c.requests[0], opts...), rsp, client.WithAddress(addr)); err != nil {
			return nil, err
		}
		return []proto.Message{rsp}, nil
	}
	stream, err := by.Stream(ctx, by.NewRequest(c.service, c.endpoint, nil, append(opts, client.StreamingRequest())...), client.WithAddress(addr))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, stream.Close()) }()
	for _, req := range c.requests {
		if err := stream.Send(req); err != nil {
			return nil, err
		}
		if c.endpoint == "Streamer.PingPong" {
			rsp := c.reply()
			if err := stream.Recv(rsp); err != nil {
				return replies, err
			}
			replies = append(replies, rsp)
		}
	}
	if c.closes {
		if err := client.EndRequest(stream); err != nil {
			return nil, err
		}
	}
	for {
		rsp := c.reply()
		if err := stream.Recv(rsp); err != nil {
			if errors.Is(err, io.EOF) {
				err = nil
			}
			return replies, err
		}
		replies = append(replies, rsp)
	}
}

// Replayed to this client, v4's server makes of a call what it made of it for v4's, which asked the same (docs/wire.md §8).
func TestA114_ClientReplaysV4(t *testing.T) {
	for _, f := range grpctest.Fixtures(t, "grpc-") {
		if f.Answered(t).Headers == nil {
			continue // v4's server died before it said anything
		}
		t.Run(f.Name, func(t *testing.T) {
			c := callOf(t, f)
			addr, asked := f.Serve(t)
			by := newClient(t, client.Retries(0))
			replies, err := c.make(t.Context(), by, addr)
			if diff := cmp.Diff(printed(t, f, c), replies, protocmp.Transform()); diff != "" {
				t.Errorf("replies (-want +got):\n%s", diff)
			}
			endsAsV4(t, f, err)
			if err := by.(io.Closer).Close(); err != nil {
				t.Error(err)
			}
			sameQuestion(t, f, asked())
		})
	}
}

// printed are the replies that v4's client printed.
func printed(t *testing.T, f grpctest.Fixture, c call) (all []proto.Message) {
	t.Helper()
	for line := range strings.Lines(f.Stdout) {
		m := c.reply()
		if err := protojson.Unmarshal([]byte(line), m); err != nil {
			t.Fatal(err)
		}
		all = append(all, m)
	}
	return all
}

// endsAsV4 compares the end of a call with the one that v4's client told of.
func endsAsV4(t *testing.T, f grpctest.Fixture, err error) {
	t.Helper()
	var want errs.Error
	switch _, text, unary := strings.Cut(f.Stderr, "ERROR "); {
	case unary:
		var told struct{ Parsed json.RawMessage }
		if err := json.Unmarshal([]byte(text), &told); err != nil {
			t.Fatal(err)
		}
		if err := protojson.Unmarshal(told.Parsed, &want); err != nil {
			t.Fatal(err)
		}
	case strings.Contains(f.Stderr, "desc = "): // gRPC's own error; here it is the framework's
		_, text, _ := strings.Cut(strings.TrimSpace(f.Stderr), "desc = ")
		if err := protojson.Unmarshal([]byte(text), &want); err != nil {
			t.Fatal(err)
		}
	default:
		if err != nil {
			t.Errorf("got %v", err)
		}
		return
	}
	got := errs.FromError(err)
	if got.GetCode() != want.GetCode() || got.GetId() != want.GetId() || got.GetDetail() != want.GetDetail() || got.GetStatus() != want.GetStatus() {
		t.Errorf("got %v, want %v", got, &want)
	}
}

// sameQuestion compares what was asked with what v4's client asked.
func sameQuestion(t *testing.T, f grpctest.Fixture, got grpctest.Stream) {
	t.Helper()
	want := f.Asked(t)
	for _, header := range []map[string]string{want.Headers, got.Headers} { // whom one calls, who one is, and when
		delete(header, ":authority")
		delete(header, "grpc-timeout")
		header["user-agent"], _, _ = strings.Cut(header["user-agent"], "/")
		if header["timeout"] != "" {
			header["timeout"] = "given"
		}
	}
	if diff := cmp.Diff(want.Headers, got.Headers); diff != "" {
		t.Errorf("headers (-want +got):\n%s", diff)
	}
	if len(want.Messages) != len(got.Messages) {
		t.Fatalf("%d messages, want %d", len(got.Messages), len(want.Messages))
	}
	for i := range want.Messages {
		same := string(want.Messages[i]) == string(got.Messages[i])
		if strings.HasSuffix(want.Headers["content-type"], "json") {
			same = jsonOf(t, want.Messages[i]) == jsonOf(t, got.Messages[i])
		}
		if !same {
			t.Errorf("message %d is %q, want %q", i, got.Messages[i], want.Messages[i])
		}
	}
}

// jsonOf is JSON with its keys in order and without spaces, which protobuf's library varies.
func jsonOf(t *testing.T, data []byte) string {
	t.Helper()
	var v any
	if err := json.Unmarshal(data, &v); err != nil {
		t.Fatal(err)
	}
	out, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}
