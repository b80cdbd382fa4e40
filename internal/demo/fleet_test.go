package demo_test

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/microtop/microtop/framework/broker"
	"github.com/microtop/microtop/framework/client"
	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/framework/registry/file"
	"github.com/microtop/microtop/framework/registry/registrytest"
	"github.com/microtop/microtop/framework/selector"
	"github.com/microtop/microtop/framework/transport"
	"github.com/microtop/microtop/internal/demo"
)

const fleetLine = "fleet: 10 services, 13 nodes, 17 endpoints, 2 topics"

// output is what a fleet prints.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *output) lines() []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return strings.Split(strings.TrimSpace(o.text.String()), "\n")
}

// running starts a fleet in folders of the test, which Stop has to leave empty.
func running(t *testing.T) (f *demo.Fleet, config demo.Config, reg registry.Registry, out *output) {
	t.Helper()
	dir := t.TempDir()
	out = new(output)
	config = demo.Config{
		Registry: "file", RegistryAddress: filepath.Join(dir, "registry"), Dir: filepath.Join(dir, "place"),
		Out: out, Notes: t.Output(), RestartDelay: 200 * time.Millisecond,
	}
	begin := time.Now()
	f, err := demo.Start(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("up after %v", time.Since(begin))
	t.Cleanup(func() {
		if err := f.Stop(); err != nil {
			t.Errorf("stop: %v", err)
		}
	})
	return f, config, file.NewRegistry(registry.Addrs(config.RegistryAddress)), out
}

// caller returns a client that finds the fleet.
func caller(t *testing.T, reg registry.Registry) client.Client {
	t.Helper()
	pick := selector.NewSelector(selector.Registry(reg))
	c := demo.NewClient(client.Registry(reg), client.Selector(pick), client.Transport(transport.NewHTTPTransport()), client.ContentType("application/protobuf"))
	t.Cleanup(func() {
		if closer, ok := c.(io.Closer); ok {
			if err := closer.Close(); err != nil {
				t.Error(err)
			}
		}
		if err := pick.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

var upLine = regexp.MustCompile(`^up (shop\.[a-z]+) (\d+\.\d+\.\d+) (127\.0\.0\.1:\d+) pid (\d+)$`)

// pids reads the process ids from the lines that a fleet prints.
func pids(t *testing.T, lines []string) []int {
	t.Helper()
	var out []int
	for _, line := range lines {
		if match := upLine.FindStringSubmatch(line); match != nil {
			pid, err := strconv.Atoi(match[4])
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, pid)
		}
	}
	return out
}

// gone says whether a process has ended, be it that nobody has asked for its status yet.
func gone(pid int) bool {
	if errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
		return true
	}
	stat, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	return err == nil && bytes.Contains(stat, []byte(") Z "))
}

func allGone(ids []int) bool {
	for _, pid := range ids {
		if !gone(pid) {
			return false
		}
	}
	return true
}

// files lists what is in a folder, which may be gone.
func files(dir string) []string {
	entries, _ := os.ReadDir(dir)
	var out []string
	for _, entry := range entries {
		out = append(out, filepath.Join(dir, entry.Name()))
	}
	return out
}

// speaks checks the protocol of each service's nodes.
func speaks(t *testing.T, reg registry.Registry) {
	for service, want := range map[string]string{"shop.currency": "grpc", "shop.catalog": "mucp", "shop.email": "mucp"} {
		found, err := reg.GetService(service)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range found {
			for _, n := range s.Nodes {
				if got := n.Metadata["protocol"]; got != want {
					t.Errorf("%s speaks %s, want %s", n.Id, got, want)
				}
			}
		}
	}
}

func TestFleet(t *testing.T) {
	f, config, reg, out := running(t)
	lines := out.lines()
	if last := lines[len(lines)-1]; last != fleetLine {
		t.Errorf("last line %q, want %q", last, fleetLine)
	}
	ids := pids(t, lines)
	if len(ids) != 13 || len(lines) != 14 {
		t.Errorf("lines:\n%s", strings.Join(lines, "\n"))
	}
	t.Run("every endpoint is registered", func(t *testing.T) { everyEndpointIsRegistered(t, reg) })
	t.Run("one service speaks gRPC", func(t *testing.T) { speaks(t, reg) })
	t.Run("every endpoint answers {}", func(t *testing.T) { everyEndpointAnswers(t, caller(t, reg)) })
	t.Run("orders and payments are announced", func(t *testing.T) { topicsFlow(t, reg) })
	t.Run("a second fleet is refused", func(t *testing.T) {
		_, err := demo.Start(t.Context(), config)
		if !errors.Is(err, demo.ErrRunning) || !strings.Contains(err.Error(), strconv.Itoa(os.Getpid())) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("a node that was killed comes back", func(t *testing.T) { killedComesBack(t, reg, syscall.SIGKILL) })
	t.Run("a node that was told to stop comes back", func(t *testing.T) { killedComesBack(t, reg, syscall.SIGTERM) })
	begin := time.Now()
	if err := f.Stop(); err != nil {
		t.Errorf("stop: %v", err)
	}
	if took := time.Since(begin); took > 12*time.Second {
		t.Errorf("stopping took %v", took)
	}
	if !allGone(ids) {
		t.Error("processes are left after Stop")
	}
	for _, dir := range []string{config.RegistryAddress, config.Dir} {
		if left := files(dir); len(left) > 0 {
			t.Errorf("left after Stop: %v", left)
		}
	}
}

func topicsFlow(t *testing.T, reg registry.Registry) {
	b := broker.NewBroker(broker.Registry(reg))
	if err := b.Connect(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := b.Disconnect(); err != nil {
			t.Error(err)
		}
	}()
	got := make(chan string, 100)
	for _, topic := range []string{"shop.orders.placed", "shop.payments.settled"} {
		take := func(e broker.Event) error {
			select {
			case got <- e.Topic():
			default: // enough
			}
			return nil
		}
		if _, err := b.Subscribe(topic, take); err != nil {
			t.Fatal(err)
		}
	}
	seen := map[string]bool{}
	timeout := time.NewTimer(15 * time.Second)
	defer timeout.Stop()
	for len(seen) < 2 {
		select {
		case topic := <-got:
			seen[topic] = true
		case <-timeout.C:
			t.Fatalf("only %v", seen)
		}
	}
}

// cart is the process that plays shop.cart now, 0 if none does.
func cart(reg registry.Registry) int {
	found, err := reg.GetService("shop.cart")
	if err != nil {
		return 0
	}
	pid := 0
	for _, n := range found[0].Nodes {
		if p, err := strconv.Atoi(n.Metadata["pid"]); err == nil && !gone(p) {
			pid = p
		}
	}
	return pid
}

func killedComesBack(t *testing.T, reg registry.Registry, sig syscall.Signal) {
	before := cart(reg)
	if before == 0 {
		t.Fatal("there is no cart")
	}
	if err := syscall.Kill(before, sig); err != nil {
		t.Fatal(err)
	}
	eventually(t, 15*time.Second, "the cart is back", func() bool {
		now := cart(reg)
		return now != 0 && now != before
	})
}

func TestFleetOverMDNS(t *testing.T) {
	registrytest.Multicast(t)
	out := new(output)
	f, err := demo.Start(t.Context(), demo.Config{Dir: filepath.Join(t.TempDir(), "place"), Out: out, Notes: t.Output()})
	if err != nil {
		t.Fatal(err)
	}
	if name, _ := f.Registry(); name != "mdns" {
		t.Errorf("the registry is %s", name)
	}
	lines := out.lines()
	if last := lines[len(lines)-1]; last != fleetLine {
		t.Errorf("last line %q, want %q", last, fleetLine)
	}
	if err := f.Stop(); err != nil {
		t.Errorf("stop: %v", err)
	}
	if !allGone(pids(t, lines)) {
		t.Error("processes are left after Stop")
	}
}

func TestAKilledFleetLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	place, registryDir := filepath.Join(dir, "place"), filepath.Join(dir, "registry")
	fleet := exec.CommandContext(t.Context(), os.Args[0], runCommand, place, registryDir)
	fleet.Stderr = t.Output()
	printed, err := fleet.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := fleet.Start(); err != nil {
		t.Fatal(err)
	}
	var lines []string
	for scan := bufio.NewScanner(printed); scan.Scan(); {
		lines = append(lines, scan.Text())
		if strings.HasPrefix(scan.Text(), "fleet: ") {
			break
		}
	}
	ids := pids(t, lines)
	if err := fleet.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = fleet.Wait() // killed, as it should be
	if len(ids) != 13 {
		t.Fatalf("%d nodes:\n%s", len(ids), strings.Join(lines, "\n"))
	}
	eventually(t, 3*time.Second, "every node is gone", func() bool { return allGone(ids) })
	for _, dir := range []string{place, registryDir} {
		if left := files(dir); len(left) > 0 {
			t.Errorf("left: %v", left)
		}
	}
}
