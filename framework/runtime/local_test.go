package runtime_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/microtop/microtop/framework/runtime"
	"github.com/microtop/microtop/framework/runtime/runtimetest"
)

// TestMain runs as the managed service when it is told to.
func TestMain(m *testing.M) {
	switch os.Getenv("RUNTIME_TEST_ROLE") {
	case "serve": // prints, then lives until its input ends
		fmt.Println("hello from", os.Getpid())
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	case "stubborn": // ignores SIGTERM and its input, and has a child
		signal.Ignore(syscall.SIGTERM)
		child := exec.Command("sleep", "60")
		if err := child.Start(); err != nil {
			os.Exit(3)
		}
		fmt.Println("child", child.Process.Pid)
		time.Sleep(time.Minute) // not select: with no goroutine left the runtime would end the process
	case "fail":
		fmt.Println("failing")
		os.Exit(7)
	}
	goleak.VerifyTestMain(m)
}

type buffer struct {
	mu  sync.Mutex
	out bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.out.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.out.String()
}

func open(t *testing.T, opts ...runtime.Option) runtime.Runtime {
	t.Helper()
	r := runtime.NewRuntime(opts...)
	if err := r.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Stop() })
	return r
}

func create(t *testing.T, r runtime.Runtime, role string, opts ...runtime.CreateOption) *runtime.Service {
	t.Helper()
	s := &runtime.Service{Name: role, Version: "1"}
	opts = append(opts, runtime.WithCommand(os.Args[0]), runtime.WithEnv([]string{"RUNTIME_TEST_ROLE=" + role}))
	if err := r.Create(s, opts...); err != nil {
		t.Fatal(err)
	}
	return s
}

func state(t *testing.T, r runtime.Runtime, name string) map[string]string {
	t.Helper()
	services, err := r.Read(runtime.ReadService(name))
	if err != nil || len(services) != 1 {
		t.Fatalf("read %s: %v, %v", name, services, err)
	}
	return services[0].Metadata
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		if ok() {
			return
		}
	}
	t.Fatalf("not within 10 s: %s", what)
}

func gone(pid string) bool {
	n, err := strconv.Atoi(pid)
	return err == nil && errors.Is(syscall.Kill(n, 0), syscall.ESRCH)
}

func TestConformance(t *testing.T) {
	program := func(role string) []runtime.CreateOption {
		return []runtime.CreateOption{runtime.WithCommand(os.Args[0]), runtime.WithEnv([]string{"RUNTIME_TEST_ROLE=" + role})}
	}
	runtimetest.Run(t, func(_ *testing.T, opts ...runtime.Option) runtime.Runtime { return runtime.NewRuntime(opts...) },
		runtimetest.Programs{Serve: program("serve"), Fail: program("fail")})
}

func TestServiceRunsUntilDeleted(t *testing.T) {
	r := open(t)
	var out buffer
	s := create(t, r, "serve", runtime.WithOutput(&out))
	eventually(t, "its line is printed", func() bool { return strings.Contains(out.String(), "hello") })
	pid := state(t, r, "serve")["pid"]
	if err := r.Create(s, runtime.WithCommand("x")); !errors.Is(err, runtime.ErrAlreadyExists) {
		t.Errorf("a second of the same name and version: %v", err)
	}
	if err := r.Update(s); err != nil {
		t.Fatal(err)
	}
	if now := state(t, r, "serve")["pid"]; now == pid || now == "" || !gone(pid) {
		t.Errorf("update kept process %s (now %s)", pid, now)
	}
	if err := r.Delete(s); err != nil {
		t.Fatal(err)
	}
	if err := r.Delete(s); !errors.Is(err, runtime.ErrNotFound) {
		t.Errorf("deleting twice: %v", err)
	}
}

func TestKilledServiceIsStartedAgain(t *testing.T) {
	r := open(t)
	create(t, r, "serve", runtime.WithRetries(-1), runtime.WithRestartDelay(20*time.Millisecond))
	for want := 1; want <= 2; want++ {
		pid, _ := strconv.Atoi(state(t, r, "serve")["pid"])
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		eventually(t, "it runs again", func() bool {
			now := state(t, r, "serve")
			return now["restarts"] == strconv.Itoa(want) && now["status"] == "running"
		})
	}
}

func TestRetriesEnd(t *testing.T) {
	r := open(t)
	create(t, r, "fail", runtime.WithRetries(2), runtime.WithRestartDelay(time.Millisecond))
	eventually(t, "it gives up", func() bool {
		now := state(t, r, "fail")
		return now["restarts"] == "2" && now["status"] == "error" && strings.Contains(now["error"], "exit status 7")
	})
	logs, err := r.Logs(&runtime.Service{Name: "fail", Version: "1"}, runtime.LogsCount(2))
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for record := range logs.Chan() {
		if record.Message != "failing" {
			t.Errorf("line %q", record.Message)
		}
		n++
	}
	if n != 2 {
		t.Errorf("%d lines, want the last 2", n)
	}
}

func TestStubbornServiceIsKilledWithItsChildren(t *testing.T) {
	t.Parallel()
	r := open(t, runtime.WithStopTimeout(100*time.Millisecond))
	var out buffer
	create(t, r, "stubborn", runtime.WithOutput(&out))
	eventually(t, "its child runs", func() bool { return strings.Contains(out.String(), "\n") })
	child := strings.TrimPrefix(strings.TrimSpace(out.String()), "child ")
	pid := state(t, r, "stubborn")["pid"]
	if err := r.Stop(); err == nil || !strings.Contains(err.Error(), "killed") {
		t.Errorf("Stop must say that it had to kill: %v", err)
	}
	eventually(t, "both are gone", func() bool { return gone(pid) && gone(child) })
	if err := r.Stop(); err != nil {
		t.Errorf("stopping twice: %v", err)
	}
}

func TestCommandThatDoesNotExist(t *testing.T) {
	r := open(t)
	err := r.Create(&runtime.Service{Name: "x"}, runtime.WithCommand("/no/such/program"))
	if err == nil || !strings.Contains(err.Error(), "/no/such/program") {
		t.Errorf("got %v", err)
	}
	if err := r.Create(&runtime.Service{Name: "y"}); err == nil || !strings.Contains(err.Error(), "WithCommand") {
		t.Errorf("got %v", err)
	}
}

func TestLogStreamFollows(t *testing.T) {
	r := open(t)
	s := create(t, r, "serve")
	logs, err := r.Logs(s, runtime.LogsStream(true))
	if err != nil {
		t.Fatal(err)
	}
	select {
	case record := <-logs.Chan():
		if !strings.HasPrefix(record.Message, "hello from ") {
			t.Errorf("line %q", record.Message)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("no line")
	}
	for range 2 {
		if err := logs.Stop(); err != nil {
			t.Error(err)
		}
	}
}
