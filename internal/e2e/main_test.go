package e2e_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"go.uber.org/goleak"

	"github.com/microtop/microtop/internal/demo"
)

// microtop is the program under test, built once.
var microtop string

// TestMain plays a node of the demo fleet, or a worker, when told to; else it builds the program and runs the tests.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == demo.NodeCommand {
		if err := demo.RunNode(context.Background(), os.Args[2:]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	if len(os.Args) == 4 && os.Args[1] == workerCommand {
		if err := runWorker(os.Args[2], os.Args[3]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	if len(os.Args) == 3 && os.Args[1] == heavyCommand {
		if err := runNode("heavy", os.Args[2], new(Heavy)); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	dir, err := os.MkdirTemp("", "e2e")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	microtop = filepath.Join(dir, "microtop")
	if out, err := exec.Command("go", "build", "-o", microtop, "../..").CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "build: %v\n%s", err, out)
		os.Exit(1)
	}
	goleak.VerifyTestMain(m, goleak.Cleanup(func(status int) {
		_ = os.RemoveAll(dir)
		os.Exit(status)
	}))
}
