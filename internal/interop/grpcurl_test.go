package interop_test

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/fullstorydev/grpcurl"
	"github.com/jhump/protoreflect/grpcreflect" //nolint:staticcheck // grpcurl's own way to ask for reflection
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/microtop/microtop/framework/broker"
	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/framework/server"
	grpcserver "github.com/microtop/microtop/framework/server/grpc"
	"github.com/microtop/microtop/framework/server/servertest/fleet"
)

// A087: grpcurl, which knows nothing of the framework, lists, describes and calls a service by reflection.
func TestA087_GRPCurl(t *testing.T) {
	s := grpcserver.NewServer(server.Name("curled"), server.Address("127.0.0.1:0"), server.Registry(registry.NewMemoryRegistry()), server.Broker(broker.NewMemoryBroker()))
	streamer := fleet.File_framework_server_servertest_fleet_fleet_proto.Services().ByName("Streamer")
	if err := s.Handle(s.NewHandler(new(fleet.Streamer), server.HandlerDescriptor(streamer))); err != nil {
		t.Fatal(err)
	}
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.Stop(); err != nil {
			t.Error(err)
		}
	}()
	conn, err := grpc.NewClient(s.Options().Address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	reflected := grpcreflect.NewClientAuto(t.Context(), conn)
	defer reflected.Reset()
	source := grpcurl.DescriptorSourceFromServer(t.Context(), reflected)

	services, err := grpcurl.ListServices(source)
	if err != nil || !slices.Contains(services, "fleet.Streamer") || !slices.Contains(services, "grpc.health.v1.Health") {
		t.Errorf("list: %v, %v", services, err)
	}
	methods, err := grpcurl.ListMethods(source, "fleet.Streamer")
	if err != nil || len(methods) != 3 {
		t.Errorf("list fleet.Streamer: %v, %v", methods, err)
	}
	symbol, err := source.FindSymbol("fleet.Streamer.Count")
	if err != nil {
		t.Fatal(err)
	}
	text, err := grpcurl.GetDescriptorText(symbol, source)
	if err != nil || !strings.Contains(text, "rpc Count ( .fleet.CountRequest ) returns ( stream .fleet.Value )") {
		t.Errorf("describe: %q, %v", text, err)
	}
	for method, c := range map[string][2]string{
		"fleet.Streamer/Count":        {`{"from": 1, "to": 3}`, `"value": "3"`},
		"fleet.Streamer/Sum":          {`{"value": 2} {"value": 40}`, `"total": "42"`},
		"fleet.Streamer/PingPong":     {`{"stroke": 1} {"stroke": 2}`, `"stroke": "2"`},
		"grpc.health.v1.Health/Check": {`{"service": "fleet.Streamer"}`, `"SERVING"`},
	} {
		if got := invoke(t, source, conn, method, c[0]); !strings.Contains(got, c[1]) {
			t.Errorf("%s %s: %s", method, c[0], got)
		}
	}
}

// invoke calls a method as grpcurl's command does and gives what it prints.
func invoke(t *testing.T, source grpcurl.DescriptorSource, conn *grpc.ClientConn, method, in string) string {
	t.Helper()
	parser, formatter, err := grpcurl.RequestParserAndFormatter(grpcurl.FormatJSON, source, strings.NewReader(in), grpcurl.FormatOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	handler := &grpcurl.DefaultEventHandler{Out: &out, Formatter: formatter}
	if err := grpcurl.InvokeRPC(context.WithoutCancel(t.Context()), source, conn, method, nil, handler, parser.Next); err != nil {
		t.Errorf("%s: %v", method, err)
	}
	if handler.Status.Err() != nil {
		t.Errorf("%s: %v", method, handler.Status)
	}
	return out.String()
}
