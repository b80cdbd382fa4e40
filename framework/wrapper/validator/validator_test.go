package validator_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	errs "github.com/microtop/microtop/framework/errors"
	"github.com/microtop/microtop/framework/server"
	"github.com/microtop/microtop/framework/wrapper/validator"
	"github.com/microtop/microtop/framework/wrapper/wrappertest"
)

// Order is valid when it has a number.
type Order struct {
	Number int `json:"number"`
}

// Validate implements validator.Validator.
func (o *Order) Validate() error {
	if o.Number <= 0 {
		return errors.New("number must be positive, at 100%")
	}
	return nil
}

// Orders has an endpoint of each kind.
type Orders struct{}

// Place gives the number back.
func (*Orders) Place(_ context.Context, req *Order, rsp *Order) error {
	rsp.Number = req.Number
	return nil
}

// Many gives each number back.
func (*Orders) Many(_ context.Context, s server.Stream) error {
	for {
		o := new(Order)
		if err := s.Recv(o); err != nil {
			return err
		}
		if err := s.Send(o); err != nil {
			return err
		}
	}
}

func wrappers() wrappertest.Wrappers {
	return wrappertest.Wrappers{Handler: validator.NewHandlerWrapper(), Subscriber: validator.NewSubscriberWrapper()}
}

func TestConformance(t *testing.T) {
	wrappertest.Run(t, func(*testing.T) wrappertest.Wrappers { return wrappers() })
}

func refused(t *testing.T, err error) {
	t.Helper()
	if e := errs.FromError(err); e.GetCode() != 400 || e.GetDetail() != "number must be positive, at 100%" {
		t.Errorf("error %v, want 400", err)
	}
}

func TestRequestsAreChecked(t *testing.T) {
	w := wrappertest.New(t, wrappertest.Config{Wrappers: wrappers(), Handlers: []any{new(Orders)}})
	place := func(n int) (int, error) {
		rsp := new(Order)
		err := w.Client.Call(t.Context(), w.Client.NewRequest(w.Server.Options().Name, "Orders.Place", &Order{n}), rsp)
		return rsp.Number, err
	}
	if n, err := place(7); err != nil || n != 7 {
		t.Errorf("%d, %v", n, err)
	}
	_, err := place(0)
	refused(t, err)
}

func TestMessagesOfStreamsAreChecked(t *testing.T) {
	w := wrappertest.New(t, wrappertest.Config{Wrappers: wrappers(), Handlers: []any{new(Orders)}})
	s, err := w.Client.Stream(t.Context(), w.Client.NewRequest(w.Server.Options().Name, "Orders.Many", nil))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for _, n := range []int{1, 2, -1} {
		if err := s.Send(&Order{n}); err != nil {
			t.Fatal(err)
		}
		got := new(Order)
		if err := s.Recv(got); n < 0 {
			refused(t, err)
		} else if err != nil || got.Number != n {
			t.Errorf("%d: %v, %v", n, got, err)
		}
	}
}

func TestEventsAreChecked(t *testing.T) {
	w := wrappertest.New(t, wrappertest.Config{})
	got := make(chan int, 2)
	s := server.NewServer(server.Name("orders"), server.Address("127.0.0.1:0"), server.Registry(w.Registry),
		server.Broker(w.Server.Options().Broker), server.WrapSubscriber(validator.NewSubscriberWrapper()))
	if err := s.Subscribe(s.NewSubscriber("orders", func(_ context.Context, o *Order) error {
		got <- o.Number
		return nil
	})); err != nil {
		t.Fatal(err)
	}
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	defer s.Stop()
	for _, n := range []int{0, 5} {
		if err := w.Client.Publish(t.Context(), w.Client.NewMessage("orders", &Order{n})); err != nil {
			t.Fatal(err)
		}
	}
	select {
	case n := <-got:
		if n != 5 {
			t.Errorf("the subscriber saw %d", n)
		}
	case <-time.After(5 * time.Second):
		t.Error("nothing arrived")
	}
}

func Example() {
	// In a service: micro.NewService(micro.WrapHandler(validator.NewHandlerWrapper()))
	serve := validator.NewHandlerWrapper()(func(context.Context, server.Request, any) error {
		fmt.Println("placed")
		return nil
	})
	for _, number := range []int{1, 0} {
		if err := serve(context.Background(), request{body: &Order{number}}, nil); err != nil {
			fmt.Println(err)
		}
	}
	// Output:
	// placed
	// {"id":"go.micro.validator","code":400,"detail":"number must be positive, at 100%","status":"Bad Request"}
}

// request is a unary request with a body.
type request struct {
	server.Request
	body any
}

func (r request) Body() any    { return r.body }
func (r request) Stream() bool { return false }
