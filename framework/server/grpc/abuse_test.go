package grpc_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
	stock "google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"

	"github.com/microtop/microtop/framework/server/servertest/fleet"
)

// serveCommand makes the test program a server, whose time on the processor can then be told from the clients'.
const serveCommand = "serve-grpc"

func TestMain(m *testing.M) {
	if len(os.Args) == 2 && os.Args[1] == serveCommand {
		if err := serveAlone(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	goleak.VerifyTestMain(m)
}

// serveAlone serves until standard input ends.
func serveAlone() error {
	s, err := serving()
	if err != nil {
		return err
	}
	fmt.Println(s.Options().Address)
	_, _ = io.Copy(io.Discard, os.Stdin) // either end is one
	return s.Stop()
}

// child starts a server in a process of its own.
func child(t *testing.T) (addr string, pid int) {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, serveCommand)
	cmd.Stderr = io.Discard // it warns of what it closes
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = in.Close() // it tells the child to end
		if err := cmd.Wait(); err != nil {
			t.Errorf("the server: %v", err)
		}
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(line), cmd.Process.Pid
}

// processorTime is how long a process has used a processor, to 10 ms; false where the system does not tell.
func processorTime(t *testing.T, pid int) (time.Duration, bool) {
	t.Helper()
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, false
	}
	const tick, user, system = 10 * time.Millisecond, 11, 12 // of proc(5), from behind the name
	fields := strings.Fields(string(data[strings.LastIndexByte(string(data), ')')+1:]))
	var sum time.Duration
	for _, at := range []int{user, system} {
		n, err := strconv.Atoi(fields[at])
		if err != nil {
			t.Fatal(err)
		}
		sum += time.Duration(n) * tick
	}
	return sum, true
}

// others call 100 times a second until stop, which returns how long each call took.
func others(t *testing.T, addr string) (stop func() []time.Duration) {
	t.Helper()
	conn, err := stock.NewClient(addr, stock.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var took []time.Duration
	var calling sync.WaitGroup
	call := func() {
		begin := time.Now()
		if err := conn.Invoke(context.WithoutCancel(ctx), "/fleet.Greeter/Hello", &fleet.HelloRequest{Name: "Ann"}, new(fleet.HelloResponse)); err != nil {
			t.Errorf("another client: %v", err)
		}
		took = append(took, time.Since(begin))
	}
	call() // which connects
	took = nil
	calling.Go(func() {
		tick := time.NewTicker(10 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				call()
			case <-ctx.Done():
				return
			}
		}
	})
	return sync.OnceValue(func() []time.Duration {
		cancel()
		calling.Wait()
		if err := conn.Close(); err != nil {
			t.Error(err)
		}
		return took
	})
}

// TestS10_HTTP2Abuse: what a hostile client does costs it its connection, and others nothing they notice. In short the
// floods come at once; as NIGHTLY=1 has it, over a second, and the figures are held.
func TestS10_HTTP2Abuse(t *testing.T) {
	over := 100 * time.Millisecond
	if nightly() {
		over = time.Second
	}
	for _, c := range floods {
		t.Run(c.name, func(t *testing.T) {
			addr, pid := child(t)
			stop := others(t, addr)
			defer stop()
			before, measured := processorTime(t, pid)
			begin := time.Now()
			f := newFlood(t, addr)
			f.run(c.times, over, c.write)
			wait := time.NewTimer(10 * time.Second)
			defer wait.Stop()
			closed := false
			select {
			case <-f.gone:
				closed = true
			case <-f.reset:
				if !c.closes {
					break
				}
				select {
				case <-f.gone:
					closed = true
				case <-wait.C:
				}
			case <-wait.C:
			}
			ended := time.Since(begin)
			if closed != c.closes {
				t.Errorf("the connection was closed: %v, want %v", closed, c.closes)
			}
			time.Sleep(time.Until(begin.Add(max(over, 300*time.Millisecond)))) // for the others to be many
			took := stop()
			after, _ := processorTime(t, pid)
			slices.Sort(took)
			p99 := took[len(took)*99/100]
			t.Logf(`{"id": "S-10", "case": %q, "closed": %v, "afterMs": %d, "serverCPUMs": %d, "calls": %d, "p99Ms": %.1f}`,
				c.name, closed, ended.Milliseconds(), (after - before).Milliseconds(), len(took), float64(p99.Microseconds())/1000)
			if measured && after-before > time.Second {
				t.Errorf("the server used a processor for %v, want at most 1 s", after-before)
			}
			if nightly() && p99 > 100*time.Millisecond {
				t.Errorf("others waited %v (p99), want at most 100 ms", p99)
			}
		})
	}
}

// What is over a limit is refused; the connection serves on.
func TestS10_HeadersOverTheLimitAreRefused(t *testing.T) {
	conn := dial(t, start(t))
	for name, md := range map[string]metadata.MD{
		"long": metadata.Pairs("x-long", strings.Repeat("x", 32<<10)),
		"many": {"x-many": make([]string, 2000)},
	} {
		ctx := metadata.NewOutgoingContext(t.Context(), md)
		if err := conn.Invoke(ctx, "/fleet.Greeter/Hello", new(fleet.HelloRequest), new(fleet.HelloResponse)); err == nil {
			t.Errorf("%s headers were taken", name)
		}
		if err := conn.Invoke(t.Context(), "/fleet.Greeter/Hello", new(fleet.HelloRequest), new(fleet.HelloResponse)); err != nil {
			t.Errorf("after that: %v", err)
		}
	}
}
