package transport_test

import (
	"testing"

	"github.com/microtop/microtop/framework/transport"
	"github.com/microtop/microtop/framework/transport/transporttest"
)

func TestA180_A181_MemoryConformance(t *testing.T) {
	transporttest.Run(t, func(*testing.T) transport.Transport { return transport.NewMemoryTransport() }, transporttest.Caps{Refuses: true})
}

func TestA180_A181_A185_A186_A188_HTTPConformance(t *testing.T) {
	transporttest.Run(t, func(*testing.T) transport.Transport { return transport.NewHTTPTransport() }, transporttest.Caps{Refuses: true})
}
