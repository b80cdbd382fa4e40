//go:build unix

package collection_test

import (
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/microtop/microtop/introspect/collection"
)

// A pipe of a call's name is refused; reading it would wait for ever.
func TestAPipeIsNoCall(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mkfifo(filepath.Join(dir, "pipe.json"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := collection.Open(dir).Read("pipe"); err == nil || !strings.Contains(err.Error(), "it is no plain file") {
		t.Error(err)
	}
}
