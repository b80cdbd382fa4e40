//go:build unix

package micro_test

import (
	"errors"
	"os"
	"os/signal"
	"syscall"
	"testing"
	"time"

	micro "github.com/microtop/microtop/framework"
	"github.com/microtop/microtop/framework/registry"
)

// A043: SIGKILL, which the seeds list too, cannot be caught.
func TestA043_SignalsEndAService(t *testing.T) {
	for _, sig := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT, syscall.SIGQUIT} {
		d := new(diary)
		started, done := make(chan struct{}), make(chan error, 1)
		s := micro.NewService(append(local(registry.NewMemoryRegistry()), micro.HandleSignal(true), micro.Name("signalled"),
			micro.AfterStart(func() error { close(started); return nil }), micro.AfterStop(d.hook("after stop", nil)))...)
		go func() { done <- s.Run() }()
		<-started
		if err := syscall.Kill(syscall.Getpid(), sig); err != nil {
			t.Fatal(err)
		}
		select {
		case err := <-done:
			if err != nil || d.all() != "after stop" {
				t.Errorf("%v: %v, %s", sig, err, d.all())
			}
		case <-time.After(10 * time.Second):
			t.Fatal(errors.New(sig.String() + " does not end the service"))
		}
	}
}

// A045: with signals off they are the program's affair, and the service goes on until its context ends.
func TestA026_A045_SignalsCanBeLeftToTheProgram(t *testing.T) {
	own := make(chan os.Signal, 1)
	signal.Notify(own, syscall.SIGTERM)
	defer signal.Stop(own)
	s := micro.NewService(append(local(registry.NewMemoryRegistry()), micro.HandleSignal(false), micro.Name("calm"))...)
	if err := micro.RegisterHandler(s.Server(), &Greeter{"hi"}); err != nil {
		t.Fatal(err)
	}
	stop := run(t, s)
	if err := syscall.Kill(syscall.Getpid(), syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	<-own
	for i := range 100 { // a service that heard the signal too is gone after the first few
		if _, err := hello(t.Context(), s.Client(), "calm"); err != nil {
			t.Fatalf("call %d after the signal: %v", i, err)
		}
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
}
