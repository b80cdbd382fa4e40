package runtime

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

const (
	// buildTimeout is how long getting and building a service's source may take.
	buildTimeout = 10 * time.Minute
	// errorBytes is how much of what a build printed last its error repeats.
	errorBytes = 2 << 10
)

// build is a service's program, built from its source into a private folder.
type build struct {
	folder  string // holds the program, and the check-out if there is one
	program string
	dir     string // where the program runs: the source
}

func (b *build) remove() {
	if b != nil {
		_ = os.RemoveAll(b.folder) // what stays is in the folder for temporary files
	}
}

// makeProgram builds a service's source: a folder with Go code as it is, or a local git repository, at a branch, tag or commit
// that follows an @, in a check-out of its own. What the tools print goes to out.
func makeProgram(ctx context.Context, source string, out io.Writer) (_ *build, err error) {
	ctx, cancel := context.WithTimeout(ctx, buildTimeout)
	defer cancel()
	path, ref, err := locate(source)
	if err != nil {
		return nil, err
	}
	folder, err := os.MkdirTemp("", "micro-build-*") // mode 0700
	if err != nil {
		return nil, err
	}
	b := &build{folder: folder, program: filepath.Join(folder, "program"), dir: path}
	defer func() {
		if err != nil {
			b.remove()
		}
	}()
	if ref != "" || !hasCode(path) {
		b.dir = filepath.Join(folder, "source")
		if err := checkOut(ctx, path, ref, b.dir, out); err != nil {
			return nil, err
		}
	}
	return b, tool(ctx, out, b.dir, "go", "build", "-buildvcs=false", "-o", b.program, ".")
}

// locate splits a source into an absolute path and what follows an @ in it.
func locate(source string) (path, ref string, err error) {
	path = strings.TrimPrefix(source, "file://")
	if at := strings.LastIndexByte(path, '@'); at > 0 && !isFolder(path) {
		path, ref = path[:at], path[at+1:]
	}
	if !isFolder(path) || strings.HasPrefix(ref, "-") {
		return "", "", fmt.Errorf("source %q is neither a folder with Go code nor a local git repository: clone one from elsewhere first", source)
	}
	path, err = filepath.Abs(path)
	return path, ref, err
}

func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

func hasCode(path string) bool {
	code, err := filepath.Glob(filepath.Join(path, "*.go"))
	return err == nil && len(code) > 0
}

// checkOut clones a local repository. Nothing that the repository names is fetched from elsewhere or run.
func checkOut(ctx context.Context, path, ref, into string, out io.Writer) error {
	safe := []string{"-c", "protocol.allow=never", "-c", "protocol.file.allow=always", "-c", "core.hooksPath=" + os.DevNull}
	clone := append(safe[:len(safe):len(safe)], "clone", "--quiet", "--no-hardlinks", "--no-recurse-submodules", "--", path, into)
	if err := tool(ctx, out, path, "git", clone...); err != nil {
		return err
	}
	if ref == "" {
		return nil
	}
	return tool(ctx, out, into, "git", append(safe[:len(safe):len(safe)], "checkout", "--quiet", "--detach", ref, "--")...)
}

// placesRepository reports whether an environment variable makes git work on another repository than the one it is told:
// a runtime that a git hook started has such variables.
func placesRepository(variable string) bool {
	name, _, _ := strings.Cut(variable, "=")
	switch name {
	case "GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_COMMON_DIR", "GIT_PREFIX", "GIT_NAMESPACE":
		return true
	}
	return false
}

// tool runs a program of the build in a process group of its own, which ends with ctx.
func tool(ctx context.Context, out io.Writer, dir, name string, args ...string) error {
	said := new(tail)
	cmd := exec.CommandContext(ctx, name, args...) //nolint:gosec // go and git, with arguments of this file
	cmd.Dir = dir
	cmd.Env = append(slices.DeleteFunc(os.Environ(), placesRepository), "GIT_TERMINAL_PROMPT=0")
	cmd.Stdout = io.MultiWriter(out, said)
	cmd.Stderr = cmd.Stdout
	separate(cmd)
	cmd.Cancel = func() error { kill(cmd); return nil }
	cmd.WaitDelay = time.Second
	err := cmd.Run()
	if err == nil {
		return nil
	}
	if cause := context.Cause(ctx); cause != nil {
		return fmt.Errorf("%s %s: %w", name, verb(args), cause)
	}
	if text := strings.TrimSpace(string(said.kept)); text != "" {
		err = errors.Join(err, errors.New(text))
	}
	return fmt.Errorf("%s %s: %w", name, verb(args), err)
}

// verb is the first argument that is no option and no option's value.
func verb(args []string) string {
	for len(args) > 2 && args[0] == "-c" {
		args = args[2:]
	}
	return args[0]
}

// tail keeps the last errorBytes of what is written.
type tail struct{ kept []byte }

// Write implements io.Writer.
func (t *tail) Write(p []byte) (int, error) {
	t.kept = append(t.kept, p...)
	if over := len(t.kept) - errorBytes; over > 0 {
		t.kept = append(t.kept[:0], t.kept[over:]...)
	}
	return len(p), nil
}
