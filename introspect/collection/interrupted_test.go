package collection_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

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

// What killed saves left goes with time; what is being written, and what others put there, stays.
func TestLeftOversGo(t *testing.T) {
	dir := t.TempDir()
	yesterday := time.Now().Add(-24 * time.Hour)
	const random = ".ABCDEFGHIJKLMNOPQRSTUVWXYZ.part"
	for name, stays := range map[string]bool{"old" + random: false, "fresh" + random: true, "notes.part": true, "a.json": true} {
		file := filepath.Join(dir, "shop", name)
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte("{}"), 0o600); err != nil {
			t.Fatal(err)
		}
		if name != "fresh"+random {
			if err := os.Chtimes(file, yesterday, yesterday); err != nil {
				t.Fatal(err)
			}
		}
		defer func() {
			if _, err := os.Stat(file); (err == nil) != stays || err != nil && !errors.Is(err, os.ErrNotExist) {
				t.Errorf("%s: %v", name, err)
			}
		}()
	}
	c, _, err := collection.FromRequest(request())
	if err != nil {
		t.Fatal(err)
	}
	if err := collection.Open(dir).Save("shop/add", c, false); err != nil {
		t.Fatal(err)
	}
	left, err := os.ReadDir(filepath.Join(dir, "shop"))
	if err != nil || len(left) != 4 {
		t.Error(left, err)
	}
}
