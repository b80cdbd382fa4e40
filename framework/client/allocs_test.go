package client_test

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/microtop/microtop/framework/client"
	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/framework/server/servertest/fleet"
	"github.com/microtop/microtop/framework/transport"
	"google.golang.org/protobuf/proto"
)

// canned listens, gives every request the same answer, with the request's id, without new memory, and registers itself.
func canned(t testing.TB, w *world, rsp proto.Message) {
	body, err := proto.Marshal(rsp)
	if err != nil {
		t.Fatal(err)
	}
	head := fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\nContent-Type: application/protobuf\r\nMicro-Id: ", len(body))
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	t.Cleanup(group.Wait)
	t.Cleanup(func() { l.Close() })
	group.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			group.Go(func() {
				defer conn.Close()
				in, reply := make([]byte, 4096), make([]byte, 0, 4096)
				for {
					n, err := conn.Read(in)
					if err != nil {
						return
					}
					_, rest, _ := bytes.Cut(in[:n], []byte("\r\nMicro-Id: "))
					id, _, _ := bytes.Cut(rest, []byte("\r\n"))
					reply = append(append(append(append(reply[:0], head...), id...), "\r\n\r\n"...), body...)
					if _, err := conn.Write(reply); err != nil {
						return
					}
				}
			})
		}
	})
	node := &registry.Node{Id: "canned", Address: l.Addr().String(), Metadata: map[string]string{"protocol": "mucp", "micro-pipeline": "64"}}
	if err := w.registry.Register(&registry.Service{Name: fleet.Service, Version: "1", Nodes: []*registry.Node{node}}); err != nil {
		t.Fatal(err)
	}
}

// TestAllocationsOfACall counts the client's end alone, the messages included: request, reply and the reply's string.
func TestAllocationsOfACall(t *testing.T) {
	if raceDetector {
		t.Skip("not run: the race detector allocates")
	}
	w := newWorld(t, transport.NewHTTPTransport())
	canned(t, w, &fleet.HelloResponse{Message: "0123456789012345678901234567"})
	c := w.client(client.ContentType("application/protobuf"))
	cancellable, cancel := context.WithTimeout(t.Context(), time.Hour)
	defer cancel()
	services, err := w.registry.GetService(fleet.Service)
	if err != nil {
		t.Fatal(err)
	}
	at := client.WithAddress(services[0].Nodes[0].Address)
	plain := func(ctx context.Context, rsp *fleet.HelloResponse) error {
		return c.Call(ctx, c.NewRequest(fleet.Service, "Greeter.Hello", &fleet.HelloRequest{Name: "0123456789012345678901234567"}), rsp)
	}
	same := &fleet.HelloRequest{Name: "0123456789012345678901234567"}
	for name, tc := range map[string]struct {
		ctx  context.Context
		call func(context.Context, *fleet.HelloResponse) error
		most float64
	}{
		"a background context":             {context.Background(), plain, 4},
		"a deadline and a cancel function": {cancellable, plain, 4},
		"beside them an address and a content type, and a request of the caller's": {cancellable, func(ctx context.Context, rsp *fleet.HelloResponse) error {
			return c.Call(ctx, c.NewRequest(fleet.Service, "Greeter.Hello", same, client.WithContentType("application/protobuf")), rsp, at)
		}, 5},
	} {
		call := func() {
			rsp := new(fleet.HelloResponse)
			if err := tc.call(tc.ctx, rsp); err != nil || rsp.GetMessage() == "" {
				t.Fatal(rsp, err)
			}
		}
		for range 100 { // heads that never repeat are known by then
			call()
		}
		if n := testing.AllocsPerRun(500, call); n > tc.most {
			t.Errorf("%s: %v allocations, at most %v are let", name, n, tc.most)
		} else {
			t.Logf("%s: %v allocations", name, n)
		}
	}
}

// BenchmarkUnaryParallel has so many callers, who share one client.
func BenchmarkUnaryParallel(b *testing.B) {
	for _, callers := range []int{1, 16, 128} {
		b.Run(fmt.Sprint(callers), func(b *testing.B) {
			w := newWorld(b, transport.NewHTTPTransport())
			w.serve()
			c := w.client(client.PoolSize(200), client.ContentType("application/protobuf"))
			req := &fleet.HelloRequest{Name: "0123456789012345678901234567"}
			b.ReportAllocs()
			b.SetParallelism(max(callers/2, 1))
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					rsp := new(fleet.HelloResponse)
					if err := c.Call(context.Background(), c.NewRequest(fleet.Service, "Greeter.Hello", req), rsp); err != nil {
						b.Error(err)
						return
					}
				}
			})
		})
	}
}
