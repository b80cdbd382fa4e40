package file_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/microtop/microtop/framework/internal/leaktest"
	"github.com/microtop/microtop/framework/logger"
	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/framework/registry/file"
	"github.com/microtop/microtop/framework/registry/registrytest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestConformance(t *testing.T) {
	caps := registrytest.Caps{TTL: true, ServiceMetadata: true, Updates: true}
	t.Run("notified", func(t *testing.T) {
		t.Parallel()
		registrytest.Run(t, func(t *testing.T) registry.Registry { return open(t, filepath.Join(t.TempDir(), "a", "registry")) }, caps)
	})
	t.Run("polling", func(t *testing.T) {
		t.Parallel()
		registrytest.Run(t, func(t *testing.T) registry.Registry {
			return open(t, filepath.Join(t.TempDir(), "a", "registry"), file.PollOnly())
		}, caps)
	})
}

func TestProcessesFindEachOther(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "registry")
	here, there := open(t, dir), open(t, dir)
	w, err := there.Watch()
	if err != nil {
		t.Fatal(err)
	}
	defer w.Stop()
	start := time.Now()
	register(t, here, service("shop", "a"))
	if got, err := there.GetService("shop"); err != nil || len(got) != 1 {
		t.Errorf("GetService: %v, %v", got, err)
	}
	if result, err := w.Next(); err != nil || result.Action != "create" {
		t.Errorf("Next: %+v, %v", result, err)
	}
	t.Logf("seen after %v", time.Since(start))
	if err := there.Deregister(service("shop", "a")); err != nil { // an operator's doing
		t.Fatal(err)
	}
	if result, err := w.Next(); err != nil || result.Action != "delete" {
		t.Errorf("Next: %+v, %v", result, err)
	}
}

// L-10, R-08: what keeps a node is its process, by the monotonic clock; what removes it is the process's end.
func TestHeartbeats(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := filepath.Join(t.TempDir(), "registry")
		alive, reader := open(t, dir), open(t, dir)
		register(t, alive, service("shop", "kept"))
		register(t, alive, service("shop", "ttl"), registry.RegisterTTL(90*time.Second))
		killed := service("shop", "killed")
		leave(t, dir, killed, time.Now())

		time.Sleep(29 * time.Second)
		expect(t, reader, "kept", "killed", "ttl")
		time.Sleep(2 * time.Second)
		expect(t, reader, "kept", "ttl")
		time.Sleep(60 * time.Second)
		expect(t, reader, "kept")

		if err := os.RemoveAll(dir); err != nil { // wiped
			t.Fatal(err)
		}
		expect(t, reader)
		time.Sleep(11 * time.Second)
		expect(t, reader, "kept")
		time.Sleep(24 * time.Hour)
		expect(t, reader, "kept")

		if err := alive.Deregister(service("shop", "kept")); err != nil {
			t.Fatal(err)
		}
		expect(t, reader)
	})
}

// A process that registered with a short TTL and is killed at once is gone when the TTL is over, for everybody.
func TestTTLOutlivesTheProcess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir, copied := filepath.Join(t.TempDir(), "registry"), filepath.Join(t.TempDir(), "registry")
		reg := open(t, dir)
		register(t, reg, service("shop", "a"), registry.RegisterTTL(3*time.Second))
		if err := os.CopyFS(copied, os.DirFS(dir)); err != nil { // a directory in which nobody lives
			t.Fatal(err)
		}
		name := file.FileName("shop", "1", "a")
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(os.Chmod(copied, 0o700), os.Chtimes(filepath.Join(copied, name), info.ModTime(), info.ModTime())); err != nil {
			t.Fatal(err)
		}
		reader := open(t, copied)
		time.Sleep(2900 * time.Millisecond)
		expect(t, reader, "a")
		time.Sleep(200 * time.Millisecond)
		expect(t, reader)
		time.Sleep(6 * time.Minute)
		expect(t, reader) // and sweeps
		if left, err := os.ReadDir(copied); err != nil || len(left) != 0 {
			t.Errorf("files left: %v, %v", left, err)
		}
	})
}

func TestWatchersHearOfTheEndOfAProcess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := filepath.Join(t.TempDir(), "registry")
		reader := open(t, dir, file.PollOnly())
		w, err := reader.Watch()
		if err != nil {
			t.Fatal(err)
		}
		defer w.Stop()
		leave(t, dir, service("shop", "killed"), time.Now().Add(-10*time.Second))
		start := time.Now()
		for _, want := range []string{"create", "delete"} {
			if result, err := w.Next(); err != nil || result.Action != want {
				t.Fatalf("%+v, %v, want %s", result, err, want)
			}
		}
		if took := time.Since(start); took < 20*time.Second || took > 22*time.Second {
			t.Errorf("gone after %v, want 20 s and at most a poll", took)
		}
	})
}

// S-11.
func TestForeignFilesAreIgnoredAndCounted(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "registry")
	reg := open(t, dir)
	register(t, reg, service("shop", "good"))
	good, err := os.ReadFile(filepath.Join(dir, file.FileName("shop", "1", "good")))
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{
		file.FileName("shop", "1", "half"):  string(good[:20]),
		file.FileName("shop", "1", "other"): string(good), // under another node's name
		file.FileName("shop", "1", "big"):   strings.Repeat(" ", 300<<10) + string(good),
		file.FileName("shop", "1", "evil"):  strings.ReplaceAll(strings.ReplaceAll(string(good), "good", "evil"), "127.0.0.1:80", `127.0.0.1:80\r\n`),
		"README":                            "hello",
		".draft-ABC":                        string(good), // being written; not counted
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	outside := filepath.Join(t.TempDir(), "record")
	linked := file.FileName("shop", "1", "linked")
	err = errors.Join(
		os.WriteFile(outside, []byte(strings.ReplaceAll(string(good), "good", "linked")), 0o600),
		os.Symlink(outside, filepath.Join(dir, linked)),
		os.Mkdir(filepath.Join(dir, file.FileName("shop", "1", "folder")), 0o700))
	if err != nil {
		t.Fatal(err)
	}
	expect(t, reg, "good")
	if n := reg.(interface{ Ignored() int }).Ignored(); n != 7 {
		t.Errorf("%d files ignored, want 7", n)
	}
}

func TestADirectoryOpenToOthersIsRefused(t *testing.T) {
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	reg := open(t, dir)
	_, watchErr := reg.Watch()
	_, getErr := reg.GetService("shop")
	for what, err := range map[string]error{"Register": reg.Register(service("shop", "a")), "Watch": watchErr, "GetService": getErr} {
		if err == nil || !strings.Contains(err.Error(), "chmod 700") {
			t.Errorf("%s: %v", what, err)
		}
	}
	if err := os.Chmod(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	register(t, reg, service("shop", "a"))
}

// S-11. Another user who made the folder first may put any directory of ours in the registry's place.
func TestAParentOpenToOthersIsRefusedEveryTime(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	parent := filepath.Join(os.TempDir(), "micro")
	mine := t.TempDir()
	if err := errors.Join(os.Mkdir(parent, 0o700), os.Chmod(parent, 0o777), os.Chmod(mine, 0o700)); err != nil {
		t.Fatal(err)
	}
	reg := open(t, filepath.Join(parent, "registry"))
	for range 2 { // the first try may have created the directory
		if err := reg.Register(service("shop", "a")); err == nil || !strings.Contains(err.Error(), "chmod 700") {
			t.Errorf("Register: %v", err)
		}
	}
	_ = os.Remove(filepath.Join(parent, "registry")) // if it is there
	if err := os.Symlink(mine, filepath.Join(parent, "registry")); err != nil {
		t.Fatal(err)
	}
	if err := reg.Register(service("shop", "a")); err == nil {
		t.Error("a record was written through another user's link")
	}
	if _, err := reg.GetService("shop"); err == nil || !strings.Contains(err.Error(), "chmod 700") {
		t.Errorf("GetService: %v", err)
	}
	link := filepath.Join(os.TempDir(), "linked")
	if err := os.Symlink(mine, link); err != nil {
		t.Fatal(err)
	}
	if err := open(t, filepath.Join(link, "registry")).Register(service("shop", "a")); err == nil {
		t.Error("a record was written below another user's link")
	}
}

func TestNothingIsCreatedByLooking(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "registry")
	reg := open(t, dir)
	expect(t, reg)
	if err := reg.Deregister(service("shop", "a")); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the directory: %v", err)
	}
}

func TestDir(t *testing.T) {
	t.Setenv("XDG_RUNTIME_DIR", "/run/user/7")
	if got := file.Dir(); got != "/run/user/7/micro/registry" {
		t.Errorf("Dir() = %s", got)
	}
	if got := file.Dir(registry.Addrs("/srv/registry")); got != "/srv/registry" {
		t.Errorf("Dir(Addrs) = %s", got)
	}
	t.Setenv("XDG_RUNTIME_DIR", "")
	t.Setenv("TMPDIR", "/scratch")
	if got, want := file.Dir(), fmt.Sprintf("/scratch/micro-%d/registry", os.Getuid()); got != want {
		t.Errorf("Dir() = %s, want %s", got, want)
	}
}

func FuzzFileName(f *testing.F) {
	f.Add("shop.cart", "1.0.0", "shop.cart-1")
	f.Add("../../etc/passwd", "", "\x00")
	f.Add("..", strings.Repeat("é", 300), "a/b")
	f.Add(strings.Repeat(".", 100), " ", "CON")
	f.Fuzz(func(t *testing.T, service, version, id string) {
		name := file.FileName(service, version, id)
		if !filepath.IsLocal(name) || filepath.Base(name) != name || len(name) > 120 || strings.HasPrefix(name, ".") || !strings.HasSuffix(name, ".json") {
			t.Fatalf("file name %q", name)
		}
		if name == file.FileName(service, version+id, "") && id != "" || name == file.FileName(service+version, "", id) && version != "" {
			t.Fatalf("two nodes share %q", name)
		}
	})
}

func TestL06_LeavesNothing(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "registry")
	leaktest.Rounds(t, func() { registrytest.Round(t, file.NewRegistry(registry.Addrs(dir))) })
}

func open(t *testing.T, dir string, opts ...registry.Option) registry.Registry {
	t.Helper()
	return file.NewRegistry(append(opts, registry.Addrs(dir), registry.Logger(logger.NewLogger(logger.WithOutput(t.Output()))))...)
}

// leave puts a record that nobody refreshes.
func leave(t *testing.T, dir string, s *registry.Service, at time.Time) {
	t.Helper()
	data := fmt.Sprintf(`{"name":%q,"version":%q,"nodes":[{"id":%q,"address":%q}]}`, s.Name, s.Version, s.Nodes[0].Id, s.Nodes[0].Address)
	name := filepath.Join(dir, file.FileName(s.Name, s.Version, s.Nodes[0].Id))
	if err := errors.Join(os.WriteFile(name, []byte(data), 0o600), os.Chtimes(name, at, at)); err != nil {
		t.Fatal(err)
	}
}

// expect holds the ids of the nodes of "shop" against those wanted.
func expect(t *testing.T, reg registry.Registry, want ...string) {
	t.Helper()
	services, err := reg.GetService("shop")
	if err != nil && (!errors.Is(err, registry.ErrNotFound) || len(want) > 0) {
		t.Fatalf("GetService: %v, want %v", err, want)
	}
	known := map[string]bool{}
	for _, s := range services {
		for _, n := range s.Nodes {
			known[n.Id] = true
		}
	}
	for _, id := range want {
		if !known[id] {
			t.Errorf("%s is missing", id)
		}
		delete(known, id)
	}
	if len(known) > 0 {
		t.Errorf("not wanted: %v", known)
	}
}

func service(name, id string) *registry.Service {
	return &registry.Service{Name: name, Version: "1", Nodes: []*registry.Node{{Id: id, Address: "127.0.0.1:80"}}}
}

func register(t *testing.T, reg registry.Registry, s *registry.Service, opts ...registry.RegisterOption) {
	t.Helper()
	if err := reg.Register(s, opts...); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = reg.Deregister(s) })
}
