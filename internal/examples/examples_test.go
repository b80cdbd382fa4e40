// Package examples_test builds and runs each example, as a user would, and looks at what it prints.
package examples_test

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

var outputs = []struct{ name, want string }{
	{"helloworld", "hello world\n"},
	{"pubsub", "order 4711 was placed\n"},
	{"streams", "1\n3\n6\n10\n"},
	{"function", "hello once\ndone\n"},
	{"wrappers", "call 1 to wrappers\nbefore Greeter.Hello\nafter Greeter.Hello\n"},
	{"selector", "hello north\nversion 3.0: true\n"},
	{"metadata", "ada\n"},
	{"graceful", "stopping\nanswer: finished <nil>\nstopped\n"},
	{"logging", "level=warning msg=\"serving north\" file=\"logging/main.go:34\" service=logging\nend\n"},
	{"web", "hello web\n"},
	{"http", "hello ada\n"},
	{"config", "good evening db.example.org 5432\nnow 6543\n"},
	{"auth", "without a token: true\nhello ada\n"},
}

func TestA337_EachExampleDoesWhatItSays(t *testing.T) {
	bin := t.TempDir()
	build := exec.CommandContext(t.Context(), "go", "build", "-o", bin+string(filepath.Separator), "./...")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	programs, err := os.ReadDir(bin)
	if err != nil || len(programs) != len(outputs) {
		t.Fatalf("%d examples, %d are run: %v", len(programs), len(outputs), err)
	}
	for _, example := range outputs {
		t.Run(example.name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
			defer cancel()
			var out, failed bytes.Buffer
			run := exec.CommandContext(ctx, filepath.Join(bin, example.name), "--server-address", "127.0.0.1:0")
			run.Env = append(os.Environ(), "MICRO_REGISTRY=file", "MICRO_REGISTRY_ADDRESS="+filepath.Join(t.TempDir(), "registry"), "MICRO_LOG_LEVEL=warn", "REGION=north")
			run.Stdout, run.Stderr = &out, &failed
			if err := run.Run(); err != nil || out.String() != example.want {
				t.Errorf("%v\ngot  %q\nwant %q\n%s", err, out.String(), example.want, failed.String())
			}
		})
	}
}

// A gin engine is a service (A088), and its handler calls another service (A090): the example prints what that answered.
func TestA090_AGinHandlerCallsAService(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	run := exec.CommandContext(ctx, "go", "run", "./http", "--server-address", "127.0.0.1:0")
	run.Env = append(os.Environ(), "MICRO_REGISTRY=file", "MICRO_REGISTRY_ADDRESS="+filepath.Join(t.TempDir(), "registry"), "MICRO_LOG_LEVEL=warn")
	if out, err := run.CombinedOutput(); err != nil || string(out) != "hello ada\n" {
		t.Errorf("%v: %s", err, out)
	}
}
