package runtime_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/microtop/microtop/framework/runtime"
)

// source writes a program that says a word and lives until its input ends.
func source(t *testing.T, dir, word string) {
	t.Helper()
	program := "package main\n\nimport (\n\t\"io\"\n\t\"os\"\n)\n\nfunc main() {\n\tprintln(\"" + word + "\", len(os.Args))\n\tio.Copy(io.Discard, os.Stdin)\n}\n"
	for name, text := range map[string]string{"main.go": program, "go.mod": "module example.org/service\n\ngo 1.26\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func git(t *testing.T, dir string, args ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "git", append([]string{"-C", dir, "-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false"}, args...)...)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("git %v: %v: %s", args, err, out)
	}
}

func says(t *testing.T, out *buffer, word string) {
	t.Helper()
	eventually(t, "it says "+word, func() bool { return strings.Contains(out.String(), word) })
}

// A261. A service without a command is built from its folder, and anew when it is updated.
func TestA261_BuiltFromAFolderAndUpdated(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	t.Setenv("GOCACHE", goCache(t))
	dir := t.TempDir()
	source(t, dir, "first")
	var out buffer
	r := open(t, runtime.WithSource(dir))
	s := &runtime.Service{Name: "built"}
	if err := r.Create(s, runtime.WithOutput(&out), runtime.WithArgs("a", "b")); err != nil {
		t.Fatal(err)
	}
	says(t, &out, "first 3")
	source(t, dir, "second")
	if err := r.Update(s); err != nil {
		t.Fatal(err)
	}
	says(t, &out, "second 3")
	if err := r.Delete(s); err != nil {
		t.Fatal(err)
	}
	if left, err := filepath.Glob(filepath.Join(os.TempDir(), "micro-build-*")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func goCache(t *testing.T) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "env", "GOCACHE").Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}

// A261. A local git repository, bare or not, at the commit that is asked for; its files stay as they are.
func TestA261_BuiltFromAGitRepository(t *testing.T) {
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("not run: no git")
	}
	t.Parallel()
	work, bare := t.TempDir(), filepath.Join(t.TempDir(), "service.git")
	git(t, work, "init", "--quiet")
	for _, word := range []string{"old", "new"} {
		source(t, work, word)
		git(t, work, "add", ".")
		git(t, work, "commit", "--quiet", "-m", word)
		git(t, work, "tag", "v-"+word)
	}
	git(t, work, "clone", "--quiet", "--bare", work, bare)
	r := open(t)
	for from, word := range map[string]string{bare: "new", "file://" + bare + "@v-old": "old", work + "@v-old": "old"} {
		var out buffer
		s := &runtime.Service{Name: from, Source: from}
		if err := r.Create(s, runtime.WithOutput(&out)); err != nil {
			t.Fatal(err)
		}
		says(t, &out, word+" 1")
		if err := r.Delete(s); err != nil {
			t.Error(err)
		}
	}
}

func TestABuildThatFailsSaysWhy(t *testing.T) {
	broken := t.TempDir()
	source(t, broken, "x")
	if err := os.WriteFile(filepath.Join(broken, "main.go"), []byte("package main\n\nfunc main() { nosuchthing() }\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	r := open(t)
	for from, want := range map[string]string{
		broken:                       "undefined: nosuchthing",
		"github.com/micro/services":  "neither a folder",
		broken + "/none@-upload":     "neither a folder",
		t.TempDir():                  "git clone",
		"https://example.org/r.git":  "clone one from elsewhere first",
		"ext::sh -c 'touch owned' x": "neither a folder",
	} {
		err := r.Create(&runtime.Service{Name: from, Source: from})
		if err == nil || !strings.Contains(err.Error(), want) || len(err.Error()) > 8<<10 {
			t.Errorf("%s: %v, want %q", from, err, want)
		}
	}
	if got := state(t, r, broken); got["status"] != "error" || !strings.Contains(got["error"], "nosuchthing") {
		t.Errorf("state %v", got)
	}
}

func TestAnEndedContextEndsABuild(t *testing.T) {
	dir := t.TempDir()
	source(t, dir, "x")
	ctx, cancel := context.WithCancel(t.Context())
	r := runtime.NewRuntime()
	s := &runtime.Service{Name: "late", Source: dir}
	if err := r.Create(s); err != nil { // the runtime is not started: nothing is built yet
		t.Fatal(err)
	}
	if err := r.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Stop() })
	cancel()
	if err := r.Update(s, runtime.UpdateContext(ctx)); err == nil || !strings.Contains(err.Error(), "canceled") {
		t.Errorf("got %v", err)
	}
}

// C-11. Fifty services that ignore SIGTERM, fork and flood their output: no process is left, and the log is bounded.
func TestC11_StubbornChildrenLeaveNothing(t *testing.T) {
	r := open(t, runtime.WithStopTimeout(30*time.Millisecond))
	t.Parallel()
	rounds := 10
	if os.Getenv("NIGHTLY") == "1" {
		rounds = 50
	}
	flood := `trap '' TERM; sleep 60 & echo child $!; i=0; while [ $i -lt 3000 ]; do echo "line $i of a flood that nobody reads"; i=$((i+1)); done; echo flooded; wait`
	for i := range rounds {
		s := &runtime.Service{Name: "stubborn", Version: strconv.Itoa(i)}
		var out buffer
		if err := r.Create(s, runtime.WithCommand("sh", "-c", flood), runtime.WithOutput(&out)); err != nil {
			t.Fatal(err)
		}
		says(t, &out, "flooded")
		pid := state(t, r, "stubborn")["pid"]
		child, _, _ := strings.Cut(strings.TrimPrefix(out.String(), "child "), "\n")
		logs, err := r.Logs(s)
		if err != nil {
			t.Fatal(err)
		}
		kept := 0
		for range logs.Chan() {
			kept++
		}
		if kept != 1000 {
			t.Fatalf("%d lines kept, want the last 1000", kept)
		}
		if err := r.Delete(s); err == nil || !strings.Contains(err.Error(), "killed") {
			t.Errorf("Delete must say that it had to kill: %v", err)
		}
		eventually(t, "both are gone", func() bool { return gone(pid) && ended(child) })
	}
}

// ended also counts a process that only its new parent has still to wait for.
func ended(pid string) bool {
	stat, err := os.ReadFile(filepath.Join("/proc", pid, "stat"))
	if err != nil {
		return gone(pid)
	}
	return strings.Contains(string(stat), ") Z ")
}
