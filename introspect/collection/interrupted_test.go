package collection_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/microtop/microtop/introspect/collection"
)

// What a save that was killed left behind keeps no later one from saving.
func TestASaveThatWasKilledIsSavedAgain(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "add.part"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	c, _, err := collection.FromRequest(request())
	if err != nil {
		t.Fatal(err)
	}
	f := collection.Open(dir)
	if err := f.Save("add", c, false); err != nil {
		t.Error(err)
	}
	if _, err := f.Read("add"); err != nil {
		t.Error(err)
	}
}
