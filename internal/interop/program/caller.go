package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"go-micro.dev/v4"
	"go-micro.dev/v4/client"
	microerrors "go-micro.dev/v4/errors"
	"go-micro.dev/v4/metadata"
)

const (
	deadline = 250 * time.Millisecond // of calls whose handler outlasts it
	patience = time.Second            // for an answer
)

// spare leaves out streams whose handlers panic, which ends a v4 server that speaks gRPC.
var spare = os.Getenv("SPARE") != ""

var (
	kinds        = []string{"Unary", "Server", "Client", "Bidi"}
	contentTypes = []string{"application/json", "application/protobuf", "application/json-rpc", "application/proto-rpc"}
	cases        = []string{"ok", "error", "plain", "unknown", "deadline", "panic", "burst"}
)

// Outcome is one call and what came of it.
type Outcome struct {
	Kind, ContentType, Case string
	Texts                   []string // received
	End                     string   // how it ended: "" for a unary success, "EOF", "(CODE DETAIL)", "(WORDS)" or "no answer"
}

// named is a client wrapper: it sends the caller's name in a header.
type named struct{ client.Client }

func (n named) Call(ctx context.Context, req client.Request, rsp interface{}, opts ...client.CallOption) error {
	return n.Client.Call(metadata.Set(ctx, "X-Caller", "Ann"), req, rsp, opts...)
}

func newClient() client.Client {
	service := micro.NewService(protocol(micro.WrapClient(func(c client.Client) client.Client { return named{c} }))...)
	return service.Client()
}

func callAll(address string) error {
	c := newClient()
	var group sync.WaitGroup
	var mu sync.Mutex
	out := json.NewEncoder(os.Stdout)
	for _, kind := range kinds {
		for _, contentType := range types() {
			for _, how := range cases {
				if how == "burst" && kind != "Server" || how == "panic" && kind != "Unary" && spare {
					continue
				}
				group.Add(1)
				go func(o Outcome) {
					defer group.Done()
					o.Texts, o.End = o.patiently(c, address)
					mu.Lock()
					defer mu.Unlock()
					_ = out.Encode(o)
				}(Outcome{Kind: kind, ContentType: contentType, Case: how})
			}
		}
	}
	group.Wait()
	return nil
}

// patiently does not wait longer than it has patience; then it ends the call.
func (o Outcome) patiently(c client.Client, address string) ([]string, string) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	got := make(chan Outcome, 1)
	streams := make(chan client.Stream, 1)
	go func() {
		o.call(ctx, c, address, streams)
		got <- o
	}()
	select {
	case o = <-got:
		return o.Texts, o.End
	case <-time.After(patience):
	}
	select {
	case stream := <-streams:
		go func() { _ = stream.Close() }()
	default:
	}
	return nil, "no answer"
}

func (o *Outcome) call(ctx context.Context, c client.Client, address string, streams chan<- client.Stream) {
	endpoint := "Matrix." + o.Kind
	if o.Case == "unknown" {
		endpoint = "Matrix.Nope"
	}
	opts := []client.CallOption{client.WithAddress(address), client.WithRetries(0)}
	first := &Message{Name: o.Case, Root: "a"}
	if o.Kind == "Unary" {
		if o.Case == "deadline" {
			opts = append(opts, client.WithRequestTimeout(deadline))
		}
		rsp := new(Message)
		err := c.Call(ctx, c.NewRequest("matrix", endpoint, first, client.WithContentType(o.ContentType)), rsp, opts...)
		if o.End = ending(err); err == nil {
			o.Texts = []string{rsp.Root}
		}
		return
	}
	if o.Case == "deadline" {
		opts = append(opts, client.WithStreamTimeout(deadline))
	}
	request := c.NewRequest("matrix", endpoint, &Message{}, client.WithContentType(o.ContentType), client.StreamingRequest())
	stream, err := c.Stream(ctx, request, opts...)
	if err != nil {
		o.End = "open: " + ending(err)
		return
	}
	streams <- stream
	o.converse(stream, first)
	_ = stream.Close()
}

// converse sends what the kind of stream wants and receives until the end.
func (o *Outcome) converse(stream client.Stream, first *Message) {
	receive := func() bool {
		rsp := new(Message)
		if err := stream.Recv(rsp); err != nil {
			o.End = ending(err)
			return false
		}
		o.Texts = append(o.Texts, rsp.Root)
		return true
	}
	messages := []*Message{first}
	if o.Kind != "Server" {
		messages = append(messages, &Message{Root: "b"}, &Message{Root: "end"})
	}
	for i, m := range messages {
		if err := stream.Send(m); err != nil {
			break // Recv says why
		}
		if o.Kind == "Bidi" && i < len(messages)-1 && !receive() {
			return
		}
		time.Sleep(pause)
	}
	for receive() {
	}
}

// ending says how a call ended.
func ending(err error) string {
	switch {
	case err == nil:
		return ""
	case errors.Is(err, io.EOF):
		return "EOF"
	}
	e := microerrors.Parse(err.Error())
	if e.Code == 0 {
		return "(" + e.Detail + ")"
	}
	return fmt.Sprintf("(%d %s)", e.Code, e.Detail)
}

func hello(name string) error {
	c := newClient()
	rsp := new(Message)
	if err := c.Call(context.Background(), c.NewRequest(name, "Matrix.Unary", &Message{Root: "hello"}), rsp); err != nil {
		return err
	}
	greeting := new(Message)
	if err := c.Call(context.Background(), c.NewRequest(name, "Say.Hello", &Message{Name: "Bob"}), greeting); err != nil {
		return err
	}
	_, err := fmt.Println(rsp.Root + ", " + greeting.Root)
	return err
}

func publish(topic string) error {
	c := newClient()
	for _, contentType := range append(types(), "application/grpc") {
		m := c.NewMessage(topic, &Message{Root: "news"}, client.WithMessageContentType(contentType))
		if err := c.Publish(context.Background(), m); err != nil {
			return fmt.Errorf("%s: %w", contentType, err)
		}
	}
	time.Sleep(time.Second) // v4 posts in the background, with pauses
	return nil
}
