package demo_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/microtop/microtop/internal/demo"
)

func TestThePlaceIsOneFleetsAtATime(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "place")
	_, leave, err := demo.Take(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := demo.Take(t.Context(), dir); !errors.Is(err, demo.ErrRunning) || !strings.Contains(err.Error(), "process ") {
		t.Errorf("a second fleet: %v", err)
	}
	demo.ClearUp(dir)
	if _, err := os.Stat(filepath.Join(dir, "lock")); err != nil {
		t.Errorf("somebody else cleared up while the fleet was there: %v", err)
	}
	if err := leave(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the folder is still there: %v", err)
	}
	_, leave, err = demo.Take(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := leave(); err != nil {
		t.Error(err)
	}
}

func TestWhatAnEarlierFleetLeftIsRemoved(t *testing.T) {
	stale := func(t *testing.T) (dir, log string) {
		dir = filepath.Join(t.TempDir(), "place")
		log = filepath.Join(dir, "logs", "shop.cart-1.log")
		if err := os.MkdirAll(filepath.Dir(log), 0o700); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{log, filepath.Join(dir, "lock")} {
			if err := os.WriteFile(name, []byte("1\n"), 0o600); err != nil { // process 1 lives, but holds no lock
				t.Fatal(err)
			}
		}
		return dir, log
	}
	t.Run("by the next", func(t *testing.T) {
		dir, log := stale(t)
		_, leave, err := demo.Take(t.Context(), dir)
		if err != nil {
			t.Fatal(err)
		}
		defer leave()
		if _, err := os.Stat(log); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("the log is still there: %v", err)
		}
	})
	t.Run("by a node that it left", func(t *testing.T) {
		dir, _ := stale(t)
		demo.ClearUp(dir)
		if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("the folder is still there: %v", err)
		}
		demo.ClearUp(dir) // a second node finds nothing, and does not mind
	})
}

func TestAPlaceOpenToOthersIsRefused(t *testing.T) {
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	if _, _, err := demo.Take(t.Context(), dir); err == nil || !strings.Contains(err.Error(), dir) {
		t.Errorf("got %v", err)
	}
}

func TestALogKeepsItsNewerHalf(t *testing.T) {
	name := filepath.Join(t.TempDir(), "x.log")
	log, err := demo.CreateLog(name, 100)
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	for i := range 100 {
		if _, err := log.Write([]byte(strings.Repeat(string(rune('a'+i%26)), 9) + "\n")); err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(name)
		if err != nil || info.Size() > 100 {
			t.Fatalf("after %d lines: %v, %v", i+1, info.Size(), err)
		}
	}
	text, err := os.ReadFile(name)
	if err != nil || !strings.HasSuffix(string(text), "\n"+strings.Repeat("v", 9)+"\n") {
		t.Errorf("the last line is not the last written: %q, %v", text, err)
	}
}

func TestTheRegistryIsMDNSWhereItWorks(t *testing.T) {
	works := func() error { return nil }
	broken := func() error { return errors.New("no multicast") }
	for name, test := range map[string]struct {
		registry string
		probe    func() error
		want     string
		says     bool
	}{
		"by itself":         {"", works, "mdns", false},
		"without multicast": {"", broken, "file", true},
		"as asked":          {"mdns", broken, "mdns", false},
		"files as asked":    {"file", works, "file", false},
	} {
		t.Run(name, func(t *testing.T) {
			got, address, why, err := demo.Choose(test.registry, "", test.probe)
			if err != nil || got != test.want || (why != nil) != test.says {
				t.Errorf("%s, %v, %v", got, why, err)
			}
			if (address != "") != (got == "file") {
				t.Errorf("address %q of %s", address, got)
			}
		})
	}
	if _, _, _, err := demo.Choose("etcd", "", works); err == nil || !strings.Contains(err.Error(), "etcd") {
		t.Errorf("etcd: %v", err)
	}
}
