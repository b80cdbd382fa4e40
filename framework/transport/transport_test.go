package transport_test

import (
	"testing"

	"github.com/microtop/microtop/framework/transport"
	"github.com/microtop/microtop/framework/transport/transporttest"
)

func TestMemory(t *testing.T) {
	transporttest.Run(t, func(*testing.T) transport.Transport { return transport.NewMemoryTransport() }, transporttest.Caps{Refuses: true})
}

func TestHTTP(t *testing.T) {
	transporttest.Run(t, func(*testing.T) transport.Transport { return transport.NewHTTPTransport() }, transporttest.Caps{Refuses: true})
}
