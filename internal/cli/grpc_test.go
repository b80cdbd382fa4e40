package cli_test

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	stock "google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/interop/grpc_testing"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/reflection"
	"google.golang.org/grpc/status"

	"github.com/microtop/microtop/framework/registry"
)

// testService is a service as gRPC's own documentation has it, which knows nothing of the framework.
type testService struct {
	grpc_testing.UnimplementedTestServiceServer
}

func (testService) UnaryCall(ctx context.Context, req *grpc_testing.SimpleRequest) (*grpc_testing.SimpleResponse, error) {
	if s := req.GetResponseStatus(); s != nil {
		return nil, status.Error(codes.Code(s.GetCode()), s.GetMessage())
	}
	md, _ := metadata.FromIncomingContext(ctx)
	return &grpc_testing.SimpleResponse{
		Username: strings.Join(md.Get("x-tenant"), ""), Payload: &grpc_testing.Payload{Body: make([]byte, req.GetResponseSize())},
	}, nil
}

func (testService) StreamingOutputCall(req *grpc_testing.StreamingOutputCallRequest, stream grpc_testing.TestService_StreamingOutputCallServer) error {
	for _, p := range req.GetResponseParameters() {
		if err := stream.Send(&grpc_testing.StreamingOutputCallResponse{Payload: &grpc_testing.Payload{Body: make([]byte, p.GetSize())}}); err != nil {
			return err
		}
	}
	return nil
}

func (testService) StreamingInputCall(stream grpc_testing.TestService_StreamingInputCallServer) error {
	total := 0
	for {
		req, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return stream.SendAndClose(&grpc_testing.StreamingInputCallResponse{AggregatedPayloadSize: int32(total)})
		}
		if err != nil {
			return err
		}
		total += len(req.GetPayload().GetBody())
	}
}

func (testService) FullDuplexCall(stream grpc_testing.TestService_FullDuplexCallServer) error {
	for {
		req, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := stream.Send(&grpc_testing.StreamingOutputCallResponse{Payload: req.GetPayload()}); err != nil {
			return err
		}
	}
}

// HalfDuplexCall answers each message, and never ends: as go-micro v4's streams do not after a half-close.
func (s testService) HalfDuplexCall(stream grpc_testing.TestService_HalfDuplexCallServer) error {
	if err := s.FullDuplexCall(stream); err != nil {
		return err
	}
	<-stream.Context().Done()
	return nil
}

// startStock starts a plain gRPC server and returns its address.
func startStock(t *testing.T, register func(*stock.Server)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := stock.NewServer()
	grpc_testing.RegisterTestServiceServer(s, testService{})
	register(s)
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(l) }()
	t.Cleanup(func() {
		s.Stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return l.Addr().String()
}

// A gRPC server that knows nothing of the framework is described, called and streamed with by its address.
func TestAPlainGRPCServer(t *testing.T) {
	versions := map[string]func(*stock.Server){
		"v1 and v1alpha": func(s *stock.Server) { reflection.Register(s) },
		"v1":             func(s *stock.Server) { reflection.RegisterV1(s) },
	}
	const service = "grpc.testing.TestService"
	for name, register := range versions {
		t.Run(name, func(t *testing.T) {
			at := startStock(t, register)
			for _, c := range []struct {
				name, in string
				args     []string
				code     int
				out, err string
			}{
				{name: "describe", args: []string{"describe", "--address", at}, out: "TestService.UnaryCall            unary   grpc.testing.SimpleRequest"},
				{name: "its source is shown", args: []string{"describe", service, "--address", at}, out: "schema from gRPC reflection"},
				{name: "streams have a direction", args: []string{"describe", service, "--address", at, "-o", "json"}, out: `"kind": "client"`},
				{name: "call", args: []string{"call", "--address", at, service, "UnaryCall", `{"responseSize": 3}`}, out: `"AAAA"`},
				{name: "call by Service.Method", args: []string{"call", "--address", at, service, "TestService.UnaryCall", `{"responseSize": 3}`}, out: `"AAAA"`},
				{name: "call by the full name", args: []string{"call", "--address", at, service, service + "/UnaryCall", `{"responseSize": 3}`}, out: `"AAAA"`},
				{name: "call as gRPC's tools have it", args: []string{"call", "--address", at, service + "/UnaryCall", `{"responseSize": 3}`}, out: `"AAAA"`},
				{name: "no endpoint", args: []string{"call", "--address", at, service}, code: 2, err: "`microtop describe --address " + at + "` lists what is there"},
				{name: "metadata", args: []string{"call", "--address", at, service, "UnaryCall", "--metadata", "X-Tenant=acme"}, out: `"acme"`},
				{name: "the protocol may be said", args: []string{"call", "--protocol", "grpc", "--address", at, service, "EmptyCall"}, code: 1, err: "501"},
				{name: "an error", args: []string{"call", "--address", at, service, "UnaryCall", `{"responseStatus": {"code": 5, "message": "not here"}}`}, code: 1, err: "404 Not Found: not here"},
				{name: "an unknown field is not sent", args: []string{"call", "--address", at, service, "UnaryCall", `{"respnseSize": 3}`}, code: 2, err: "responseSize"},
				{name: "an unknown method", args: []string{"call", "--address", at, service, "UnryCall"}, code: 1, err: "did you mean TestService.UnaryCall"},
				{name: "an unknown service", args: []string{"describe", "--address", at, "grpc.testing.TestServic"}, out: "did you mean grpc.testing.TestService?"},
				{name: "server stream", args: []string{"stream", "server", "--address", at, service, "StreamingOutputCall", `{"responseParameters": [{"size": 3}, {"size": 6}]}`}, out: `{"payload":{"body":"AAAA"}}` + "\n" + `{"payload":{"body":"AAAAAAAA"}}`},
				{name: "client stream", in: `{"payload":{"body":"AAAA"}}` + "\n" + `{"payload":{"body":"AAAA"}}` + "\n", args: []string{"stream", "client", "--address", at, service, "StreamingInputCall"}, out: `{"aggregatedPayloadSize":6}`},
				{name: "bidi stream", in: `{"payload":{"body":"AAAA"}}` + "\n", args: []string{"stream", "bidi", "--address", at, service, "FullDuplexCall"}, out: `{"payload":{"body":"AAAA"}}`},
				{name: "a stream is not called", args: []string{"call", "--address", at, service, "FullDuplexCall"}, code: 2, err: "bidi stream"},
				{name: "it has no debug service", args: []string{"health", "--address", at}, code: 1, out: "speaks grpc and has no debug service"},
				{name: "nor mucp", args: []string{"call", "--protocol", "mucp", "--address", at, service, "UnaryCall"}, code: 1, err: "malformed HTTP"},
				{name: "an odd protocol", args: []string{"call", "--protocol", "smoke", "--address", at, service, "UnaryCall"}, code: 2, err: "use auto, mucp, grpc or http"},
			} {
				t.Run(c.name, func(t *testing.T) {
					got := run(t, c.in, append([]string{"--registry", "memory"}, c.args...)...)
					if got.code != c.code || !strings.Contains(got.out, c.out) || !strings.Contains(got.err, c.err) {
						t.Errorf("%q: status %d, out %q, err %q", c.args, got.code, got.out, got.err)
					}
				})
			}
		})
	}
}

const noReflection = `syntax = "proto3";
package grpc.testing;
// Tests are what it serves.
service TestService { rpc UnaryCall(SimpleRequest) returns (SimpleResponse); }
message SimpleRequest {
  int32 response_size = 2; // in bytes
}
message SimpleResponse { Payload payload = 1; }
message Payload { bytes body = 2; }
`

// A server without reflection is called by its proto files.
func TestAServerThatTellsNothing(t *testing.T) {
	at := startStock(t, func(*stock.Server) {})
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "test.proto"), []byte(noReflection), 0o600); err != nil {
		t.Fatal(err)
	}
	given := []string{"--registry", "memory", "--proto", "test.proto", "--proto-path", dir}
	got := run(t, "", append(given, "call", "--address", at, "grpc.testing.TestService", "UnaryCall", `{"responseSize": 3}`)...)
	if got.code != 0 || !strings.Contains(got.out, `"AAAA"`) {
		t.Errorf("call: %+v", got)
	}
	got = run(t, "", append(given, "describe", "--address", at, "-o", "json")...)
	if got.code != 0 || !strings.Contains(got.out, `"doc": "in bytes"`) || !strings.Contains(got.out, `"source": "files"`) {
		t.Errorf("describe: %+v", got)
	}
	got = run(t, "", append(given, "describe", "--proto", "none.proto", "--address", at)...)
	if got.code != 2 || !strings.Contains(got.err, "none.proto") {
		t.Errorf("a file that is not there: %+v", got)
	}
	got = run(t, "", "--registry", "memory", "describe", "--address", at)
	if got.code != 0 || !strings.Contains(got.out, "no schema") {
		t.Errorf("nothing given: %+v", got)
	}
}

// A peer that never ends a stream does not keep the command: it ends when nothing came for --idle after the input ended.
func TestAPeerThatNeverEndsAStream(t *testing.T) {
	at := startStock(t, func(s *stock.Server) { reflection.Register(s) })
	args := []string{"--registry", "memory", "stream", "bidi", "--address", at, "grpc.testing.TestService", "HalfDuplexCall", "--idle"}
	got := run(t, `{"payload":{"body":"AAAA"}}`+"\n\n"+`{}`+"\n", append(args, "1s")...).status(t, 0)
	if got.out != `{"payload":{"body":"AAAA"}}`+"\n{}\n" {
		t.Errorf("%q %q", got.out, got.err)
	}
	if got = run(t, "", append(args, "200ms")...).status(t, 1); !strings.Contains(got.err, "no answer within 200ms after the input ended: see --idle") {
		t.Errorf("%q %q", got.out, got.err)
	}
}

// A registered gRPC server of a foreign make is found by its name like any service.
func TestARegisteredPlainServer(t *testing.T) {
	w := newWorld(t)
	at := startStock(t, func(s *stock.Server) { reflection.Register(s) })
	w.claim(t, &registry.Service{Name: "foreign", Version: "3", Nodes: []*registry.Node{{Id: "foreign-1", Address: at, Metadata: map[string]string{"protocol": "grpc"}}}})
	for args, want := range map[string]string{
		"describe foreign": "schema from gRPC reflection",
		"call foreign TestService.UnaryCall {\"responseSize\":3}":                           `"AAAA"`,
		"call foreign UnaryCall {\"responseSize\":3}":                                       `"AAAA"`,
		"stream server foreign StreamingOutputCall {\"responseParameters\":[{\"size\":3}]}": "AAAA",
		"nodes foreign": "grpc",
	} {
		if got := w.run(t, strings.Fields(args)...); got.code != 0 || !strings.Contains(got.out, want) {
			t.Errorf("%s: %+v", args, got)
		}
	}
}
