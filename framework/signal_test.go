//go:build unix

package micro_test

import (
	"errors"
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
