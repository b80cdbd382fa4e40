package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"go-micro.dev/v4"
	microerrors "go-micro.dev/v4/errors"
	"go-micro.dev/v4/metadata"
	"go-micro.dev/v4/server"
	"google.golang.org/protobuf/types/known/apipb"
)

// Message is what travels: Name says how the handler is to behave, Root is its text.
type Message = apipb.Mixin

// pause keeps v4 servers from overwriting what they have not sent yet.
const pause = 5 * time.Millisecond

// Matrix has an endpoint of each kind.
type Matrix struct{}

// Unary answers with the text and the caller's name.
func (*Matrix) Unary(ctx context.Context, req *Message, rsp *Message) error {
	rsp.Root = req.Root + caller(ctx)
	return act(ctx, req.Name)
}

// Server sends three texts for one.
func (*Matrix) Server(ctx context.Context, stream server.Stream) error {
	req := new(Message)
	if err := stream.Recv(req); err != nil {
		return err
	}
	for i := 1; i <= 3; i++ {
		if err := stream.Send(&Message{Root: fmt.Sprint(req.Root, i)}); err != nil {
			return err
		}
		if req.Name != "burst" {
			time.Sleep(pause)
		}
	}
	return act(ctx, req.Name)
}

// Client answers three texts with one.
func (*Matrix) Client(ctx context.Context, stream server.Stream) error {
	var all string
	for {
		req := new(Message)
		err := stream.Recv(req)
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		if err != nil || req.Root == "end" {
			return stream.Send(&Message{Root: all})
		}
		if err := act(ctx, req.Name); err != nil {
			return err
		}
		all += req.Root
	}
}

// Bidi answers each text.
func (*Matrix) Bidi(ctx context.Context, stream server.Stream) error {
	for {
		req := new(Message)
		if err := stream.Recv(req); err != nil {
			return err
		}
		if req.Root == "end" {
			return nil
		}
		if err := act(ctx, req.Name); err != nil {
			return err
		}
		if err := stream.Send(&Message{Root: req.Root + "!"}); err != nil {
			return err
		}
		time.Sleep(pause)
	}
}

// Say is a second handler of the same service.
type Say struct{}

// Hello greets by name.
func (*Say) Hello(_ context.Context, req *Message, rsp *Message) error {
	rsp.Root = "hello " + req.Name
	return nil
}

func act(ctx context.Context, how string) error {
	switch how {
	case "error":
		return microerrors.New("matrix", "short and stout", 418)
	case "plain":
		return errors.New("plain words")
	case "panic":
		panic("boom")
	case "deadline":
		select {
		case <-ctx.Done():
			return microerrors.Timeout("matrix", "noticed")
		case <-time.After(2 * time.Second):
		}
	}
	return nil
}

type callerKey struct{}

func caller(ctx context.Context) string {
	name, _ := ctx.Value(callerKey{}).(string)
	return name
}

// takeCaller is a handler wrapper: it takes the caller's name from a header.
func takeCaller(next server.HandlerFunc) server.HandlerFunc {
	return func(ctx context.Context, req server.Request, rsp interface{}) error {
		if name, ok := metadata.Get(ctx, "X-Caller"); ok {
			ctx = context.WithValue(ctx, callerKey{}, " for "+name)
		}
		return next(ctx, req, rsp)
	}
}

func serve(name, address string) error {
	service := micro.NewService(protocol(
		micro.Name(name),
		micro.Address(address),
		micro.Metadata(map[string]string{"zone": "b"}),
		micro.WrapHandler(takeCaller),
	)...)
	service.Init(micro.AfterStart(func() error {
		_, err := fmt.Println("address", service.Server().Options().Address)
		return err
	}))
	if err := micro.RegisterHandler(service.Server(), new(Matrix)); err != nil {
		return err
	}
	if err := micro.RegisterHandler(service.Server(), new(Say)); err != nil {
		return err
	}
	event := func(ctx context.Context, m *Message) error {
		contentType, _ := metadata.Get(ctx, "Content-Type")
		_, err := fmt.Println("event", contentType, m.Root)
		return err
	}
	if err := micro.RegisterSubscriber(name, service.Server(), event, server.SubscriberQueue("one")); err != nil {
		return err
	}
	return service.Run()
}
