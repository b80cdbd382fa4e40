package grpc_test

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"text/tabwriter"
	"time"

	"github.com/microtop/microtop/framework/broker"
	"github.com/microtop/microtop/framework/client"
	"github.com/microtop/microtop/framework/client/grpc"
	"github.com/microtop/microtop/framework/internal/tlstest"
	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/framework/server"
	grpcserver "github.com/microtop/microtop/framework/server/grpc"
	"github.com/microtop/microtop/framework/server/servertest"
	"github.com/microtop/microtop/framework/server/servertest/fleet"
	"github.com/microtop/microtop/framework/transport"
	grpctransport "github.com/microtop/microtop/framework/transport/grpc"
)

// makes are how a server and a client of one protocol are made.
type makes struct {
	server func(*tls.Config) server.Server
	client func(*tls.Config) client.Client
}

// over is mucp over a transport.
func over(open func(...transport.Option) transport.Transport) makes {
	with := func(config *tls.Config) transport.Transport {
		if config == nil {
			return open()
		}
		return open(transport.TLSConfig(config))
	}
	return makes{
		server: func(config *tls.Config) server.Server { return server.NewServer(server.Transport(with(config))) },
		client: func(config *tls.Config) client.Client { return client.NewClient(client.Transport(with(config))) },
	}
}

var protocols = map[string]makes{
	"mucp": over(transport.NewHTTPTransport),
	"gRPC": {
		server: func(config *tls.Config) server.Server { return grpcserver.NewServer(grpcserver.AuthTLS(config)) },
		client: func(config *tls.Config) client.Client { return grpc.NewClient(grpc.AuthTLS(config)) },
	},
	"mucp over gRPC": over(grpctransport.NewTransport),
}

func (m makes) serve(t *testing.T, config *tls.Config) string {
	t.Helper()
	s := m.server(config)
	err := s.Init(server.Name(fleet.Service), server.Address("127.0.0.1:0"), server.Registry(registry.NewMemoryRegistry()),
		server.Broker(broker.NewMemoryBroker()), server.WithLogger(servertest.Logger()))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Handle(s.NewHandler(new(fleet.Greeter))); err != nil {
		t.Fatal(err)
	}
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Stop(); err != nil {
			t.Error(err)
		}
	})
	return s.Options().Address
}

// caller makes a client for each call, since a client keeps its connections.
func (m makes) caller(_ *testing.T, config *tls.Config) func(context.Context, string) error {
	return func(ctx context.Context, addr string) error {
		c := m.client(config)
		defer func() { _ = c.(io.Closer).Close() }() // the call is what is tested
		req := c.NewRequest(fleet.Service, "Greeter.Hello", &fleet.HelloRequest{Name: "Ann"}, client.WithContentType("application/protobuf"))
		return c.Call(ctx, req, new(fleet.HelloResponse), client.WithAddress(addr), client.WithRetries(0))
	}
}

// TestS14_TLSMatrix: only valid pairs connect, whatever they speak.
func TestS14_TLSMatrix(t *testing.T) {
	rotating := 200 * time.Millisecond
	if os.Getenv("NIGHTLY") == "1" {
		rotating = 10 * time.Second
	}
	var text strings.Builder
	w := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	names := []string{"mucp", "gRPC", "mucp over gRPC"}
	fmt.Fprintln(w, "S-14\t"+strings.Join(names, "\t"))
	var rows []string
	columns := map[string][]string{}
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			m := protocols[name]
			rows, columns[name] = tlstest.Run(t, tlstest.Kind{Serve: m.serve, Client: m.caller}, rotating)
		})
	}
	for i, row := range rows {
		fmt.Fprint(w, row)
		for _, name := range names {
			if i < len(columns[name]) {
				fmt.Fprint(w, "\t", columns[name][i])
			}
		}
		fmt.Fprintln(w)
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	t.Logf("\n%s", &text)
}
