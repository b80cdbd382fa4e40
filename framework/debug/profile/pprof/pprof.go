// Package pprof is a profiler that writes files: the processor's use from Start to Stop, and the heap at Stop.
//
// Start with [NewProfile]; [Files] says where the files are. To look at a service while it runs use Debug.Profile.
package pprof

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"strings"
	"sync"

	"github.com/microtop/microtop/framework/debug/profile"
)

// Files is a profiler that says where it writes; NewProfile's result is one.
type Files interface {
	profile.Profile
	// CPU is the path of the last capture's file of the processor's use; "" before the first Start.
	CPU() string
	// Heap is the path of the last capture's file of the heap, which is there after Stop; "" before the first Start.
	Heap() string
}

// NewProfile returns a profiler whose files are <name>.cpu.pprof and <name>.mem.pprof, or cpu.pprof and mem.pprof
// without profile.Name. Every capture has a folder of its own in the system's folder for temporary files, with a name
// that cannot be foretold and that only this user can enter; the files stay until somebody removes them.
//
// A process can record its processor's use once at a time: Start fails while anything else does so.
func NewProfile(opts ...profile.Option) profile.Profile {
	var options profile.Options
	for _, set := range opts {
		set(&options)
	}
	return &files{prefix: prefix(options.Name)}
}

type files struct {
	prefix string

	mu  sync.Mutex
	dir string   // of the last capture
	cpu *os.File // open while a capture runs
}

var _ Files = (*files)(nil)

// Start implements profile.Profile. Starting a started one does nothing.
func (f *files) Start() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.cpu != nil {
		return nil
	}
	dir, err := os.MkdirTemp("", "pprof-*") // mode 0700
	if err != nil {
		return fmt.Errorf("profile: %w", err)
	}
	cpu, err := create(f.path(dir, "cpu"))
	if err == nil {
		if err = pprof.StartCPUProfile(cpu); err == nil {
			f.dir, f.cpu = dir, cpu
			return nil
		}
		err = errors.Join(err, cpu.Close())
	}
	return fmt.Errorf("profile: %w", errors.Join(err, os.RemoveAll(dir)))
}

// Stop implements profile.Profile: it ends the capture and writes the heap's file. Stopping a stopped one does nothing.
func (f *files) Stop() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.cpu == nil {
		return nil
	}
	pprof.StopCPUProfile()
	err := errors.Join(f.cpu.Close(), writeHeap(f.path(f.dir, "mem")))
	f.cpu = nil
	if err != nil {
		return fmt.Errorf("profile: %w", err)
	}
	return nil
}

// CPU implements Files.
func (f *files) CPU() string { return f.last("cpu") }

// Heap implements Files.
func (f *files) Heap() string { return f.last("mem") }

// String implements profile.Profile.
func (f *files) String() string { return "pprof" }

func (f *files) last(kind string) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.dir == "" {
		return ""
	}
	return f.path(f.dir, kind)
}

func (f *files) path(dir, kind string) string { return filepath.Join(dir, f.prefix+kind+".pprof") }

func writeHeap(path string) error {
	out, err := create(path)
	if err != nil {
		return err
	}
	runtime.GC() // the profile is as of the last collection
	return errors.Join(pprof.WriteHeapProfile(out), out.Close())
}

// create makes a file that only this user can read, and never follows or overwrites anything.
func create(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600) //nolint:gosec // below a folder of our own
}

// nameBytes is how much of a profile's name goes into a file's.
const nameBytes = 100

// prefix makes a name safe as the start of a file's: no separator, no leading dot or dash, no control.
func prefix(name string) string {
	name = strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '.', r == '-', r == '_':
			return r
		}
		return '_'
	}, name)
	name = strings.TrimLeft(name[:min(len(name), nameBytes)], ".-")
	if name == "" {
		return ""
	}
	return name + "."
}
