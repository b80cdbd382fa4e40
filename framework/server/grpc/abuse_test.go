package grpc_test

import (
	"context"
	"strings"
	"testing"
	"time"

	stock "google.golang.org/grpc"
	"google.golang.org/grpc/metadata"

	"github.com/microtop/microtop/framework/limits"
	"github.com/microtop/microtop/framework/server/servertest/fleet"
)

// S-10: what a hostile client does on its connection leaves the server well for others.
func TestS10_HTTP2Abuse(t *testing.T) {
	s := start(t)
	hello := func(ctx context.Context, conn *stock.ClientConn) error {
		return conn.Invoke(ctx, "/fleet.Greeter/Hello", &fleet.HelloRequest{Name: "Ann"}, new(fleet.HelloResponse))
	}
	stillWell := func(t *testing.T) {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		if err := hello(ctx, dial(t, s)); err != nil {
			t.Errorf("another client: %v", err)
		}
	}
	bidi := &stock.StreamDesc{ServerStreams: true, ClientStreams: true}
	t.Run("streams that are reset at once", func(t *testing.T) {
		conn := dial(t, s)
		for range 2000 {
			ctx, cancel := context.WithCancel(t.Context())
			stream, err := conn.NewStream(ctx, bidi, "/fleet.Streamer/PingPong")
			if err == nil {
				_ = stream.SendMsg(&fleet.Stroke{Stroke: 1}) // it may be over by then
			}
			cancel()
		}
		stillWell(t)
	})
	t.Run("more streams than a connection may have wait", func(t *testing.T) {
		conn := dial(t, s)
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		opened := 0
		for range 5000 {
			if _, err := conn.NewStream(ctx, bidi, "/fleet.Streamer/PingPong"); err != nil {
				break // none was free before the time was up
			}
			opened++
		}
		if most := limits.Default().StreamsPerConn; opened > most+most/10 { // the client may count a few that the server has not taken yet
			t.Errorf("%d streams are open on one connection, about %d may be", opened, most)
		}
		stillWell(t)
	})
	t.Run("headers over the limit are refused", func(t *testing.T) {
		for name, md := range map[string]metadata.MD{
			"long": metadata.Pairs("x-long", strings.Repeat("x", 32<<10)),
			"many": metadata.MD{"x-many": make([]string, 2000)},
		} {
			ctx, cancel := context.WithTimeout(metadata.NewOutgoingContext(t.Context(), md), 5*time.Second)
			if err := hello(ctx, dial(t, s)); err == nil {
				t.Errorf("%s headers were taken", name)
			}
			cancel()
		}
		stillWell(t)
	})
}
