package scaffold_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/microtop/microtop/internal/scaffold"
)

// module makes a module in a folder of its own that uses this one, and goes there.
func module(t *testing.T) {
	t.Helper()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	ours := regexp.MustCompile(`(?m)^module .*$`).ReplaceAllString(string(text), "module example.org/sample")
	ours += "\nrequire github.com/microtop/microtop v0.0.0\nreplace github.com/microtop/microtop => " + root + "\n"
	sums, err := os.ReadFile(filepath.Join(root, "go.sum"))
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	write(t, "go.mod", ours)
	write(t, "go.sum", string(sums))
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o750); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func testdata(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// A project with a .proto file compiles and serves, with no protoc on the machine.
func TestA008_A009_A010_A011_A012_GeneratedProjectServes(t *testing.T) {
	if testing.Short() {
		t.Skip("builds a program")
	}
	source, program := testdata(t, "greeter.proto"), testdata(t, "main.go.txt")
	module(t)
	t.Setenv("PATH", filepath.Dir(goCommand(t))) // no protoc here
	write(t, "proto/greeter.proto", source)
	write(t, "main.go", program)
	files, err := scaffold.Proto(context.Background(), []string{filepath.Join("proto", "greeter.proto")}, nil)
	if err != nil {
		t.Fatal(err)
	}
	written, err := scaffold.Write(files)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"proto/greeter.pb.go", "proto/greeter.pb.micro.go"}, written); diff != "" {
		t.Errorf("written (-want +got):\n%s", diff)
	}
	command := exec.Command(goCommand(t), "run", ".")
	command.Env = append(os.Environ(), "GOFLAGS=-mod=mod", "CGO_ENABLED=0")
	out, err := command.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, want := range []string{"unary: hello you", "server stream: 0 1 2", "client stream: a+b", "bidi: A\nbidi: B"} {
		if !strings.Contains(string(out), want) {
			t.Errorf("the program did not print %q but\n%s", want, out)
		}
	}
	if again, err := scaffold.Write(files); err != nil || len(again) != 0 {
		t.Errorf("written again: %v, %v", again, err)
	}
	write(t, "proto/greeter.pb.go", "package proto")
	if stale, err := scaffold.Stale(files); err != nil || len(stale) != 1 {
		t.Errorf("stale: %v, %v", stale, err)
	}
}

func goCommand(t *testing.T) string {
	t.Helper()
	name, err := exec.LookPath("go")
	if err != nil {
		t.Skip("not run: no go command")
	}
	return name
}

func TestWhatIsWrongIsSaid(t *testing.T) {
	t.Chdir(t.TempDir())
	const header = "syntax = \"proto3\";\n"
	write(t, "broken.proto", header+"message A {\n  strin name = 1;\n}\n")
	write(t, "homeless.proto", header)
	write(t, "imports.proto", header+"option go_package = \"example.org/a\";\nimport \"homeless.proto\";\n")
	write(t, "missing.proto", header+"import \"nowhere.proto\";\n")
	for file, want := range map[string]string{
		"broken.proto":    "broken.proto:3:3",
		"homeless.proto":  "go mod init",
		"imports.proto":   "homeless.proto is imported and has no option go_package",
		"missing.proto":   "nowhere.proto",
		"not-there.proto": "no such file",
		"../x.proto":      "no such file",
	} {
		_, err := scaffold.Proto(context.Background(), []string{file}, nil)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %q", file, err, want)
		}
	}
}

func TestProtosAreFound(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, name := range []string{"a.proto", "b/c.proto", "vendor/d.proto", ".git/e.proto", "b/f.txt"} {
		write(t, name, "")
	}
	found, err := scaffold.Protos(".")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"a.proto", "b/c.proto"}, found); diff != "" {
		t.Errorf("found (-want +got):\n%s", diff)
	}
}
