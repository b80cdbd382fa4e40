package e2e_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	micro "github.com/microtop/microtop/framework"
	"github.com/microtop/microtop/framework/broker"
	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/framework/registry/file"
	"github.com/microtop/microtop/internal/termshot"
)

// Kettle is a service's handler.
type Kettle struct{ boiling chan struct{} }

// Boil boils until nobody waits any more.
func (k *Kettle) Boil(ctx context.Context, _ *string, _ *string) error {
	close(k.boiling)
	<-ctx.Done()
	return ctx.Err()
}

// serve runs a service in a file registry of its own, and returns the registry's folder.
func serve(t *testing.T, name string, k *Kettle) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), name)
	r := file.NewRegistry(registry.Addrs(dir))
	ctx, cancel := context.WithCancel(context.Background())
	started, ended := make(chan struct{}), make(chan error, 1)
	s := micro.NewService(micro.Name(name), micro.Version("1.0.0"), micro.Address("127.0.0.1:0"), micro.Registry(r),
		micro.Broker(broker.NewBroker(broker.Registry(r))), micro.HandleSignal(false), micro.Context(ctx),
		micro.AfterStart(func() error { close(started); return nil }))
	if err := micro.RegisterHandler(s.Server(), k); err != nil {
		t.Fatal(err)
	}
	go func() { ended <- s.Run() }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	<-started
	return dir
}

// One console goes from one registry to another and back: the fleet, the header and what is allowed change, what ran is
// asked about and cancelled, and the log has it all with its command lines.
func TestSwitchingContexts(t *testing.T) {
	kettle := &Kettle{make(chan struct{})}
	alpha, beta := serve(t, "alpha", kettle), serve(t, "beta", &Kettle{make(chan struct{})})
	dir := t.TempDir()
	config := filepath.Join(dir, "config", "microtop")
	if err := os.MkdirAll(config, 0o700); err != nil {
		t.Fatal(err)
	}
	text := fmt.Sprintf("current: first\ncontexts:\n  first:\n    registry: file\n    registryAddress: %q\n    timeout: 60s\n  second:\n    registry: file\n    registryAddress: %q\n    colour: red\n    readonly: true\n", alpha, beta)
	if err := os.WriteFile(filepath.Join(config, "contexts.yaml"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	session, err := termshot.Start(context.Background(), termshot.Command{
		Path: microtop, Width: 120, Height: 30,
		Env: []string{"XDG_STATE_HOME=" + filepath.Join(dir, "state"), "XDG_CONFIG_HOME=" + filepath.Dir(config), "TERM=xterm-256color"},
	})
	if err != nil {
		t.Fatal(err)
	}
	c := &console{Session: session, t: t}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the screen at the end:\n%s", c.Screen())
		}
		_ = c.Close()
	})
	c.sees("ctx first", "alpha", "nodes 1")

	// What runs is asked about; then it is cancelled, at the service too.
	c.keys(":call alpha Kettle.Boil<enter><until [ Send ] 20s>")
	for boiling, tries := false, 0; !boiling; tries++ {
		c.keys("<ctrl+s>") // until the schema is there it does nothing
		select {
		case <-kettle.boiling:
			boiling = true
		case <-time.After(2 * time.Second):
			if tries == 10 {
				t.Fatal("the call did not reach the service")
			}
		}
	}
	c.keys("<ctrl+p>context second<enter>")
	c.sees("call alpha Kettle.Boil is still running.", "context second?")
	c.keys("<tab><enter>")
	c.sees("ctx second", "read only", "beta", "nodes 1", "switched to context second")
	if strings.Contains(c.Screen(), "alpha") {
		t.Error("the fleet before is still shown")
	}

	// A read-only context sends nothing.
	c.keys(":call beta Kettle.Boil<enter><until read only 20s><ctrl+s>")
	c.sees("read only: start without --readonly")
	c.keys("<esc><esc>")

	// The list, a name that is wrong, and back by a name that is completed.
	c.keys(":ctx<enter>")
	c.sees("CONTEXT", "first", "second", "default")
	c.keys(":ctx frst<enter>")
	c.sees("did you mean first?")
	c.keys(":ctx fi<tab><enter>")
	c.sees("ctx first", "alpha", "switched to context first")

	c.keys(":log<enter>")
	c.sees("switched to context second", "microtop --context second", "called alpha Kettle.Boil", "opened services", "microtop services --context first")
	c.keys("<esc>")
	c.quits(nil)
}
