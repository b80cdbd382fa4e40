package grpc_test

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/microtop/microtop/framework/client/grpc"
	"github.com/microtop/microtop/framework/server/servertest"

	servergrpc "github.com/microtop/microtop/framework/server/grpc"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestConformance(t *testing.T) {
	servertest.Run(t, servertest.Pair{NewServer: servergrpc.NewServer, NewClient: grpc.NewClient})
}
