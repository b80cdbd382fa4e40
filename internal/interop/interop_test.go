// Package interop_test runs this framework and the console beside real go-micro v4.9.0 programs.
package interop_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/microtop/microtop/framework"
	"github.com/microtop/microtop/framework/metadata"
	"github.com/microtop/microtop/framework/registry/registrytest"
	"github.com/microtop/microtop/framework/server"
)

var peerPath, microtopPath string

func TestMain(m *testing.M) { os.Exit(run(m)) }

// run builds the two programs and runs the tests with them.
func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "interop")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() { _ = os.RemoveAll(dir) }()
	peerPath, microtopPath = filepath.Join(dir, "peer"), filepath.Join(dir, "microtop")
	for _, args := range [][]string{{"build", "-o", peerPath, "./peer"}, {"build", "-C", "../..", "-o", microtopPath, "."}} {
		if out, err := exec.Command("go", args...).CombinedOutput(); err != nil {
			fmt.Fprintf(os.Stderr, "go %s: %v\n%s", strings.Join(args, " "), err, out)
			return 1
		}
	}
	return m.Run()
}

// uniqueName keeps a test's services apart from whatever else is on the network.
func uniqueName(kind string) string { return fmt.Sprintf("interop.%s%d", kind, time.Now().UnixNano()) }

// output collects a program's lines.
type output struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if ok() {
			return
		}
	}
	t.Fatalf("not within 20 s: %s", what)
}

// command runs a program to its end and returns its output, errors and status.
func command(t *testing.T, path, stdin string, args ...string) (stdout, stderr string, status int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 90*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Stdin = strings.NewReader(stdin)
	var out, errOut bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errOut
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatalf("%s %q: %v", filepath.Base(path), args, err)
	}
	return out.String(), errOut.String(), cmd.ProcessState.ExitCode()
}

// microtop runs a command that must succeed.
func microtop(t *testing.T, args ...string) string {
	t.Helper()
	out, errOut, status := command(t, microtopPath, "", append(args, "--registry", "mdns")...)
	if status != 0 {
		t.Fatalf("microtop %q: status %d\n%s", args, status, errOut)
	}
	return out
}

// peer runs a v4 program that must succeed.
func peer(t *testing.T, args ...string) string {
	t.Helper()
	out, errOut, status := command(t, peerPath, "", args...)
	if status != 0 {
		t.Fatalf("peer %q: status %d\n%s", args, status, errOut)
	}
	return out
}

// startV4 starts a v4 service and waits until it is found.
func startV4(t *testing.T) (name string, out *output) {
	t.Helper()
	name, out = uniqueName("v4"), new(output)
	cmd := exec.Command(peerPath, "serve", name)
	cmd.Stdout, cmd.Stderr = out, os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(os.Interrupt)
		_ = cmd.Wait()
	})
	eventually(t, "the v4 service is listed", func() bool {
		return strings.Contains(microtop(t, "services", "-o", "json"), name)
	})
	return name, out
}

func TestV4ServiceSeenByMicrotop(t *testing.T) {
	registrytest.Multicast(t) // v4's only built-in registry is mdns
	name, out := startV4(t)

	t.Run("described from the registry", func(t *testing.T) {
		var found []struct {
			Endpoints []struct{ Name, Kind, Source string }
		}
		if err := json.Unmarshal([]byte(microtop(t, "describe", name, "-o", "json")), &found); err != nil {
			t.Fatal(err)
		}
		got := map[string]string{}
		for _, e := range found[0].Endpoints {
			got[e.Name] = e.Kind + " " + e.Source
		}
		if got["Greeter.Hello"] != "unary registry" || got["Greeter.Count"] != "stream registry" || got["Func"] != "subscriber registry" {
			t.Errorf("got %v", got)
		}
	})
	t.Run("unary", func(t *testing.T) {
		got := microtop(t, "call", name, "Greeter.Hello", `{"name":"Ann"}`, "--metadata", "X-Tenant=acme")
		if strings.TrimSpace(got) != `{"message":"hello Ann","tenant":"acme"}` {
			t.Errorf("got %s", got)
		}
	})
	t.Run("error", func(t *testing.T) {
		_, errOut, status := command(t, microtopPath, "", "call", name, "Greeter.Fail", "--registry", "mdns")
		if status != 1 || !strings.Contains(errOut, "418") || !strings.Contains(errOut, "short and stout") {
			t.Errorf("status %d: %s", status, errOut)
		}
	})
	t.Run("unknown field is not sent", func(t *testing.T) {
		_, errOut, status := command(t, microtopPath, "", "call", name, "Greeter.Hello", `{"nome":"x"}`, "--registry", "mdns")
		if status != 2 || !strings.Contains(errOut, "nome") || !strings.Contains(errOut, "name") {
			t.Errorf("status %d: %s", status, errOut)
		}
	})
	t.Run("server stream", func(t *testing.T) {
		got := microtop(t, "stream", "server", name, "Greeter.Count", `{"value":3}`)
		if got != "{\"value\":1}\n{\"value\":2}\n{\"value\":3}\n" {
			t.Errorf("got %q", got)
		}
	})
	t.Run("bidi stream", func(t *testing.T) {
		got, errOut, status := command(t, microtopPath, "{\"value\":1}\n{\"value\":2}\n{\"value\":3}\n{\"value\":0}\n",
			"stream", "bidi", name, "Greeter.Sum", "--registry", "mdns")
		if status != 0 || got != "{\"value\":1}\n{\"value\":3}\n{\"value\":6}\n" {
			t.Errorf("status %d, got %q, %s", status, got, errOut)
		}
	})
	t.Run("publish", func(t *testing.T) {
		microtop(t, "publish", name+".events", `{"name":"Bob"}`)
		eventually(t, "the v4 subscriber has the event", func() bool { return strings.Contains(out.String(), "event Bob") })
	})
}

// Request asks.
type Request struct {
	Name string `json:"name"`
}

// Response answers.
type Response struct {
	Message string `json:"message"`
	Tenant  string `json:"tenant"`
}

// Number is a stream's message.
type Number struct {
	Value int `json:"value"`
}

// Greeter is the handler of this framework's service.
type Greeter struct{}

// Hello greets, and tells the caller's X-Tenant header.
func (*Greeter) Hello(ctx context.Context, req *Request, rsp *Response) error {
	tenant, _ := metadata.Get(ctx, "X-Tenant")
	rsp.Message, rsp.Tenant = "hello "+req.Name, tenant
	return nil
}

// Count sends the numbers from 1 to the one received, as fast as it can.
func (*Greeter) Count(_ context.Context, stream server.Stream) error {
	var n Number
	if err := stream.Recv(&n); err != nil {
		return err
	}
	for i := 1; i <= n.Value; i++ {
		if err := stream.Send(&Number{i}); err != nil {
			return err
		}
	}
	return nil
}

// startOurs runs a service of this framework in this process.
func startOurs(t *testing.T) (name string, events chan string) {
	t.Helper()
	name, events = uniqueName("ours"), make(chan string, 10)
	ctx, cancel := context.WithCancel(context.Background())
	service := micro.NewService(micro.Name(name), micro.Address("127.0.0.1:0"), micro.Context(ctx), micro.HandleSignal(false))
	if err := micro.RegisterHandler(service.Server(), new(Greeter)); err != nil {
		t.Fatal(err)
	}
	if err := micro.RegisterSubscriber(name+".events", service.Server(), func(_ context.Context, e *Request) error {
		events <- e.Name
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- service.Run() }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("run: %v", err)
		}
	})
	return name, events
}

func TestOurServiceSeenByV4(t *testing.T) {
	registrytest.Multicast(t) // v4's only built-in registry is mdns
	name, events := startOurs(t)

	t.Run("unary", func(t *testing.T) {
		eventually(t, "the v4 client finds the service", func() bool {
			got, _, status := command(t, peerPath, "", "call", name, "Greeter.Hello", `{"name":"Ann"}`)
			return status == 0 && strings.TrimSpace(got) == `{"message":"hello Ann","tenant":"acme"}`
		})
	})
	t.Run("unknown method", func(t *testing.T) {
		_, errOut, status := command(t, peerPath, "", "call", name, "Greeter.Nope", `{}`)
		if status != 1 || !strings.Contains(errOut, "rpc: can't find method Nope") {
			t.Errorf("status %d: %s", status, errOut)
		}
	})
	t.Run("server stream, fast and right", func(t *testing.T) {
		lines := bufio.NewScanner(strings.NewReader(peer(t, "count", name, "50")))
		var got, want []string
		for lines.Scan() {
			got = append(got, lines.Text())
		}
		for i := 1; i <= 50; i++ {
			want = append(want, fmt.Sprint(i))
		}
		if !slices.Equal(got, want) {
			t.Errorf("got %v", got)
		}
	})
	t.Run("publish", func(t *testing.T) {
		peer(t, "publish", name+".events", `{"name":"Bob"}`)
		select {
		case got := <-events:
			if got != "Bob" {
				t.Errorf("got %q", got)
			}
		case <-time.After(10 * time.Second):
			t.Fatal("the event of the v4 publisher did not come")
		}
	})
}
