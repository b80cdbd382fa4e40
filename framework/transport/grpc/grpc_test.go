package grpc_test

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/microtop/microtop/framework/transport"
	"github.com/microtop/microtop/framework/transport/grpc"
	"github.com/microtop/microtop/framework/transport/transporttest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestA189_Conformance(t *testing.T) {
	transporttest.Run(t, func(*testing.T) transport.Transport { return grpc.NewTransport() }, transporttest.Caps{Refuses: true})
}
