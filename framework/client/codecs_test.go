package client_test

import (
	"context"
	"testing"

	"github.com/microtop/microtop/framework/broker"
	"github.com/microtop/microtop/framework/client"
	"github.com/microtop/microtop/framework/codec"
	"github.com/microtop/microtop/framework/codec/bson"
	"github.com/microtop/microtop/framework/codec/bsonrpc"
	"github.com/microtop/microtop/framework/codec/mercury"
	"github.com/microtop/microtop/framework/codec/msgpack"
	"github.com/microtop/microtop/framework/codec/msgpackrpc"
	"github.com/microtop/microtop/framework/server"
	"github.com/microtop/microtop/framework/server/servertest/fleet"
	"github.com/microtop/microtop/framework/transport"
)

// others are the codecs that both ends have to be told.
var others = map[string]codec.NewCodec{
	"application/bson": bson.NewCodec, "application/bson-rpc": bsonrpc.NewCodec, "application/msgpack": msgpack.NewCodec,
	"application/msgpack-rpc": msgpackrpc.NewCodec, "application/x-protobuf": mercury.NewCodec,
}

// serveAll starts a server that knows every codec.
func serveAll(t *testing.T, w *world) {
	t.Helper()
	s := server.NewServer(server.Name(fleet.Service), server.Address("127.0.0.1:0"), server.Registry(w.registry),
		server.Transport(w.transport), server.Broker(broker.NewMemoryBroker()), server.WithLogger(quiet()))
	for contentType, open := range others {
		if err := s.Init(server.Codec(contentType, open)); err != nil {
			t.Fatal(err)
		}
	}
	for _, h := range []any{new(fleet.Greeter), new(fleet.Streamer)} {
		if err := s.Handle(s.NewHandler(h)); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Stop() })
}

// One server, one client, one connection: the codec is chosen for each message by its content type. The first eight need
// no telling; A202: decision A2-3 makes JSON the client's default, and protobuf the server's for requests that say nothing.
func TestA202_A203_A204_A205_A206_A207_A208_A334_CodecsByContentType(t *testing.T) {
	w := newWorld(t, transport.NewHTTPTransport())
	serveAll(t, w)
	var opts []client.Option
	for contentType, open := range others {
		opts = append(opts, client.Codec(contentType, open))
	}
	c := w.client(opts...)
	if server.DefaultContentType != "application/protobuf" || client.DefaultContentType != "application/json" {
		t.Errorf("defaults %q and %q", server.DefaultContentType, client.DefaultContentType)
	}
	builtin := []string{
		"application/json", "application/protobuf", "application/json-rpc", "application/proto-rpc", "application/grpc", "application/grpc+proto", "application/grpc+json",
	}
	for _, contentType := range append(builtin, "application/bson", "application/bson-rpc", "application/msgpack", "application/msgpack-rpc", "application/x-protobuf") {
		t.Run(contentType, func(t *testing.T) {
			rsp := new(fleet.HelloResponse)
			req := c.NewRequest(fleet.Service, "Greeter.Hello", &fleet.HelloRequest{Name: contentType}, client.WithContentType(contentType))
			if err := c.Call(t.Context(), req, rsp); err != nil || rsp.GetMessage() != "Hello "+contentType {
				t.Errorf("answer %q, %v", rsp.GetMessage(), err)
			}
			failing := c.NewRequest(fleet.Service, "Greeter.Fail", &fleet.FailRequest{Kind: "micro", Code: 418, Detail: "no"}, client.WithContentType(contentType))
			if err := c.Call(t.Context(), failing, rsp); err == nil {
				t.Error("the handler's error is lost")
			}
			stream(t, c, contentType)
		})
	}
	err := c.Call(t.Context(), c.NewRequest(fleet.Service, "Greeter.Hello", &fleet.HelloRequest{}, client.WithContentType("application/nope")), nil)
	if err == nil {
		t.Error("a content type that nobody knows is no error")
	}
}

// stream sends and receives two messages.
func stream(t *testing.T, c client.Client, contentType string) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	s, err := c.Stream(ctx, c.NewRequest(fleet.Service, "Streamer.PingPong", &fleet.Empty{}, client.WithContentType(contentType)))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for i := range int64(2) {
		back := new(fleet.Stroke)
		if err := s.Send(&fleet.Stroke{Stroke: i, Note: "n"}); err != nil {
			t.Fatal(err)
		}
		if err := s.Recv(back); err != nil || back.GetNote() == "" {
			t.Fatalf("received %v, %v", back, err)
		}
	}
}
