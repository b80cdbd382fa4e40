package cli_test

import (
	"path/filepath"
	"strings"
	"testing"
)

// The files that describe writes are found by their imports, and none is replaced.
func TestDescribeWritesProtoFiles(t *testing.T) {
	w := newWorld(t)
	dir := filepath.Join(t.TempDir(), "protos")
	got := w.run(t, "describe", "fleet.greeter", "-o", "proto", "--out", dir).status(t, 0)
	if got.out != "" || strings.Count(got.err, "wrote ") != 2 {
		t.Errorf("%q, %q", got.out, got.err)
	}
	given := run(t, "", "describe", "Shop", "--registry", "file", "--registry-address", w.dir, "--proto", "fleet.greeter_model.proto", "--proto-path", dir)
	given.status(t, 1) // it compiles; there is no such service in the registry
	if !strings.Contains(given.err, `no service "Shop"`) {
		t.Errorf("%q", given.err)
	}
	if got := w.run(t, "describe", "fleet.greeter", "-o", "proto", "--out", dir).status(t, 1); !strings.Contains(got.err, "is there already") {
		t.Errorf("%q", got.err)
	}
}
