package e2e_test

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/framework/registry/file"
	"github.com/microtop/microtop/internal/termshot"
)

// patience is how long the console may take to show something on a busy machine.
const patience = 20 * time.Second

// console is the program in a terminal, with a place and a registry of its own.
type console struct {
	*termshot.Session
	t        *testing.T
	registry string
}

func openConsole(t *testing.T, width, height int) *console {
	t.Helper()
	c := startConsole(t, width, height, "demo")
	c.sees("shop.shipping", "enter open") // the console; while it starts, the demo prints the names too
	return c
}

// startConsole runs the program with arguments of its own, and does not wait for it to show something.
func startConsole(t *testing.T, width, height int, args ...string) *console {
	t.Helper()
	dir := t.TempDir()
	run := filepath.Join(dir, "run")
	if err := os.Mkdir(run, 0o700); err != nil {
		t.Fatal(err)
	}
	editor := filepath.Join(dir, "editor")
	if err := os.WriteFile(editor, []byte("#!/bin/sh\nsed -i s/kettle/lamp/ \"$1\"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	c := &console{t: t, registry: filepath.Join(dir, "registry")}
	session, err := termshot.Start(context.Background(), termshot.Command{
		Path: microtop, Args: append(args, "--registry", "file", "--registry-address", c.registry), Width: width, Height: height,
		Env: []string{"XDG_RUNTIME_DIR=" + run, "XDG_STATE_HOME=" + filepath.Join(dir, "state"), "XDG_CONFIG_HOME=" + filepath.Join(dir, "config"), "VISUAL=" + editor, "TERM=xterm-256color"},
	})
	if err != nil {
		t.Fatal(err)
	}
	c.Session = session
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the screen at the end:\n%s", c.Screen())
		}
		_ = c.Close()
	})
	return c
}

// keys plays a script.
func (c *console) keys(script string) {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 3*patience)
	defer cancel()
	if err := c.Play(ctx, script); err != nil {
		c.t.Fatalf("%s: %v", script, err)
	}
}

// sees waits until the screen shows all the texts at once, and returns how long that took.
func (c *console) sees(texts ...string) time.Duration {
	c.t.Helper()
	begin := time.Now()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	err := c.WaitFor(ctx, func(screen string) bool {
		for _, text := range texts {
			if !strings.Contains(screen, text) {
				return false
			}
		}
		return true
	})
	if err != nil {
		c.t.Fatalf("the screen does not show %q: %v", texts, err)
	}
	return time.Since(begin)
}

// quits leaves the console and checks what it left behind: the terminal as it was, status 0, no process.
func (c *console) quits(pids []int) {
	c.t.Helper()
	c.keys(":q<enter>")
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := c.Wait(ctx); err != nil {
		c.t.Fatalf("exit: %v", err)
	}
	if c.AltScreen() {
		c.t.Error("the terminal still shows the alternate screen")
	}
	for _, id := range pids {
		if syscall.Kill(id, 0) == nil {
			c.t.Errorf("process %d of the fleet is still there", id)
		}
	}
}

// pids are the fleet's processes, by part.
func (c *console) pids() map[string]int {
	c.t.Helper()
	r := file.NewRegistry(registry.Addrs(c.registry))
	services, err := r.ListServices()
	if err != nil {
		c.t.Fatal(err)
	}
	out := map[string]int{}
	for _, s := range services {
		for _, n := range s.Nodes {
			if id, err := strconv.Atoi(n.Metadata["pid"]); err == nil {
				out[n.Metadata["part"]] = id
			}
		}
	}
	return out
}

func values(m map[string]int) []int {
	out := make([]int, 0, len(m))
	for _, v := range m {
		out = append(out, v)
	}
	return out
}

// The five jobs of the console, by the keys that a newcomer finds in the foot of each screen.
func TestFiveJobs(t *testing.T) {
	c := openConsole(t, 120, 36)
	fleet := c.pids()

	// Browse: all services, one of them by filter, its endpoints, the schema of one.
	c.sees("shop.ads", "shop.cart", "shop.catalog", "shop.checkout", "shop.currency", "shop.email", "shop.frontend", "shop.payment",
		"shop.recommend", "shop.shipping", "services 10", "1.1.0 +1")
	c.keys("/catalog<enter>")
	c.sees("[1/10]")
	c.keys("<enter>")
	c.sees("Catalog.Get", "Catalog.Search", "unary")

	// Call: compose from the template, send, see the answer.
	c.keys("<esc><esc>:call shop.catalog Catalog.Search<enter><until [ Send ] 20s><until query 20s><ctrl+s>")
	c.sees("200 OK", "kettle")
	c.keys("<esc><esc>")

	// Stream: open, receive until the end.
	c.keys(":stream shop.shipping Shipping.Track<enter><until orderId 20s><ctrl+s>")
	c.sees("delivered", "front door")
	c.keys("<esc><esc>")

	// Tail: messages of the built-in load, decoded.
	c.keys(":tail shop.orders.placed<enter>")
	c.sees("shop.orders.placed", `{"order":{"id":"o-`)
	c.keys("<space><enter>")
	c.sees("Micro-Topic", `"userId": "customer-`)
	c.keys("<esc>")
	c.keys("<esc><esc>")

	// Profile: CPU for a while, as a table and as a flame graph that name the burner.
	c.keys(":profile shop.recommend<enter>")
	c.sees("cpu", "heap", "goroutine")
	c.keys("<left><left><left><enter>")
	c.sees("scoreCandidates", "FLAT")
	c.keys("<tab>")
	c.sees("scoreCandidates", "flame graph", "zoom")

	c.keys("<esc>:services<enter>")
	c.sees("shop.ads")
	c.quits(values(fleet))
}

// A node that is killed shows within three seconds.
func TestKilledNodeShows(t *testing.T) {
	c := openConsole(t, 100, 30)
	fleet := c.pids()
	c.sees("●●●")
	victim := fleet["shop.catalog-1"]
	if victim <= 1 { // 0 would be this test's own process group
		t.Fatalf("the registry names no process of shop.catalog-1: %v", fleet)
	}
	if err := syscall.Kill(victim, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if took := c.sees("1 down"); took > 3*time.Second {
		t.Errorf("it took %v", took)
	} else {
		t.Logf(`{"id": "killed node shows", "ms": %d, "limitMs": 3000}`, took.Milliseconds())
	}
	c.quits(values(fleet))
}
