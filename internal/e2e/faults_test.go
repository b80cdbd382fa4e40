package e2e_test

import (
	"context"
	"fmt"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/microtop/microtop/framework/client"
	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/framework/registry/file"
	"github.com/microtop/microtop/internal/demo"
	"github.com/microtop/microtop/internal/demo/shop"
	"github.com/microtop/microtop/introspect"
	"github.com/microtop/microtop/introspect/fleet"
)

const (
	callers  = 4
	deadline = 2 * time.Second
	// slack is how much later than its deadline a call may be seen to end on a busy machine.
	slack = 250 * time.Millisecond
)

// traffic calls Catalog.Get all the time and notes what failed and what outlived its deadline.
type traffic struct {
	client  client.Client
	options []client.CallOption
	work    sync.WaitGroup
	cancel  context.CancelFunc

	mu      sync.Mutex
	calls   int
	failed  []string
	slowest time.Duration
}

func startTraffic(t *testing.T, c client.Client, options ...client.CallOption) *traffic {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	tr := &traffic{client: c, options: append(options, client.WithRetries(3), client.WithRequestTimeout(deadline)), cancel: cancel}
	for range callers {
		tr.work.Go(func() {
			for ctx.Err() == nil {
				tr.call(ctx)
				pause(ctx, 10*time.Millisecond)
			}
		})
	}
	return tr
}

func (tr *traffic) call(ctx context.Context) {
	begin := time.Now()
	req := tr.client.NewRequest("shop.catalog", "Catalog.Get", new(shop.GetProductRequest), client.WithContentType("application/protobuf"))
	err := tr.client.Call(context.WithoutCancel(ctx), req, new(shop.Product), tr.options...)
	took := time.Since(begin)
	tr.mu.Lock()
	defer tr.mu.Unlock()
	tr.calls++
	tr.slowest = max(tr.slowest, took)
	if err != nil {
		tr.failed = append(tr.failed, fmt.Sprintf("after %v: %v", took.Round(time.Millisecond), err))
	}
}

// stop ends the traffic and fails the test for what went wrong in it.
func (tr *traffic) stop(t *testing.T) {
	t.Helper()
	tr.cancel()
	tr.work.Wait()
	t.Logf(`{"id": %q, "calls": %d, "failed": %d, "slowestMs": %d}`, t.Name(), tr.calls, len(tr.failed), tr.slowest.Milliseconds())
	if len(tr.failed) > 0 {
		t.Errorf("%d of %d calls failed, first: %s", len(tr.failed), tr.calls, tr.failed[0])
	}
	if tr.slowest > deadline+slack {
		t.Errorf("a call took %v, its deadline was %v", tr.slowest, deadline)
	}
	if tr.calls < 50 {
		t.Errorf("only %d calls: that tests nothing", tr.calls)
	}
}

func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

// shopFleet is a demo fleet with a session and a live view on it.
type shopFleet struct {
	client client.Client
	live   *fleet.Fleet
}

func startShop(t *testing.T) *shopFleet {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "registry")
	f, err := demo.Start(context.Background(), demo.Config{Registry: "file", RegistryAddress: dir, Dir: filepath.Join(t.TempDir(), "demo"), RestartDelay: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	r := file.NewRegistry(registry.Addrs(dir))
	c := client.NewClient(client.Registry(r))
	session, err := introspect.Open(introspect.Config{Registry: r, Client: c})
	if err != nil {
		t.Fatal(err)
	}
	live := fleet.Start(context.Background(), session, fleet.Options{})
	t.Cleanup(func() {
		live.Close()
		if err := session.Close(); err != nil {
			t.Error(err)
		}
		if err := c.Options().Selector.Close(); err != nil {
			t.Error(err)
		}
		if err := f.Stop(); err != nil {
			t.Error(err)
		}
	})
	s := &shopFleet{client: c, live: live}
	s.until(t, 20*time.Second, "all three catalog nodes are up", func() bool { return len(s.catalog(fleet.Up)) == 3 })
	return s
}

// catalog returns the catalog nodes in a state.
func (s *shopFleet) catalog(state fleet.State) []*fleet.Node {
	service := s.live.Snapshot().Service("shop.catalog")
	if service == nil {
		return nil
	}
	var out []*fleet.Node
	for _, n := range service.Nodes {
		if n.State == state {
			out = append(out, n)
		}
	}
	return out
}

// until waits for a condition and returns how long it took.
func (s *shopFleet) until(t *testing.T, limit time.Duration, what string, ok func() bool) time.Duration {
	t.Helper()
	begin := time.Now()
	for time.Since(begin) < limit {
		if ok() {
			return time.Since(begin)
		}
		time.Sleep(5 * time.Millisecond)
	}
	t.Fatalf("not within %v: %s", limit, what)
	return 0
}

func pid(t *testing.T, n *fleet.Node) int {
	t.Helper()
	id, err := strconv.Atoi(n.Metadata["pid"])
	if err != nil || id <= 1 { // 0 would be this test's own process group
		t.Fatalf("node %s: pid %q", n.ID, n.Metadata["pid"])
	}
	return id
}

func (s *shopFleet) state(id string) fleet.State {
	if service := s.live.Snapshot().Service("shop.catalog"); service != nil {
		for _, n := range service.Nodes {
			if n.ID == id {
				return n.State
			}
		}
	}
	return fleet.Unknown
}

// a killed node costs no idempotent call, and is marked within three seconds.
func TestR01_KilledNode(t *testing.T) {
	t.Parallel()
	s := startShop(t)
	victim := s.catalog(fleet.Up)[0]
	tr := startTraffic(t, s.client, client.Idempotent())
	pause(t.Context(), time.Second)
	if err := syscall.Kill(pid(t, victim), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	took := s.until(t, 3*time.Second, "the killed node is marked as down", func() bool { return s.state(victim.ID) == fleet.Down })
	t.Logf(`{"id": "R-01", "markedMs": %d, "limitMs": 3000}`, took.Milliseconds())
	pause(t.Context(), 3*time.Second)
	tr.stop(t)
}

// a node stopped by SIGTERM costs no call at all, idempotent or not.
func TestR05_StoppedNode(t *testing.T) {
	t.Parallel()
	s := startShop(t)
	victim := s.catalog(fleet.Up)[0]
	tr := startTraffic(t, s.client)
	pause(t.Context(), time.Second)
	if err := syscall.Kill(pid(t, victim), syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	s.until(t, 12*time.Second, "the stopped node has left", func() bool { return s.state(victim.ID) == fleet.Down })
	pause(t.Context(), 2*time.Second)
	tr.stop(t)
}

// a node frozen for ten seconds costs no idempotent call, and no call outlives its deadline.
func TestR03_FrozenNode(t *testing.T) {
	t.Parallel()
	s := startShop(t)
	victim := s.catalog(fleet.Up)[0]
	id := pid(t, victim)
	tr := startTraffic(t, s.client, client.Idempotent())
	pause(t.Context(), time.Second)
	if err := syscall.Kill(id, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	s.until(t, 5*time.Second, "the frozen node is marked", func() bool { return s.state(victim.ID) == fleet.Down })
	pause(t.Context(), 10*time.Second)
	if err := syscall.Kill(id, syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	s.until(t, 10*time.Second, "the node is back", func() bool { return s.state(victim.ID) == fleet.Up })
	tr.stop(t)
}
