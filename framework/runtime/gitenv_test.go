package runtime_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/microtop/microtop/framework/runtime"
)

// A runtime that a git hook started has that repository in its environment. Its builds leave that one alone.
func TestABuildLeavesTheRepositoryOfTheEnvironmentAlone(t *testing.T) {
	for name, tree := range map[string]bool{"with GIT_DIR": false, "with GIT_WORK_TREE too": true} {
		t.Run(name, func(t *testing.T) { buildInHook(t, tree) })
	}
}

func buildInHook(t *testing.T, tree bool) {
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("not run: no git")
	}
	t.Setenv("GOCACHE", goCache(t))
	work := t.TempDir()
	git(t, work, "init", "--quiet")
	for _, word := range []string{"old", "new"} {
		source(t, work, word)
		git(t, work, "add", ".")
		git(t, work, "commit", "--quiet", "-m", word)
		git(t, work, "tag", "v-"+word)
	}
	branch, err := os.ReadFile(filepath.Join(work, ".git", "HEAD"))
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("GIT_DIR", filepath.Join(work, ".git"))
	if tree {
		t.Setenv("GIT_WORK_TREE", work)
	}
	var out buffer
	r := open(t)
	s := &runtime.Service{Name: "hooked", Source: work + "@v-old"}
	if err := r.Create(s, runtime.WithOutput(&out)); err != nil {
		t.Errorf("create: %v", err)
	} else {
		says(t, &out, "old 1")
		if err := r.Delete(s); err != nil {
			t.Error(err)
		}
	}
	head, err := os.ReadFile(filepath.Join(work, ".git", "HEAD"))
	if err != nil || string(head) != string(branch) {
		t.Errorf("the source's HEAD became %q, %v", head, err)
	}
	text, err := os.ReadFile(filepath.Join(work, "main.go"))
	if err != nil || !strings.Contains(string(text), "new") {
		t.Errorf("the source's files were replaced: %v", err)
	}
}
