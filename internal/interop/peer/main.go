// Command peer is a program built on go-micro v4.9.0: the other end of the interop tests.
//
//	peer serve NAME      a service with Greeter.Hello, Greeter.Fail, Greeter.Count (server stream), Greeter.Sum (bidi
//	                     stream) and a subscriber of the topic NAME.events; it prints what it receives
//	peer call NAME ENDPOINT JSON
//	peer count NAME N    calls the server stream Greeter.Count
//	peer publish TOPIC JSON
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"
	"time"

	"go-micro.dev/v4"
	"go-micro.dev/v4/client"
	"go-micro.dev/v4/codec/bytes"
	microerrors "go-micro.dev/v4/errors"
	"go-micro.dev/v4/logger"
	"go-micro.dev/v4/metadata"
	"go-micro.dev/v4/server"
)

// HelloRequest asks.
type HelloRequest struct {
	Name string `json:"name"`
}

// HelloResponse answers.
type HelloResponse struct {
	Message string `json:"message"`
	Tenant  string `json:"tenant,omitempty"`
}

// Number is a stream's message.
type Number struct {
	Value int `json:"value"`
}

// Greeter is the service's handler.
type Greeter struct{}

// Hello greets, and tells the caller's X-Tenant header.
func (*Greeter) Hello(ctx context.Context, req *HelloRequest, rsp *HelloResponse) error {
	tenant, _ := metadata.Get(ctx, "X-Tenant")
	rsp.Message, rsp.Tenant = "hello "+req.Name, tenant
	return nil
}

// Fail answers with an error of code 418.
func (*Greeter) Fail(context.Context, *HelloRequest, *HelloResponse) error {
	return microerrors.New("peer", "short and stout", 418)
}

// Count sends the numbers from 1 to the one received.
func (*Greeter) Count(_ context.Context, stream server.Stream) error {
	var n Number
	if err := stream.Recv(&n); err != nil {
		return err
	}
	for i := 1; i <= n.Value; i++ {
		if err := stream.Send(&Number{i}); err != nil {
			return err
		}
		time.Sleep(20 * time.Millisecond) // v4 overwrites messages that follow fast
	}
	return nil
}

// Sum answers each number with the sum so far, until it is zero.
func (*Greeter) Sum(_ context.Context, stream server.Stream) error {
	total := 0
	for {
		var n Number
		if err := stream.Recv(&n); err != nil {
			return err
		}
		if n.Value == 0 {
			return nil
		}
		total += n.Value
		if err := stream.Send(&Number{total}); err != nil {
			return err
		}
		time.Sleep(20 * time.Millisecond) // v4 overwrites messages that follow fast
	}
}

func main() {
	logger.DefaultLogger = logger.NewLogger(logger.WithOutput(os.Stderr), logger.WithLevel(logger.ErrorLevel))
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) < 2 {
		return errors.New("usage: peer serve|call|count|publish …")
	}
	verb, name, rest := args[0], args[1], args[2:]
	switch {
	case verb == "serve":
		return serve(name)
	case verb == "call" && len(rest) == 2:
		return call(name, rest[0], rest[1])
	case verb == "count" && len(rest) == 1:
		return count(name, rest[0])
	case verb == "publish" && len(rest) == 1:
		return publish(name, rest[0])
	}
	return fmt.Errorf("wrong arguments: %q", args)
}

func serve(name string) error {
	service := micro.NewService(micro.Name(name), micro.Address("127.0.0.1:0"))
	if err := micro.RegisterHandler(service.Server(), new(Greeter)); err != nil {
		return err
	}
	events := func(_ context.Context, e *HelloRequest) error {
		fmt.Printf("event %s\n", e.Name)
		return nil
	}
	if err := micro.RegisterSubscriber(name+".events", service.Server(), events); err != nil {
		return err
	}
	return service.Run()
}

func call(name, endpoint, body string) error {
	c := client.DefaultClient
	req := c.NewRequest(name, endpoint, &bytes.Frame{Data: []byte(body)}, client.WithContentType("application/json"))
	rsp := new(bytes.Frame)
	ctx := metadata.NewContext(context.Background(), metadata.Metadata{"X-Tenant": "acme"})
	if err := c.Call(ctx, req, rsp); err != nil {
		return err
	}
	fmt.Printf("%s\n", rsp.Data)
	return nil
}

func count(name, n string) error {
	limit, err := strconv.Atoi(n)
	if err != nil {
		return err
	}
	c := client.DefaultClient
	req := c.NewRequest(name, "Greeter.Count", nil, client.WithContentType("application/json"), client.StreamingRequest())
	stream, err := c.Stream(context.Background(), req)
	if err != nil {
		return err
	}
	defer stream.Close()
	if err := stream.Send(&Number{limit}); err != nil {
		return err
	}
	for range limit {
		var got Number
		if err := stream.Recv(&got); err != nil {
			return err
		}
		fmt.Println(got.Value)
	}
	return nil
}

func publish(topic, body string) error {
	var event HelloRequest
	if err := json.Unmarshal([]byte(body), &event); err != nil {
		return err
	}
	c := client.DefaultClient
	if err := c.Publish(context.Background(), c.NewMessage(topic, &event)); err != nil {
		return err
	}
	time.Sleep(500 * time.Millisecond) // v4 posts in the background
	return nil
}
