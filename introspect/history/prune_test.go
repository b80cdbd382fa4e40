package history_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/microtop/microtop/introspect/history"
)

// What a killed writer left goes with time; what is being written stays.
func TestLeftOversGo(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "h")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	old, fresh, own := filepath.Join(dir, ".old.json.part"), filepath.Join(dir, ".fresh.json.part"), filepath.Join(dir, "notes.part")
	for _, name := range []string{old, fresh, own} {
		if err := os.WriteFile(name, []byte("{"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	yesterday := time.Now().Add(-24 * time.Hour)
	for _, name := range []string{old, own} {
		if err := os.Chtimes(name, yesterday, yesterday); err != nil {
			t.Fatal(err)
		}
	}
	if err := history.Open(dir).Add(history.Of(request("{}"), nil, nil)); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(old); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the old one: %v", err)
	}
	for _, name := range []string{fresh, own} {
		if _, err := os.Stat(name); err != nil {
			t.Error(err)
		}
	}
}

// A service that echoes a secret in its error does not get it written to disk.
func TestEchoedSecretsAreNotKept(t *testing.T) {
	long := strings.Repeat("x", 4<<10-3) + "hunter2" // across the cut
	for _, text := range []string{"no session hunter2", "Bearer hunter2 is unknown", "password=hunter2", long} {
		if got := history.Of(request(`{"password":"hunter2"}`), nil, errors.New(text)).Error; strings.Contains(got, "hun") {
			t.Errorf("kept: …%s", got[max(0, len(got)-40):])
		}
	}
}
