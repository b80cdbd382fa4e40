package transport_test

import (
	"sync"
	"testing"

	"github.com/microtop/microtop/framework/transport"
)

// BenchmarkHTTP is one unary exchange; the server's share of the allocations is in the figure.
func BenchmarkHTTP(b *testing.B) {
	tr := transport.NewHTTPTransport()
	l, err := tr.Listen("127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	var group sync.WaitGroup
	group.Go(func() {
		_ = l.Accept(func(s transport.Socket) {
			var m transport.Message
			answer := transport.Message{Header: map[string]string{"Content-Type": "application/protobuf", "Micro-Id": "1"}, Body: make([]byte, 32)}
			reuser := s.(transport.Reuser)
			for reuser.RecvReuse(&m) == nil && s.Send(&answer) == nil {
				continue
			}
		})
	})
	defer group.Wait()
	defer func() { _ = l.Close() }()
	c, err := tr.Dial(l.Addr())
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	request := transport.Message{Header: map[string]string{
		"Content-Type": "application/protobuf", "Micro-Id": "1", "Micro-Service": "greeter", "Micro-Method": "Greeter.Hello",
		"Micro-Endpoint": "Greeter.Hello", "Timeout": "5000000000",
	}, Body: make([]byte, 32)}
	for _, reuse := range []bool{false, true} {
		name := "Recv"
		if reuse {
			name = "RecvReuse"
		}
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			var m transport.Message
			recv := c.Recv
			if reuse {
				recv = c.(transport.Reuser).RecvReuse
			}
			for b.Loop() {
				if err := c.Send(&request); err != nil {
					b.Fatal(err)
				}
				if err := recv(&m); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
