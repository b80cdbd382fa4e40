package transport_test

import (
	"sync"
	"testing"

	"github.com/microtop/microtop/framework/transport"
)

// exchanger returns a client of a server that answers every message without new memory of its own, and one exchange.
func exchanger(tb testing.TB, reuse bool) (exchange func()) {
	tr := transport.NewHTTPTransport()
	l, err := tr.Listen("127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	var group sync.WaitGroup
	group.Go(func() {
		_ = l.Accept(answer) // the exchange tells
	})
	c, err := tr.Dial(l.Addr())
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		_ = c.Close() // as above
		_ = l.Close() // as above
		group.Wait()
	})
	request := transport.Message{Header: map[string]string{
		"Content-Type": "application/protobuf", "Micro-Id": "1", "Micro-Service": "greeter", "Micro-Method": "Greeter.Hello",
		"Micro-Endpoint": "Greeter.Hello", "Timeout": "5000000000",
	}, Body: make([]byte, 32)}
	var m transport.Message
	recv := c.Recv
	if reuse {
		recv = c.(transport.Reuser).RecvReuse
	}
	return func() {
		if err := c.Send(&request); err != nil {
			tb.Fatal(err)
		}
		if err := recv(&m); err != nil {
			tb.Fatal(err)
		}
	}
}

func answer(s transport.Socket) {
	var m transport.Message
	reply := transport.Message{Header: map[string]string{"Content-Type": "application/protobuf", "Micro-Id": "1"}, Body: make([]byte, 32)}
	reuser := s.(transport.Reuser)
	for reuser.RecvReuse(&m) == nil && s.Send(&reply) == nil {
		continue
	}
}

// TestAllocations counts both ends of an exchange: the server's request takes one, its header's text.
func TestAllocations(t *testing.T) {
	for name, c := range map[string]struct {
		reuse bool
		most  float64
	}{
		"recv: text, map and its table, body": {false, 4 + 1},
		"recv into memory: text":              {true, 1 + 1},
	} {
		t.Run(name, func(t *testing.T) {
			exchange := exchanger(t, c.reuse)
			exchange()
			if n := testing.AllocsPerRun(200, exchange); n > c.most {
				t.Errorf("%v allocations, at most %v are let", n, c.most)
			}
		})
	}
}

// BenchmarkHTTP is one unary exchange; the server's share of the allocations is in the figure.
func BenchmarkHTTP(b *testing.B) {
	for name, reuse := range map[string]bool{"Recv": false, "RecvReuse": true} {
		b.Run(name, func(b *testing.B) {
			exchange := exchanger(b, reuse)
			b.ReportAllocs()
			for b.Loop() {
				exchange()
			}
		})
	}
}
