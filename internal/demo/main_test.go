package demo_test

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/microtop/microtop/internal/demo"
)

// runCommand makes the test program a fleet of its own: folder and registry directory follow.
const runCommand = "demo-test-run"

// TestMain is also the program that fleets start: a node, or a whole fleet for a test to kill.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 {
		switch os.Args[1] {
		case demo.NodeCommand:
			exit(demo.RunNode(context.Background(), os.Args[2:]))
		case runCommand:
			config := demo.Config{Registry: "file", RegistryAddress: os.Args[3], Dir: os.Args[2], Out: os.Stdout, Notes: os.Stderr}
			exit(demo.Run(context.Background(), config, time.Minute))
		}
	}
	goleak.VerifyTestMain(m)
}

func exit(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// eventually polls until ok, for at most d.
func eventually(t *testing.T, d time.Duration, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(d); ; time.Sleep(10 * time.Millisecond) {
		if ok() {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("not within %v: %s", d, what)
		}
	}
}
