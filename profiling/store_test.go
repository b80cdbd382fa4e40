//go:build unix

package profiling_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/microtop/microtop/profiling"
)

var noon = time.Date(2026, 3, 4, 12, 0, 0, 0, time.FixedZone("east", 3600))

func meta(service, node string) profiling.Meta {
	return profiling.Meta{Service: service, Version: "1.2", Node: node, Address: "10.0.0.7:8080", Kind: profiling.CPU, Start: noon, Duration: 3 * time.Second}
}

func TestDefaultFileName(t *testing.T) {
	if got, want := profiling.DefaultFileName(meta("shop.recommend", "shop.recommend-1a2b")), "shop.recommend-shop.recommend-1a2b-cpu-20260304T110000Z.pb.gz"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	m := meta("", "")
	m.Kind = profiling.Trace
	if got, want := profiling.DefaultFileName(m), "unknown-10.0.0.7_8080-trace-20260304T110000Z.trace"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func openStore(t *testing.T, dir string) *profiling.Store {
	t.Helper()
	s, err := profiling.OpenStore(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// TestC07NamesStayInTheFolder saves captures under names meant to escape it.
func TestC07NamesStayInTheFolder(t *testing.T) {
	for _, name := range []string{
		"../../x", "/etc/x", "a\x00b", strings.Repeat("n", 300), strings.Repeat("é", 300), "CON", "con.txt", "com1", "a/b", `..\..\x`,
		"~", "~root", "-rf", "--help", ".", "..", "...", "", ".hidden", "a\nb", "\x1b[2J", "\u202egnp", "\xff\xfe", "x:stream", "NUL.tar", "*?",
	} {
		t.Run(name, func(t *testing.T) {
			base := t.TempDir()
			dir := filepath.Join(base, "deep", "store")
			s := openStore(t, dir)
			m := meta(name, name)
			e, err := s.Save(m, []byte("data"))
			if err != nil {
				t.Fatal(err)
			}
			file := filepath.Base(e.File)
			if file != profiling.DefaultFileName(m) || filepath.Dir(e.File) != dir || len(file) > 255 {
				t.Errorf("file %q", e.File)
			}
			if strings.Trim(file, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-") != "" || strings.ContainsAny(file[:1], ".-~") || strings.Contains(file, "..") {
				t.Errorf("unsafe name %q", file)
			}
			device, _, _ := strings.Cut(strings.ToUpper(file), ".")
			for _, d := range []string{"CON", "NUL", "COM1"} {
				if device == d {
					t.Errorf("%q is a device", file)
				}
			}
			var found []string
			_ = filepath.WalkDir(base, func(path string, d os.DirEntry, err error) error {
				if err == nil && !d.IsDir() {
					found = append(found, filepath.Base(path))
					if info, err := d.Info(); err != nil || info.Mode().Perm() != 0o600 || filepath.Dir(path) != dir {
						t.Errorf("%s: %v, %v", path, info.Mode(), err)
					}
				}
				return nil
			})
			if len(found) != 2 {
				t.Errorf("files %q", found)
			}
			got, data, err := s.Open(e.ID)
			if err != nil || string(data) != "data" || got.Meta.Kind != profiling.CPU {
				t.Errorf("open: %+v, %q, %v", got, data, err)
			}
		})
	}
}

func TestStore(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "p")
	s := openStore(t, dir)
	if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o700 {
		t.Fatalf("folder %v, %v", info.Mode(), err)
	}
	older, newer := meta("a", "n1"), meta("a", "n1")
	newer.Start = noon.Add(time.Hour)
	first, err := s.Save(older, realCPU())
	if err != nil {
		t.Fatal(err)
	}
	second, err := s.Save(older, []byte("same second"))
	if err != nil {
		t.Fatal(err)
	}
	third, err := s.Save(newer, []byte("x"))
	if err != nil {
		t.Fatal(err)
	}
	if second.ID != first.ID+"-2" {
		t.Errorf("second of one second is %q", second.ID)
	}
	for name, content := range map[string]string{"stray.json": "{", "note.txt": "hi", "orphan.json": `{"kind":"cpu"}`, "big.json": strings.Repeat(" ", 1<<20)} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	list, err := s.List()
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, e := range list {
		ids = append(ids, e.ID)
	}
	if diff := cmp.Diff([]string{third.ID, first.ID, second.ID}, ids); diff != "" {
		t.Errorf("list: %s", diff)
	}
	if diff := cmp.Diff(first.Meta, list[1].Meta); diff != "" || list[1].Size != int64(len(realCPU())) {
		t.Errorf("meta %s, size %d", diff, list[1].Size)
	}
	if err := s.Remove(first.ID); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.Open(first.ID); !errors.Is(err, profiling.ErrNotFound) {
		t.Errorf("removed and still there: %v", err)
	}
	for _, id := range []string{"", "../p/x", "/etc/passwd", "nosuch", "a/b"} {
		if err := s.Remove(id); !errors.Is(err, profiling.ErrNotFound) {
			t.Errorf("Remove(%q): %v", id, err)
		}
	}
}

func TestStoreNeverFollowsLinks(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "p")
	s := openStore(t, dir)
	victim := filepath.Join(t.TempDir(), "victim")
	if err := os.WriteFile(victim, []byte("keep"), 0o600); err != nil {
		t.Fatal(err)
	}
	m := meta("a", "n")
	id := strings.TrimSuffix(profiling.DefaultFileName(m), ".pb.gz")
	for plant, where := range map[string]func() error{
		"link on the profile":     func() error { return os.Symlink(victim, filepath.Join(dir, id+".pb.gz")) },
		"link on the description": func() error { return os.Symlink(victim, filepath.Join(dir, id+"-2.json")) },
		"FIFO":                    func() error { return syscall.Mkfifo(filepath.Join(dir, id+"-3.json"), 0o600) },
		"folder":                  func() error { return os.Mkdir(filepath.Join(dir, id+"-4.pb.gz"), 0o700) },
	} {
		if err := where(); err != nil {
			t.Fatal(plant, err)
		}
	}
	e, err := s.Save(m, []byte("data"))
	if err != nil {
		t.Fatal(err)
	}
	if e.ID != id+"-5" {
		t.Errorf("saved as %q", e.ID)
	}
	if kept, err := os.ReadFile(victim); err != nil || string(kept) != "keep" {
		t.Errorf("victim is %q, %v", kept, err)
	}
	if list, err := s.List(); err != nil || len(list) != 1 { // also: reading the FIFO would hang
		t.Errorf("list %+v, %v", list, err)
	}
	left, err := filepath.Glob(filepath.Join(dir, id+"-[23].pb.gz"))
	if err != nil || len(left) != 0 {
		t.Errorf("half captures left: %q, %v", left, err)
	}
}

func TestOpenStoreRefusesWhatOthersCanReach(t *testing.T) {
	base := t.TempDir()
	open, link, file := filepath.Join(base, "open"), filepath.Join(base, "link"), filepath.Join(base, "file")
	if err := errors.Join(os.Mkdir(open, 0o700), os.Chmod(open, 0o777), os.Symlink(t.TempDir(), link), os.WriteFile(file, nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	for dir, says := range map[string]string{open: "chmod 700", link: "symbolic link", file: "create the folder"} {
		s, err := profiling.OpenStore(dir)
		if err == nil {
			_ = s.Close()
		}
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v, want %q", dir, err, says)
		}
	}
}

func TestDefaultDir(t *testing.T) {
	t.Setenv("XDG_STATE_HOME", "/state")
	if dir, err := profiling.DefaultDir(); err != nil || dir != "/state/microtop/profiles" {
		t.Errorf("%q, %v", dir, err)
	}
	t.Setenv("XDG_STATE_HOME", "relative")
	t.Setenv("HOME", "/home/me")
	if dir, err := profiling.DefaultDir(); err != nil || dir != "/home/me/.local/state/microtop/profiles" {
		t.Errorf("%q, %v", dir, err)
	}
}

func TestC07WriteFile(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	victim := at("victim")
	if err := errors.Join(
		os.WriteFile(victim, []byte("keep"), 0o644),
		os.Symlink(victim, at("link")),
		os.Symlink(at("nowhere"), at("dangling")),
		syscall.Mkfifo(at("fifo"), 0o600),
		os.Mkdir(at("folder"), 0o755),
	); err != nil {
		t.Fatal(err)
	}
	m := meta("svc", "node")
	for _, tc := range []struct {
		name  string
		path  string
		force bool
		want  string // the path written, or
		says  string // what the error says
	}{
		{"new file", at("p.pb.gz"), false, at("p.pb.gz"), ""},
		{"again", at("p.pb.gz"), false, "", "exists"},
		{"again by force", at("p.pb.gz"), true, at("p.pb.gz"), ""},
		{"existing file", victim, false, "", "exists"},
		{"link", at("link"), false, "", "exists"},
		{"link by force", at("link"), true, "", "symbolic link"},
		{"dangling link", at("dangling"), false, "", "exists"},
		{"dangling link by force", at("dangling"), true, "", "symbolic link"},
		{"FIFO by force", at("fifo"), true, "", "FIFO"},
		{"folder", at("folder"), true, at("folder/" + profiling.DefaultFileName(m)), ""},
		{"folder again", at("folder") + "/", true, at("folder/" + strings.Replace(profiling.DefaultFileName(m), "Z.pb", "Z-2.pb", 1)), ""},
		{"no such folder", at("none/p.pb.gz"), false, "", "open folder"},
		{"no such folder, separator", at("none") + "/", false, "", "does not exist"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, err := profiling.WriteFile(tc.path, m, []byte(tc.name), tc.force)
			if tc.says != "" {
				if err == nil || !strings.Contains(err.Error(), tc.says) {
					t.Errorf("wrote %q, %v; want an error that says %q", got, err, tc.says)
				}
				return
			}
			if err != nil || got != tc.want {
				t.Fatalf("wrote %q, %v; want %q", got, err, tc.want)
			}
			if data, err := os.ReadFile(got); err != nil || string(data) != tc.name {
				t.Errorf("holds %q, %v", data, err)
			}
			if info, err := os.Stat(got); err != nil || info.Mode().Perm() != 0o600 {
				t.Errorf("mode %v, %v", info.Mode(), err)
			}
		})
	}
	if kept, err := os.ReadFile(victim); err != nil || string(kept) != "keep" {
		t.Errorf("victim is %q, %v", kept, err)
	}
	if _, err := os.Lstat(at("nowhere")); err == nil {
		t.Error("wrote through a dangling link")
	}
	if left, _ := filepath.Glob(at(".microtop-*")); len(left) != 0 {
		t.Errorf("temporary files left: %q", left)
	}
	t.Chdir(dir)
	if got, err := profiling.WriteFile("", m, nil, false); err != nil || got != profiling.DefaultFileName(m) {
		t.Errorf("no path: %q, %v", got, err)
	}
}

func TestOpenCommand(t *testing.T) {
	for _, tc := range []struct {
		kind       profiling.Kind
		file, want string
	}{
		{profiling.CPU, "p.pb.gz", "go tool pprof -http=localhost:0 p.pb.gz"},
		{profiling.Trace, "/a/b.trace", "go tool trace /a/b.trace"},
		{profiling.Heap, "my file's.pb.gz", `go tool pprof -http=localhost:0 'my file'\''s.pb.gz'`},
		{profiling.Heap, "-x", "go tool pprof -http=localhost:0 ./-x"},
		{profiling.Heap, "$(rm)", "go tool pprof -http=localhost:0 '$(rm)'"},
	} {
		if got := profiling.OpenCommand(tc.kind, tc.file); got != tc.want {
			t.Errorf("got %q, want %q", got, tc.want)
		}
	}
}
