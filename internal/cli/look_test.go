package cli

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/microtop/microtop/tui"
)

func TestTheLookIsKept(t *testing.T) {
	path := filepath.Join(t.TempDir(), "microtop", "look.json")
	if got := readLook(path); got != nil {
		t.Errorf("got %v without a file", got)
	}
	want := tui.Look{"services.order": "-REQ/S"}
	keepLook(path)(want)
	if diff := cmp.Diff(want, readLook(path)); diff != "" {
		t.Error(diff)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
	if err := os.WriteFile(path, []byte(`["not", "a look"]`), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := readLook(path); got != nil {
		t.Errorf("got %v from what is no look", got)
	}
	keepLook("")(want) // there is no such place
}
