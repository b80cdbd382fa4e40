package ratelimit_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/time/rate"

	"github.com/microtop/microtop/framework/client"
	errs "github.com/microtop/microtop/framework/errors"
	"github.com/microtop/microtop/framework/server"
	"github.com/microtop/microtop/framework/wrapper/ratelimiter/ratelimit"
	"github.com/microtop/microtop/framework/wrapper/wrappertest"
)

func TestConformance(t *testing.T) {
	wrappertest.Run(t, func(*testing.T) wrappertest.Wrappers {
		return wrappertest.Wrappers{Handler: ratelimit.NewHandlerWrapper(rate.NewLimiter(1000, 100), true), Client: ratelimit.NewClientWrapper(rate.NewLimiter(1000, 100), false)}
	})
}

func TestAHandlerRefusesWhatIsTooMuch(t *testing.T) {
	w := wrappertest.New(t, wrappertest.Config{Wrappers: wrappertest.Wrappers{Handler: ratelimit.NewHandlerWrapper(rate.NewLimiter(0, 2), false)}})
	for i := range 4 {
		_, err := w.Hello(t.Context(), "x")
		if e := errs.FromError(err); (i < 2) != (err == nil) || i >= 2 && (e.GetCode() != 429 || e.GetDetail() != "too many requests: not run") {
			t.Errorf("call %d: %v", i, err)
		}
	}
	if _, err := w.Count(t.Context(), nil); errs.FromError(err).GetCode() != 429 {
		t.Errorf("a stream: %v", err)
	}
}

func TestAClientKeepsBackWhatIsTooMuch(t *testing.T) {
	w := wrappertest.New(t, wrappertest.Config{Wrappers: wrappertest.Wrappers{Client: ratelimit.NewClientWrapper(rate.NewLimiter(0, 1), false)}})
	if _, err := w.Hello(t.Context(), "x"); err != nil {
		t.Fatal(err)
	}
	_, call := w.Hello(t.Context(), "x")
	_, stream := w.Stream(t.Context(), "Sum")
	for name, err := range map[string]error{"call": call, "stream": stream, "publish": w.Publish(t.Context(), "x")} {
		if !client.NotRun(err) || errs.FromError(err).GetCode() != 429 {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestWaitingEndsWithTheDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		served := 0
		serve := ratelimit.NewHandlerWrapper(rate.NewLimiter(1, 1), true)(func(context.Context, server.Request, any) error {
			served++
			return nil
		})
		began := time.Now()
		for range 3 {
			if err := serve(t.Context(), nil, nil); err != nil {
				t.Error(err)
			}
		}
		if took := time.Since(began); took != 2*time.Second {
			t.Errorf("three requests at one a second took %v", took)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		if err := serve(ctx, nil, nil); errs.FromError(err).GetCode() != 429 || served != 3 {
			t.Errorf("served %d, %v", served, err)
		}
	})
}

func Example() {
	// In a service: micro.NewService(micro.WrapHandler(ratelimit.NewHandlerWrapper(rate.NewLimiter(1000, 100), false)))
	serve := ratelimit.NewHandlerWrapper(rate.NewLimiter(rate.Every(time.Hour), 1), false)(
		func(context.Context, server.Request, any) error { return nil })
	for range 2 {
		fmt.Println(serve(context.Background(), nil, nil))
	}
	// Output:
	// <nil>
	// {"id":"go.micro.server","code":429,"detail":"too many requests: not run","status":"Too Many Requests"}
}
