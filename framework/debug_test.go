package micro_test

import (
	"context"
	"testing"

	micro "github.com/microtop/microtop/framework"
	"github.com/microtop/microtop/framework/client"
	pb "github.com/microtop/microtop/framework/debug/proto"
	"github.com/microtop/microtop/framework/registry"
)

// Debug is a program's own debug handler, as v4's programs register one.
type Debug struct{}

// Health answers in its own way.
func (*Debug) Health(_ context.Context, _ *pb.HealthRequest, rsp *pb.HealthResponse) error {
	rsp.Status = "as the program says"
	return nil
}

// A program's own Debug handler replaces the methods that it has; the schema is still told, and says what the registry says.
func TestAProgramsOwnDebugHandlerAnswersFirst(t *testing.T) {
	r := registry.NewMemoryRegistry()
	ctx, cancel := context.WithCancel(t.Context())
	up := make(chan struct{})
	s := micro.NewService(micro.Name("own"), micro.Address("127.0.0.1:0"), micro.Registry(r), micro.Context(ctx),
		micro.AfterStart(func() error { close(up); return nil }))
	if err := micro.RegisterHandler(s.Server(), new(Debug)); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- s.Run() }()
	<-up
	health, schema := new(pb.HealthResponse), new(pb.SchemaResponse)
	call := func(endpoint string, req, rsp any) {
		t.Helper()
		request := s.Client().NewRequest("own", endpoint, req, client.WithContentType("application/protobuf"))
		if err := s.Client().Call(t.Context(), request, rsp); err != nil {
			t.Errorf("%s: %v", endpoint, err)
		}
	}
	call("Debug.Health", new(pb.HealthRequest), health)
	call("Debug.Stats", new(pb.StatsRequest), new(pb.StatsResponse))
	call("Debug.Schema", new(pb.SchemaRequest), schema)
	if health.GetStatus() != "as the program says" || len(schema.GetEndpoints()) != 1 || schema.GetEndpoints()[0].GetName() != "Debug.Health" {
		t.Errorf("health %q, schema %v", health.GetStatus(), schema.GetEndpoints())
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
