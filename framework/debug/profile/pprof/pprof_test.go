package pprof_test

import (
	"io"
	"os"
	"path/filepath"
	"runtime/pprof"
	"strings"
	"testing"

	data "github.com/google/pprof/profile"

	"github.com/microtop/microtop/framework/debug/profile"
	files "github.com/microtop/microtop/framework/debug/profile/pprof"
	"github.com/microtop/microtop/framework/debug/profile/profiletest"
)

func TestConformance(t *testing.T) {
	profiletest.Run(t, func(t *testing.T) profile.Profile { return open(t) })
}

func open(t *testing.T, opts ...profile.Option) files.Files {
	t.Helper()
	t.Setenv("TMPDIR", t.TempDir())
	p, ok := files.NewProfile(opts...).(files.Files)
	if !ok {
		t.Fatal("NewProfile's result does not say where its files are")
	}
	t.Cleanup(func() { _ = p.Stop() })
	return p
}

func parse(t *testing.T, path string) *data.Profile {
	t.Helper()
	in, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	p, err := data.Parse(in)
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return p
}

func hasType(p *data.Profile, name string) bool {
	for _, t := range p.SampleType {
		if t.Type == name {
			return true
		}
	}
	return false
}

func TestA270_StartAndStopAreIdempotent(t *testing.T) {
	p := open(t)
	if p.String() != "pprof" || p.CPU() != "" || p.Heap() != "" {
		t.Errorf("%s has files before it started: %q, %q", p, p.CPU(), p.Heap())
	}
	if err := p.Stop(); err != nil {
		t.Errorf("stopping before starting: %v", err)
	}
	var dirs []string
	for range 2 { // a second capture leaves the first one's files alone
		for range 2 {
			if err := p.Start(); err != nil {
				t.Fatal(err)
			}
		}
		for range 2 {
			if err := p.Stop(); err != nil {
				t.Fatal(err)
			}
		}
		dirs = append(dirs, filepath.Dir(p.CPU()))
	}
	if dirs[0] == dirs[1] {
		t.Errorf("two captures share the folder %s", dirs[0])
	}
	for _, dir := range dirs {
		parse(t, filepath.Join(dir, "cpu.pprof"))
		parse(t, filepath.Join(dir, "mem.pprof"))
	}
}

func TestA271_ProcessorAndHeap(t *testing.T) {
	p := open(t)
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(p.Heap()); !os.IsNotExist(err) {
		t.Errorf("the heap's file before Stop: %v", err)
	}
	if err := p.Stop(); err != nil {
		t.Fatal(err)
	}
	if !hasType(parse(t, p.CPU()), "cpu") || !hasType(parse(t, p.Heap()), "inuse_space") {
		t.Error("the files hold something else")
	}
}

// Nobody else can read, foretell or redirect the files, whatever the name.
func TestA272_NameGivesPrivateFiles(t *testing.T) {
	for name, want := range map[string]string{
		"":                       "cpu.pprof",
		"shop.cart":              "shop.cart.cpu.pprof",
		"../../etc/x":            "_.._etc_x.cpu.pprof",
		"-rf \x00\n":             "rf___.cpu.pprof",
		"~":                      "_.cpu.pprof",
		strings.Repeat("n", 300): strings.Repeat("n", 100) + ".cpu.pprof",
	} {
		p := open(t, profile.Name(name))
		if err := p.Start(); err != nil {
			t.Fatalf("%q: %v", name, err)
		}
		if err := p.Stop(); err != nil {
			t.Fatalf("%q: %v", name, err)
		}
		dir, base := filepath.Split(p.CPU())
		if base != want || filepath.Dir(filepath.Clean(dir)) != os.Getenv("TMPDIR") {
			t.Errorf("%q: file %s", name, p.CPU())
		}
		for path, mode := range map[string]os.FileMode{dir: os.ModeDir | 0o700, p.CPU(): 0o600, p.Heap(): 0o600} {
			if info, err := os.Stat(path); err != nil || info.Mode() != mode {
				t.Errorf("%s: %v, %v; want mode %v", path, info, err, mode)
			}
		}
	}
}

func TestA273_StopEndsTheCapture(t *testing.T) {
	p := open(t)
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	if err := pprof.StartCPUProfile(io.Discard); err == nil {
		t.Error("nothing is being captured")
	}
	if err := p.Stop(); err != nil {
		t.Fatal(err)
	}
	if err := pprof.StartCPUProfile(io.Discard); err != nil {
		t.Fatalf("still capturing after Stop: %v", err)
	}
	defer pprof.StopCPUProfile()

	// Now somebody else captures: Start says so and leaves no folder behind.
	other := open(t)
	if err := other.Start(); err == nil || !strings.Contains(err.Error(), "cpu profiling already in use") {
		t.Errorf("a second capture of the process: %v", err)
	}
	if left, err := os.ReadDir(os.Getenv("TMPDIR")); err != nil || len(left) != 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}
