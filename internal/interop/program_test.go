package interop_test

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

const (
	v4Imports  = `"go-micro.dev/v4`
	v4Plugins  = `"github.com/go-micro/plugins/v4`
	ourImports = `"github.com/microtop/microtop/framework`
)

// programs are ./program compiled for go-micro v4.9.0 and, by changing import paths only, for this framework.
var programs = sync.OnceValues(func() (map[string]string, error) {
	theirs := filepath.Join(filepath.Dir(peerPath), "program-v4")
	if out, err := exec.Command("go", "build", "-o", theirs, "./program").CombinedOutput(); err != nil {
		return nil, fmt.Errorf("against v4: %w\n%s", err, out)
	}
	module := filepath.Join(filepath.Dir(peerPath), "moved")
	if err := moveModule(module); err != nil {
		return nil, err
	}
	if err := moveSources("program", module); err != nil {
		return nil, err
	}
	ours, err := buildMoved(module, ".", "program-ours")
	if err != nil {
		return nil, err
	}
	return map[string]string{"v4": theirs, "ours": ours}, nil
})

// moveModule makes dir a module like this one that finds the framework where it is.
func moveModule(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	root, err := filepath.Abs("../..")
	if err != nil {
		return err
	}
	mod, err := os.ReadFile("go.mod")
	if err != nil {
		return err
	}
	sum, err := os.ReadFile("go.sum")
	if err != nil {
		return err
	}
	text := strings.Replace(string(mod), "=> ../..", "=> "+root, 1)
	text = strings.Replace(text, "module github.com/microtop/microtop/internal/interop", "module moved", 1)
	if err := os.WriteFile(filepath.Join(dir, "go.mod"), []byte(text), 0o600); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "go.sum"), sum, 0o600)
}

// moveSources copies a folder's Go files with nothing but their import paths changed.
func moveSources(from, to string) error {
	files, err := filepath.Glob(filepath.Join(from, "*.go"))
	if err != nil || len(files) == 0 {
		return fmt.Errorf("no source in %s: %w", from, err)
	}
	if err := os.MkdirAll(to, 0o700); err != nil {
		return err
	}
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		moved := strings.NewReplacer(v4Imports, ourImports, v4Plugins, ourImports).Replace(string(source))
		if err := os.WriteFile(filepath.Join(to, filepath.Base(file)), []byte(moved), 0o600); err != nil {
			return err
		}
	}
	return nil
}

func buildMoved(module, pkg, name string) (string, error) {
	path := filepath.Join(filepath.Dir(peerPath), name)
	build := exec.Command("go", "build", "-mod=mod", "-o", path, pkg)
	build.Dir = module
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("against this framework: %w\n%s", err, out)
	}
	return path, nil
}

func program(t *testing.T, make string) string {
	t.Helper()
	paths, err := programs()
	if err != nil {
		t.Fatal(err)
	}
	return paths[make]
}

// served is a running program.
type served struct {
	name, address string
	out           *output
	cmd           *exec.Cmd
}

// serveProgram starts a service at address, or at any for none, and waits until it serves.
func serveProgram(t *testing.T, make, name, address string) *served {
	t.Helper()
	s := &served{name: name, out: new(output), cmd: exec.Command(program(t, make), "serve", name)}
	if address != "" {
		s.cmd.Args = append(s.cmd.Args, address)
	}
	s.cmd.Stdout = s.out
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.stop)
	eventually(t, "the "+make+" service says its address", func() bool {
		lines := bufio.NewScanner(strings.NewReader(s.out.String()))
		for lines.Scan() {
			if at, ok := strings.CutPrefix(lines.Text(), "address "); ok {
				s.address = at
			}
		}
		return s.address != ""
	})
	return s
}

// stop ends the program as an operator would, and waits for it; a second call does nothing.
func (s *served) stop() {
	if s.cmd.ProcessState != nil {
		return
	}
	_ = s.cmd.Process.Signal(syscall.SIGTERM)
	force := time.AfterFunc(15*time.Second, func() { _ = s.cmd.Process.Kill() })
	_ = s.cmd.Wait()
	force.Stop()
}

// say runs a program that must succeed and gives what it prints, without log lines.
func say(t *testing.T, make string, args ...string) string {
	t.Helper()
	out, errOut, status := command(t, program(t, make), "", args...)
	if status != 0 {
		t.Fatalf("%s program %q: status %d\n%s", make, args, status, errOut)
	}
	return out
}
