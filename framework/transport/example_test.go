package transport_test

import (
	"fmt"
	"log"

	"github.com/microtop/microtop/framework/transport"
)

// A server answers each message of a connection; a client sends one.
func Example() {
	tr := transport.NewMemoryTransport()
	l, err := tr.Listen(":0")
	if err != nil {
		log.Fatal(err)
	}
	done := make(chan error)
	go func() {
		done <- l.Accept(func(s transport.Socket) {
			for {
				var m transport.Message
				if s.Recv(&m) != nil {
					return // the client left
				}
				m.Body = append([]byte("hello "), m.Body...)
				if s.Send(&m) != nil {
					return
				}
			}
		})
	}()

	c, err := tr.Dial(l.Addr())
	if err != nil {
		log.Fatal(err)
	}
	if err := c.Send(&transport.Message{Body: []byte("world")}); err != nil {
		log.Fatal(err)
	}
	var m transport.Message
	if err := c.Recv(&m); err != nil {
		log.Fatal(err)
	}
	fmt.Println(string(m.Body))
	_, _ = c.Close(), l.Close()
	<-done
	// Output: hello world
}
