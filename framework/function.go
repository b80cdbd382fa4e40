package micro

import (
	"context"
	"sync"
	"sync/atomic"

	"github.com/microtop/microtop/framework/errors"
	"github.com/microtop/microtop/framework/server"
)

// Function is a service that handles one request, or one event, and ends: Run returns once the answer is sent. What comes
// after the first is refused with 503 "not run".
type Function interface {
	Service
	// Done ends Run, also before the first request. It may be called more than once.
	Done() error
	// Handle makes the function serve the exported methods of v.
	Handle(v any) error
	// Subscribe makes the function call v with a message of the topic.
	Subscribe(topic string, v any) error
}

// NewFunction builds a function. It opens nothing.
func NewFunction(opts ...Option) Function {
	f := new(function)
	// First, so that the program's own wrappers run inside.
	f.service = newService(append([]Option{WrapHandler(f.handleOnce), WrapSubscriber(f.subscribeOnce)}, opts...)...)
	f.done = sync.OnceFunc(func() { close(f.quit) })
	return f
}

type function struct {
	*service
	taken atomic.Bool // a request has come
	done  func()
}

var _ Function = (*function)(nil)

// Done implements Function.
func (f *function) Done() error {
	f.done()
	return nil
}

// Handle implements Function.
func (f *function) Handle(v any) error { return RegisterHandler(f.Server(), v) }

// Subscribe implements Function.
func (f *function) Subscribe(topic string, v any) error {
	return RegisterSubscriber(topic, f.Server(), v)
}

// String implements Service.
func (f *function) String() string { return "function" }

func (f *function) handleOnce(next server.HandlerFunc) server.HandlerFunc {
	return func(ctx context.Context, req server.Request, rsp any) error {
		if err := f.take(); err != nil {
			return err
		}
		defer f.done()
		return next(ctx, req, rsp)
	}
}

func (f *function) subscribeOnce(next server.SubscriberFunc) server.SubscriberFunc {
	return func(ctx context.Context, msg server.Message) error {
		if err := f.take(); err != nil {
			return err
		}
		defer f.done()
		return next(ctx, msg)
	}
}

func (f *function) take() error {
	if f.taken.Swap(true) {
		return errors.New(f.Name(), "the function has had its request: not run", 503)
	}
	return nil
}
