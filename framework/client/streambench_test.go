package client_test

import (
	"errors"
	"io"
	"testing"

	"github.com/microtop/microtop/framework/client"
	"github.com/microtop/microtop/framework/server/servertest/fleet"
	"github.com/microtop/microtop/framework/transport"
)

// One operation is one frame of a server stream of 1,000, both ends in this process.
func BenchmarkServerStream(b *testing.B) {
	w := newWorld(b, transport.NewHTTPTransport())
	w.serve()
	c := w.client()
	req := c.NewRequest(fleet.Service, "Streamer.Count", nil, client.WithContentType("application/protobuf"), client.StreamingRequest())
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		got := new(fleet.Value)
		for more := pb.Next(); more; {
			s, err := c.Stream(b.Context(), req)
			if err != nil {
				b.Error(err)
				return
			}
			err = s.Send(&fleet.CountRequest{From: 1, To: 1000})
			for err == nil {
				if err = s.Recv(got); err == nil && more {
					more = pb.Next()
				}
			}
			if !errors.Is(err, io.EOF) {
				b.Error(err)
			}
			if err := s.Close(); err != nil {
				b.Error(err)
			}
		}
	})
}
