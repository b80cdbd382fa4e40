package grpc_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	stock "google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	reflectionpb "google.golang.org/grpc/reflection/grpc_reflection_v1"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/testing/protocmp"

	"github.com/microtop/microtop/framework/broker"
	errs "github.com/microtop/microtop/framework/errors"
	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/framework/server"
	"github.com/microtop/microtop/framework/server/grpc"
	"github.com/microtop/microtop/framework/server/servertest"
	"github.com/microtop/microtop/framework/server/servertest/fleet"
)

// serving starts a gRPC server with the fleet's handlers.
func serving(opts ...server.Option) (server.Server, error) {
	s := grpc.NewServer(append([]server.Option{
		server.Name(fleet.Service), server.Address("127.0.0.1:0"), server.Registry(registry.NewMemoryRegistry()),
		server.Broker(broker.NewMemoryBroker()), server.WithLogger(servertest.Logger()),
	}, opts...)...)
	streamer := fleet.File_framework_server_servertest_fleet_fleet_proto.Services().ByName("Streamer")
	for _, h := range []server.Handler{s.NewHandler(new(fleet.Greeter)), s.NewHandler(new(fleet.Streamer), server.HandlerDescriptor(streamer))} {
		if err := s.Handle(h); err != nil {
			return nil, err
		}
	}
	return s, s.Start()
}

// start is serving until the test ends.
func start(t *testing.T, opts ...server.Option) server.Server {
	t.Helper()
	s, err := serving(opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Stop(); err != nil {
			t.Errorf("stop: %v", err)
		}
	})
	return s
}

// dial connects a client that knows nothing of the framework.
func dial(t *testing.T, s server.Server) *stock.ClientConn {
	t.Helper()
	conn, err := stock.NewClient(s.Options().Address, stock.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := conn.Close(); err != nil {
			t.Error(err)
		}
	})
	return conn
}

func TestAStockClientCalls(t *testing.T) {
	conn := dial(t, start(t))
	req := &fleet.HelloRequest{Name: "Ann", Count: 42, Tags: []string{"a"}, Mood: fleet.Mood_HAPPY, InnerItem: &fleet.Inner{Big: 1<<64 - 1}}
	want := &fleet.HelloResponse{Message: "Hello Ann", Count: 42, Tags: []string{"a"}, Mood: fleet.Mood_HAPPY, InnerItem: &fleet.Inner{Big: 1<<64 - 1}}
	for _, path := range []string{"/fleet.Greeter/Hello", "/fleet.greeter.Greeter/Hello", "/Greeter/Hello"} {
		got := new(fleet.HelloResponse)
		if err := conn.Invoke(t.Context(), path, req, got); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", path, diff)
		}
	}
}

// text is a codec of JSON as it is on the wire.
type text struct{}

func (text) Marshal(v any) ([]byte, error)      { return []byte(*v.(*string)), nil }
func (text) Unmarshal(data []byte, v any) error { *v.(*string) = string(data); return nil }
func (text) Name() string                       { return "json" }

// JSON bodies: docs/wire.md §8.2.
func TestJSONOnTheWire(t *testing.T) {
	conn := dial(t, start(t))
	ask, got := `{"name":"Ann","count":"7","mood":"HAPPY","innerItem":{"big":"18446744073709551615"}}`, ""
	if err := conn.Invoke(t.Context(), "/fleet.Greeter/Hello", &ask, &got, stock.ForceCodec(text{})); err != nil {
		t.Fatal(err)
	}
	var answer map[string]any
	if err := json.Unmarshal([]byte(got), &answer); err != nil {
		t.Fatal(err)
	}
	inner, _ := answer["inner_item"].(map[string]any)
	if answer["message"] != "Hello Ann" || answer["count"] != "7" || answer["mood"] != "HAPPY" || inner["big"] != "18446744073709551615" {
		t.Errorf("got %s", got)
	}
	ask = `{"nome":"Ann"}`
	if err := conn.Invoke(t.Context(), "/fleet.Greeter/Hello", &ask, &got, stock.ForceCodec(text{})); status.Code(err) != codes.InvalidArgument || !strings.Contains(err.Error(), "nome") {
		t.Errorf("an unknown field: %v", err)
	}
}

// Errors: docs/wire.md §8.4.
func TestErrorsOnTheWire(t *testing.T) {
	conn := dial(t, start(t))
	for name, c := range map[string]struct {
		path string
		req  *fleet.FailRequest
		code codes.Code
		text string
		of   int32 // the code of the error in the details; 0 for none
	}{
		"not found":       {"/fleet.Greeter/Fail", &fleet.FailRequest{Kind: "micro", Code: 404, Detail: "no such thing"}, codes.NotFound, `"detail":"no such thing"`, 404},
		"bad request":     {"/fleet.Greeter/Fail", &fleet.FailRequest{Kind: "badrequest", Detail: "x"}, codes.InvalidArgument, `"code":400`, 400},
		"a code of v4's":  {"/fleet.Greeter/Fail", &fleet.FailRequest{Kind: "micro", Code: 418, Detail: "x"}, codes.Unknown, `"code":418`, 418},
		"plain":           {"/fleet.Greeter/Fail", &fleet.FailRequest{Kind: "plain", Detail: "just text"}, codes.Unknown, "just text", 0},
		"panic":           {"/fleet.Greeter/Fail", &fleet.FailRequest{Kind: "panic", Detail: "kaboom"}, codes.Internal, "panic recovered: kaboom", 500},
		"unknown handler": {"/fleet.Nope/Hello", &fleet.FailRequest{}, codes.Unimplemented, "unknown service Nope", 0},
		"unknown method":  {"/fleet.Greeter/Nope", &fleet.FailRequest{}, codes.Unimplemented, "unknown service Greeter.Nope", 0},
	} {
		t.Run(name, func(t *testing.T) {
			err := conn.Invoke(t.Context(), c.path, c.req, new(fleet.Empty))
			s, _ := status.FromError(err)
			if s.Code() != c.code || !strings.Contains(s.Message(), c.text) {
				t.Errorf("got %v", err)
			}
			var of int32
			for _, detail := range s.Details() {
				if e, ok := detail.(*errs.Error); ok {
					of = e.GetCode()
				}
			}
			if of != c.of {
				t.Errorf("the details say %d, want %d", of, c.of)
			}
		})
	}
}

// Metadata and deadlines: docs/wire.md §8.3.
func TestMetadataAndDeadlines(t *testing.T) {
	conn := dial(t, start(t))
	ctx := metadata.AppendToOutgoingContext(t.Context(), "x-tenant", "t1", "MiXed", "a", "mixed", "b", "timeout", "5000000000",
		"x-content-type", "application/json", "micro-debug-token", "secret")
	got := new(fleet.HeadersResponse)
	if err := conn.Invoke(ctx, "/fleet.Greeter/Headers", new(fleet.Empty), got); err != nil {
		t.Fatal(err)
	}
	h := got.GetHeaders()
	if h["X-Tenant"] != "t1" || h["Mixed"] != "a, b" || h["Remote"] == "" || h["Content-Type"] != "application/grpc" {
		t.Errorf("metadata %v", h)
	}
	for _, gone := range []string{"Timeout", "X-Content-Type", "Micro-Debug-Token"} {
		if value, ok := h[gone]; ok {
			t.Errorf("%s is %q, want none", gone, value)
		}
	}
	ctx = metadata.AppendToOutgoingContext(t.Context(), "timeout", "50000000")
	err := conn.Invoke(ctx, "/fleet.Greeter/Slow", &fleet.FailRequest{DelayMs: 5000}, new(fleet.Empty))
	if status.Code(err) != codes.DeadlineExceeded {
		t.Errorf("a deadline in v4's header: %v", err)
	}
	ctx = metadata.AppendToOutgoingContext(t.Context(), "timeout", "-1")
	if err := conn.Invoke(ctx, "/fleet.Greeter/Headers", new(fleet.Empty), got); status.Code(err) != codes.InvalidArgument {
		t.Errorf("a negative one: %v", err)
	}
}

func TestStreams(t *testing.T) {
	conn := dial(t, start(t))
	open := func(ctx context.Context, method string) stock.ClientStream {
		t.Helper()
		s, err := conn.NewStream(ctx, &stock.StreamDesc{ServerStreams: true, ClientStreams: true}, "/fleet.Streamer/"+method)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	send := func(s stock.ClientStream, v any) {
		t.Helper()
		if err := s.SendMsg(v); err != nil {
			t.Fatal(err)
		}
	}
	server := open(t.Context(), "Count")
	send(server, &fleet.CountRequest{From: 1, To: 100})
	for want := range int64(100) {
		got := new(fleet.Value)
		if err := server.RecvMsg(got); err != nil || got.GetValue() != want+1 {
			t.Fatalf("message %d is %v, %v", want, got, err)
		}
	}
	if err := server.RecvMsg(new(fleet.Value)); !errors.Is(err, io.EOF) {
		t.Errorf("the end: %v", err)
	}

	client := open(t.Context(), "Sum")
	for i := range int64(10) {
		send(client, &fleet.Value{Value: i + 1})
	}
	if err := client.CloseSend(); err != nil {
		t.Fatal(err)
	}
	total := new(fleet.Total)
	if err := client.RecvMsg(total); err != nil || total.GetTotal() != 55 {
		t.Errorf("the sum is %v, %v", total, err)
	}

	bidi := open(t.Context(), "PingPong")
	for _, note := range []string{"a", "b", "boom"} {
		send(bidi, &fleet.Stroke{Note: note})
		got := new(fleet.Stroke)
		if err := bidi.RecvMsg(got); err != nil || got.GetNote() != "pong:"+note {
			t.Errorf("%s: %v, %v", note, got, err)
		}
	}
	if err := bidi.RecvMsg(new(fleet.Stroke)); status.Code(err) != codes.InvalidArgument {
		t.Errorf("the handler's error: %v", err)
	}

	broken := open(t.Context(), "Count")
	send(broken, &fleet.CountRequest{From: 1, To: 3, FailAfter: 1, FailKind: "panic"})
	_ = broken.RecvMsg(new(fleet.Value)) // the first one; the next is the panic
	if err := broken.RecvMsg(new(fleet.Value)); status.Code(err) != codes.Internal {
		t.Errorf("a panic in a stream: %v", err)
	}

	ctx, cancel := context.WithCancel(t.Context())
	left := open(ctx, "PingPong")
	send(left, &fleet.Stroke{Note: "a"})
	cancel() // the handler ends, else the server's Stop at the end of the test would name it
}

func TestReflectionAndHealth(t *testing.T) {
	s := start(t)
	conn := dial(t, s)
	reflection, err := reflectionpb.NewServerReflectionClient(conn).ServerReflectionInfo(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ask := func(req *reflectionpb.ServerReflectionRequest) *reflectionpb.ServerReflectionResponse {
		t.Helper()
		if err := reflection.Send(req); err != nil {
			t.Fatal(err)
		}
		rsp, err := reflection.Recv()
		if err != nil {
			t.Fatal(err)
		}
		return rsp
	}
	listed := ask(&reflectionpb.ServerReflectionRequest{MessageRequest: &reflectionpb.ServerReflectionRequest_ListServices{}})
	var names []string
	for _, service := range listed.GetListServicesResponse().GetService() {
		names = append(names, service.GetName())
	}
	for _, want := range []string{"fleet.Streamer", "grpc.health.v1.Health", "grpc.reflection.v1.ServerReflection", "grpc.reflection.v1alpha.ServerReflection"} {
		if !slices.Contains(names, want) {
			t.Errorf("%s is not listed among %v", want, names)
		}
	}
	file := ask(&reflectionpb.ServerReflectionRequest{MessageRequest: &reflectionpb.ServerReflectionRequest_FileContainingSymbol{FileContainingSymbol: "fleet.Streamer"}})
	if len(file.GetFileDescriptorResponse().GetFileDescriptorProto()) == 0 {
		t.Errorf("its file: %v", file)
	}
	if err := reflection.CloseSend(); err != nil {
		t.Fatal(err)
	}
	health := healthpb.NewHealthClient(conn)
	for _, name := range []string{"", fleet.Service, "fleet.Streamer"} {
		rsp, err := health.Check(t.Context(), &healthpb.HealthCheckRequest{Service: name})
		if err != nil || rsp.GetStatus() != healthpb.HealthCheckResponse_SERVING {
			t.Errorf("health of %q: %v, %v", name, rsp, err)
		}
	}
}

func TestTheRecordSaysWhatItIs(t *testing.T) {
	s := start(t)
	found, err := s.Options().Registry.GetService(fleet.Service)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"server": "grpc", "protocol": "grpc", "transport": "grpc", "broker": "memory", "registry": "memory"}
	if diff := cmp.Diff(want, found[0].Nodes[0].Metadata); diff != "" {
		t.Errorf("metadata (-want +got):\n%s", diff)
	}
}

// A5 of docs/guarantees.md for gRPC: what runs is finished, what comes later goes elsewhere.
func TestR05_StopFinishesWhatRuns(t *testing.T) {
	came := make(chan struct{}, 2)
	s := start(t, server.WrapHandler(func(next server.HandlerFunc) server.HandlerFunc {
		return func(ctx context.Context, req server.Request, rsp any) error {
			came <- struct{}{}
			return next(ctx, req, rsp)
		}
	}))
	conn := dial(t, s)
	if err := conn.Invoke(t.Context(), "/fleet.Greeter/Hello", new(fleet.HelloRequest), new(fleet.HelloResponse)); err != nil {
		t.Fatal(err)
	}
	<-came
	running := make(chan error, 1)
	go func() {
		running <- conn.Invoke(context.WithoutCancel(t.Context()), "/fleet.Greeter/Slow", &fleet.FailRequest{DelayMs: 400}, new(fleet.Empty))
	}()
	<-came
	began := time.Now()
	if err := s.Stop(); err != nil {
		t.Errorf("stop: %v", err)
	}
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("stop took %v", took)
	}
	if err := <-running; err != nil {
		t.Errorf("the call that ran: %v", err)
	}
	if err := conn.Invoke(t.Context(), "/fleet.Greeter/Hello", new(fleet.HelloRequest), new(fleet.HelloResponse)); status.Code(err) != codes.Unavailable {
		t.Errorf("a call after: %v", err)
	}
}

// Stop returns an error when the drain timeout passes.
func TestAnEndlessStreamIsEndedHalfWay(t *testing.T) {
	t.Parallel()
	const half = 1500 * time.Millisecond
	s := start(t, server.DrainTimeout(2*half))
	stream, err := dial(t, s).NewStream(t.Context(), &stock.StreamDesc{ServerStreams: true, ClientStreams: true}, "/fleet.Streamer/PingPong")
	if err != nil {
		t.Fatal(err)
	}
	if err := stream.SendMsg(&fleet.Stroke{Note: "a"}); err != nil {
		t.Fatal(err)
	}
	if err := stream.RecvMsg(new(fleet.Stroke)); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	if err := s.Stop(); err != nil {
		t.Errorf("stop: %v", err)
	}
	if took := time.Since(began); took < half {
		t.Errorf("stop took %v of a drain timeout of %v", took, 2*half)
	}
}
