package e2e_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"os/exec"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/interop/grpc_testing"
	"google.golang.org/grpc/reflection"
)

// plain is gRPC's own test service, as its makers implement it.
type plain struct {
	grpc_testing.UnimplementedTestServiceServer
}

func (plain) UnaryCall(_ context.Context, req *grpc_testing.SimpleRequest) (*grpc_testing.SimpleResponse, error) {
	return &grpc_testing.SimpleResponse{Payload: &grpc_testing.Payload{Body: make([]byte, req.GetResponseSize())}}, nil
}

func (plain) StreamingOutputCall(req *grpc_testing.StreamingOutputCallRequest, stream grpc_testing.TestService_StreamingOutputCallServer) error {
	for _, p := range req.GetResponseParameters() {
		if err := stream.Send(&grpc_testing.StreamingOutputCallResponse{Payload: &grpc_testing.Payload{Body: make([]byte, p.GetSize())}}); err != nil {
			return err
		}
	}
	return nil
}

func (plain) StreamingInputCall(stream grpc_testing.TestService_StreamingInputCallServer) error {
	sum := 0
	for {
		req, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return stream.SendAndClose(&grpc_testing.StreamingInputCallResponse{AggregatedPayloadSize: int32(sum)})
		}
		if err != nil {
			return err
		}
		sum += len(req.GetPayload().GetBody())
	}
}

func (plain) FullDuplexCall(stream grpc_testing.TestService_FullDuplexCallServer) error {
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

// A server of grpc-go's that knows nothing of the framework is listed, described, called and streamed with by the program,
// which is told its address only.
func TestAPlainGRPCServerByItsAddress(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := grpc.NewServer()
	grpc_testing.RegisterTestServiceServer(s, plain{})
	reflection.Register(s)
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(l) }()
	defer func() {
		s.Stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}()
	at, service := l.Addr().String(), "grpc.testing.TestService"
	for name, c := range map[string]struct {
		in   string
		args []string
		out  []string
	}{
		"listed":        {"", []string{"describe", "--address", at}, []string{"TestService.UnaryCall", "TestService.FullDuplexCall", "bidi"}},
		"described":     {"", []string{"describe", service, "--address", at}, []string{"schema from gRPC reflection", "grpc.testing.SimpleRequest"}},
		"called":        {"", []string{"call", "--address", at, service, "UnaryCall", `{"responseSize": 3}`}, []string{`"AAAA"`}},
		"server stream": {"", []string{"stream", "server", "--address", at, service, "StreamingOutputCall", `{"responseParameters": [{"size": 3}, {"size": 6}]}`}, []string{`{"payload":{"body":"AAAA"}}` + "\n" + `{"payload":{"body":"AAAAAAAA"}}`}},
		"client stream": {`{"payload":{"body":"AAAA"}}` + "\n" + `{"payload":{"body":"AAAA"}}` + "\n", []string{"stream", "client", "--address", at, service, "StreamingInputCall"}, []string{`{"aggregatedPayloadSize":6}`}},
		"bidi stream":   {`{"payload":{"body":"AAAA"}}` + "\n" + `{"payload":{"body":"AAAB"}}` + "\n", []string{"stream", "bidi", "--address", at, service, "FullDuplexCall"}, []string{`{"payload":{"body":"AAAA"}}` + "\n" + `{"payload":{"body":"AAAB"}}`}},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
			defer cancel()
			cmd := exec.CommandContext(ctx, microtop, append([]string{"--registry", "memory"}, c.args...)...)
			var out, errs bytes.Buffer
			cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(c.in), &out, &errs
			if err := cmd.Run(); err != nil {
				t.Errorf("%v: %s", err, &errs)
			}
			for _, want := range c.out {
				if !strings.Contains(out.String(), want) {
					t.Errorf("%s is not in:\n%s", want, &out)
				}
			}
		})
	}
}
