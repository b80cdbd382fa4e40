package micro_test

import (
	"context"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	micro "github.com/microtop/microtop/framework"
	"github.com/microtop/microtop/framework/client"
	"github.com/microtop/microtop/framework/registry"
)

// runs starts a function and returns what Run returns, once it does.
func runs(t *testing.T, f micro.Function) <-chan error {
	t.Helper()
	started := make(chan struct{})
	f.Init(micro.AfterStart(func() error { close(started); return nil }))
	done := make(chan error, 1)
	go func() { done <- f.Run() }()
	t.Cleanup(func() { _ = f.Done() })
	select {
	case <-started:
	case err := <-done:
		t.Fatalf("run: %v", err)
	case <-time.After(10 * time.Second):
		t.Fatal("not started within 10 s")
	}
	return done
}

func ends(t *testing.T, done <-chan error) {
	t.Helper()
	select {
	case err := <-done:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("still running after 10 s")
	}
}

// call returns a client of somebody else's.
func call(t *testing.T, r registry.Registry) client.Client {
	c := client.NewClient(client.Registry(r))
	t.Cleanup(func() {
		if closer, ok := c.(io.Closer); ok {
			_ = closer.Close()
		}
	})
	return c
}

func TestA032_AFunctionHandlesOneRequestAndEnds(t *testing.T) {
	r := registry.NewMemoryRegistry()
	f := micro.NewFunction(append(local(r), micro.Name("once"))...)
	if err := f.Handle(&Greeter{"hi"}); err != nil {
		t.Fatal(err)
	}
	done := runs(t, f)
	caller := call(t, r)
	if got, err := hello(t.Context(), caller, "once"); err != nil || got != "hi you" {
		t.Errorf("got %q, %v", got, err)
	}
	ends(t, done)
	if services, err := r.GetService("once"); err == nil && len(services) > 0 {
		t.Errorf("still registered: %v", services)
	}
	if f.String() != "function" || f.Name() != "once" {
		t.Errorf("%s %s", f, f.Name())
	}
}

// Slow takes its time, so that others come meanwhile.
type Slow struct {
	entered chan struct{}
	leave   chan struct{}
}

// Hello waits.
func (s *Slow) Hello(_ context.Context, req *Request, rsp *Response) error {
	s.entered <- struct{}{}
	<-s.leave
	rsp.Message = req.Name
	return nil
}

func TestA032_WhatComesBesideTheFirstIsRefused(t *testing.T) {
	r := registry.NewMemoryRegistry()
	f := micro.NewFunction(append(local(r), micro.Name("once"))...)
	slow := &Slow{make(chan struct{}, 2), make(chan struct{})}
	if err := f.Handle(slow); err != nil {
		t.Fatal(err)
	}
	done := runs(t, f)
	caller := call(t, r)
	request := caller.NewRequest("once", "Slow.Hello", &Request{Name: "first"})
	var wg sync.WaitGroup
	wg.Go(func() {
		rsp := new(Response)
		if err := caller.Call(t.Context(), request, rsp); err != nil || rsp.Message != "first" {
			t.Errorf("the first: %q, %v", rsp.Message, err)
		}
	})
	<-slow.entered
	if err := caller.Call(t.Context(), request, new(Response)); err == nil || !strings.Contains(err.Error(), "not run") {
		t.Errorf("the second: %v", err)
	}
	close(slow.leave)
	wg.Wait()
	ends(t, done)
}

func TestA032_AFunctionOfAnEvent(t *testing.T) {
	got := make(chan string, 1)
	f := micro.NewFunction(append(local(registry.NewMemoryRegistry()), micro.Name("listener"))...)
	if err := f.Subscribe("greetings", func(_ context.Context, r *Request) error { got <- r.Name; return nil }); err != nil {
		t.Fatal(err)
	}
	done := runs(t, f)
	if err := micro.NewPublisher("greetings", f.Client()).Publish(t.Context(), &Request{Name: "you"}); err != nil {
		t.Fatal(err)
	}
	ends(t, done)
	if name := <-got; name != "you" {
		t.Errorf("got %q", name)
	}
}

func TestA032_DoneEndsAFunctionThatNobodyCalled(t *testing.T) {
	f := micro.NewFunction(append(local(registry.NewMemoryRegistry()), micro.Name("never"))...)
	done := runs(t, f)
	for range 2 {
		if err := f.Done(); err != nil {
			t.Error(err)
		}
	}
	ends(t, done)
}
