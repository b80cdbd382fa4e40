package e2e_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	micro "github.com/microtop/microtop/framework"
	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/framework/registry/file"
)

// workerCommand is the first argument of this test binary when it is to be a node of the service load.work. The second
// is the registry's folder, the third the file in which it notes what ran.
const workerCommand = "worker-node"

// Job is a request with an id of its own.
type Job struct{ ID string }

// Done says which job is done.
type Done struct{ ID string }

// Work is the worker's handler.
type Work struct{ ran *os.File }

// Do notes the id before it answers, in one write, so that a kill at any moment leaves a true record.
func (w *Work) Do(_ context.Context, job *Job, done *Done) error {
	if _, err := w.ran.WriteString(job.ID + "\n"); err != nil {
		return err
	}
	done.ID = job.ID
	return nil
}

// runWorker serves load.work.
func runWorker(dir, ran string) error {
	out, err := os.OpenFile(ran, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	return runNode("load.work", dir, &Work{ran: out})
}

// runNode serves a handler until a signal or the end of standard input, which the parent's death brings about too. It
// says "up" when it is in the registry.
func runNode(name, dir string, handler any) error {
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin) // its end is what counts
		cancel()
	}()
	s := micro.NewService(micro.Name(name), micro.Address("127.0.0.1:0"), micro.Context(ctx),
		micro.Registry(file.NewRegistry(registry.Addrs(dir))), micro.AfterStart(func() error { fmt.Println("up"); return nil }))
	if err := micro.RegisterHandler(s.Server(), handler); err != nil {
		return err
	}
	return s.Run()
}

// workers are the nodes of load.work, each a process.
type workers struct {
	t     *testing.T
	dir   string // the registry
	notes string // the folder of what ran
	count int
}

type worker struct {
	cmd   *exec.Cmd
	id    string // of the node, in the registry
	stdin io.Closer
	ended chan error
}

func newWorkers(t *testing.T) *workers {
	t.Helper()
	return &workers{t: t, dir: filepath.Join(t.TempDir(), "registry"), notes: t.TempDir()}
}

// start returns when the node is in the registry.
func (w *workers) start() *worker {
	w.t.Helper()
	w.count++
	n := &worker{ended: make(chan error, 1)}
	n.cmd = exec.Command(os.Args[0], workerCommand, w.dir, filepath.Join(w.notes, fmt.Sprint(w.count)))
	n.cmd.Stderr = os.Stderr
	stdin, err := n.cmd.StdinPipe()
	if err != nil {
		w.t.Fatal(err)
	}
	n.stdin = stdin
	stdout, err := n.cmd.StdoutPipe()
	if err != nil {
		w.t.Fatal(err)
	}
	before := w.nodes()
	if err := n.cmd.Start(); err != nil {
		w.t.Fatal(err)
	}
	lines := bufio.NewScanner(stdout)
	for lines.Scan() && lines.Text() != "up" {
	}
	go func() {
		for lines.Scan() {
		}
		n.ended <- n.cmd.Wait()
	}()
	w.t.Cleanup(func() { _ = n.stdin.Close(); _ = n.cmd.Process.Kill() }) // most have ended by then
	for _, found := range w.nodes() {
		if !slices.ContainsFunc(before, func(b *registry.Node) bool { return b.Id == found.Id }) {
			n.id = found.Id
		}
	}
	if n.id == "" {
		w.t.Fatal("the node says that it is up and is not in the registry")
	}
	return n
}

// nodes are those in the registry.
func (w *workers) nodes() []*registry.Node {
	w.t.Helper()
	services, err := file.NewRegistry(registry.Addrs(w.dir)).GetService("load.work")
	if err != nil && !errors.Is(err, registry.ErrNotFound) {
		w.t.Fatal(err)
	}
	var nodes []*registry.Node
	for _, s := range services {
		nodes = append(nodes, s.Nodes...)
	}
	return nodes
}

// kill ends the node without a word.
func (w *workers) kill(n *worker) {
	w.t.Helper()
	if err := n.cmd.Process.Kill(); err != nil {
		w.t.Fatal(err)
	}
	<-n.ended
}

// stop sends SIGTERM and returns how long the node took to end, and with what.
func (w *workers) stop(n *worker) (time.Duration, error) {
	w.t.Helper()
	begin := time.Now()
	if err := n.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		w.t.Fatal(err)
	}
	err := <-n.ended
	return time.Since(begin), err
}

// ran counts how often each job ran, on all nodes that ever were.
func (w *workers) ran() map[string]int {
	w.t.Helper()
	names, err := filepath.Glob(filepath.Join(w.notes, "*"))
	if err != nil {
		w.t.Fatal(err)
	}
	times := map[string]int{}
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			w.t.Fatal(err)
		}
		for id := range strings.Lines(string(text)) {
			times[strings.TrimSpace(id)]++
		}
	}
	return times
}
