package server_test

import (
	"testing"

	"github.com/microtop/microtop/framework/client"
	"github.com/microtop/microtop/framework/server"
	"github.com/microtop/microtop/framework/server/servertest"
	"github.com/microtop/microtop/framework/transport"
)

func TestA332_Conformance(t *testing.T) {
	for name, open := range map[string]func(...transport.Option) transport.Transport{
		"memory": transport.NewMemoryTransport, "http": transport.NewHTTPTransport,
	} {
		t.Run(name, func(t *testing.T) {
			shared := open()
			servertest.Run(t, servertest.Pair{
				NewServer: func(opts ...server.Option) server.Server {
					return server.NewServer(append(opts, server.Transport(shared))...)
				},
				NewClient: func(opts ...client.Option) client.Client {
					return client.NewClient(append(opts, client.Transport(shared))...)
				},
			})
		})
	}
}
