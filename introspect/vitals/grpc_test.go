package vitals_test

import (
	"io"
	"testing"
	"time"

	micro "github.com/microtop/microtop/framework"
	pb "github.com/microtop/microtop/framework/debug/proto"
	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/framework/server/grpc"
	"github.com/microtop/microtop/introspect"
	"github.com/microtop/microtop/introspect/vitals"
)

// A node that speaks gRPC tells as much as one that speaks mucp, also by its address alone.
func TestNodesThatSpeakGRPC(t *testing.T) {
	r := registry.NewMemoryRegistry()
	address := service(t, r, micro.Server(grpc.NewServer())).Server().Options().Address
	s := session(t, r)
	for name, target := range map[string]introspect.Target{"by name": {Service: "shop"}, "by address": {Address: address}} {
		t.Run(name, func(t *testing.T) {
			health, err := vitals.Health(t.Context(), s, target)
			if err != nil || len(health) != 1 || health[0].Err != nil || health[0].Value.GetStatus() != "ok" {
				t.Fatal(health, err)
			}
			node := health[0].Node
			if node.Metadata["protocol"] != introspect.GRPC {
				t.Errorf("it speaks %s", node.Metadata["protocol"])
			}
			stats, err := vitals.Stats(t.Context(), s, target)
			if err != nil || stats[0].Err != nil || stats[0].Value.GetMemory() == 0 {
				t.Error(stats, err)
			}
			info, err := vitals.Info(t.Context(), s, target)
			if err != nil || info[0].Err != nil || info[0].Value.GetPid() == 0 {
				t.Error(info, err)
			}
			if err := vitals.Logs(t.Context(), s, node, 10, false, func(*pb.Record) bool { return true }); err != nil {
				t.Error(err)
			}
			profile, err := vitals.Profile(t.Context(), s, node, "heap", time.Millisecond)
			if err != nil {
				t.Fatal(err)
			}
			data, err := io.ReadAll(profile)
			if err != nil || len(data) == 0 {
				t.Errorf("profile: %d bytes, %v", len(data), err)
			}
			if err := profile.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}
