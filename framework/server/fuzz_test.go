package server_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/microtop/microtop/framework/broker"
	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/framework/server"
	"github.com/microtop/microtop/framework/transport"
)

// Whatever a message says, the server answers the next one on another connection, and a request of its own at most once.
func FuzzMessage(f *testing.F) {
	f.Add("Greeter.Hello", "1", "", "", "application/json", "", []byte(`{"name":"x"}`))
	f.Add("Streamer.Count", "1", "1", "", "application/json", "100", []byte(`{"from":1,"to":3}`))
	f.Add("", "", "", "", "application/json", "", []byte(`{"id":"9","method":"Greeter.Hello","params":[{}]}`))
	f.Add("Greeter.Hello", "1", "", "", "application/proto-rpc", "-1", []byte("\x00\x00\x00\x18\x0a\x0dGreeter.Hello\x11\x09"))
	f.Add("Greeter.Hello", "1", "", "", "application/grpc", "1", []byte("\x00\x00\x00\x00\x03\x0a\x01g"))
	f.Add("", "", "", "topic", "application/octet-stream", "", []byte("x"))
	if captures, _ := filepath.Glob("testdata/unary-*.c2s.bin"); len(captures) > 0 {
		data, err := os.ReadFile(captures[0])
		if err != nil {
			f.Fatal(err)
		}
		f.Add("Shop.Buy", "x", "y", "", "application/json", "9999999999999999999", data)
	}
	tr := transport.NewMemoryTransport()
	s := server.NewServer(server.Address("127.0.0.1:0"), server.Transport(tr), server.Registry(registry.NewMemoryRegistry()),
		server.Broker(broker.NewMemoryBroker()), server.WithLogger(quiet()))
	for _, h := range all() {
		if err := s.Handle(s.NewHandler(h)); err != nil {
			f.Fatal(err)
		}
	}
	if err := s.Start(); err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { s.Stop() })
	f.Fuzz(func(t *testing.T, endpoint, id, stream, topic, contentType, timeout string, body []byte) {
		c, err := tr.Dial(s.Options().Address)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		header := map[string]string{"Micro-Endpoint": endpoint, "Micro-Id": id, "Micro-Stream": stream, "Micro-Topic": topic, "Content-Type": contentType, "Timeout": timeout}
		if err := c.Send(&transport.Message{Header: header, Body: body}); err != nil {
			t.Fatal(err)
		}
		last := &transport.Message{Header: map[string]string{"Micro-Endpoint": "Greeter.Hello", "Micro-Id": "last\x00", "Content-Type": "application/json"}}
		if err := c.Send(last); err != nil {
			t.Fatal(err)
		}
		c.(transport.Deadliner).SetDeadline(time.Now().Add(5 * time.Second))
		for answers := 0; ; answers++ {
			var m transport.Message
			if err := c.Recv(&m); err != nil {
				t.Fatalf("after %d answers: %v", answers, err)
			}
			if m.Header["Micro-Id"] == "last\x00" {
				return
			}
		}
	})
}
