package file_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"go.uber.org/goleak"

	"github.com/microtop/microtop/framework/config"
	"github.com/microtop/microtop/framework/config/encoder"
	"github.com/microtop/microtop/framework/config/encoder/json"
	"github.com/microtop/microtop/framework/config/source"
	"github.com/microtop/microtop/framework/config/source/file"
	"github.com/microtop/microtop/framework/config/source/sourcetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func must(t *testing.T, errs ...error) {
	t.Helper()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
}

func write(path, text string) error { return os.WriteFile(path, []byte(text), 0o600) }

// replace writes another file and puts it in the place of the one at path, as editors do.
func replace(path, text string) error {
	return errors.Join(write(path+".new", text), os.Rename(path+".new", path))
}

// link puts a link to target in the place of what is at path.
func link(target, path string) error {
	return errors.Join(os.Symlink(target, path+".new"), os.Rename(path+".new", path))
}

// place is a way to keep a file and to change it. It opens the path and what makes the file say something.
type place struct {
	name string
	open func(t *testing.T) (path string, say func(text string) error)
}

var places = []place{
	{"written in place", func(t *testing.T) (string, func(string) error) {
		path := filepath.Join(t.TempDir(), "app.json")
		return path, func(text string) error { return write(path, text) }
	}},
	{"replaced by a rename", func(t *testing.T) (string, func(string) error) {
		path := filepath.Join(t.TempDir(), "app.json")
		return path, func(text string) error { return replace(path, text) }
	}},
	{"renamed away first", func(t *testing.T) (string, func(string) error) {
		path := filepath.Join(t.TempDir(), "app.json")
		return path, func(text string) error {
			_ = os.Rename(path, path+"~") // the first time there is none
			return write(path, text)
		}
	}},
	{"removed first", func(t *testing.T) (string, func(string) error) {
		path := filepath.Join(t.TempDir(), "app.json")
		return path, func(text string) error {
			_ = os.Remove(path) // as above
			return write(path, text)
		}
	}},
	{"a ConfigMap", func(t *testing.T) (string, func(string) error) {
		dir, n, old := t.TempDir(), 0, ""
		return filepath.Join(dir, "app.json"), func(text string) error {
			n++
			version := filepath.Join(dir, fmt.Sprintf("..version_%d", n))
			err := errors.Join(os.Mkdir(version, 0o700), write(filepath.Join(version, "app.json"), text), link(filepath.Base(version), filepath.Join(dir, "..data")))
			if old == "" {
				err = errors.Join(err, os.Symlink(filepath.Join("..data", "app.json"), filepath.Join(dir, "app.json")))
			} else {
				err = errors.Join(err, os.RemoveAll(old))
			}
			old = version
			return err
		}
	}},
	{"a link to a file elsewhere", func(t *testing.T) (string, func(string) error) {
		path, target := filepath.Join(t.TempDir(), "app.json"), filepath.Join(t.TempDir(), "target.json")
		must(t, os.Symlink(target, path))
		return path, func(text string) error { return write(target, text) }
	}},
	{"a folder that is a link", func(t *testing.T) (string, func(string) error) {
		dir, n := t.TempDir(), 0
		return filepath.Join(dir, "current", "app.json"), func(text string) error {
			n++
			release := filepath.Join(dir, fmt.Sprint(n))
			return errors.Join(os.Mkdir(release, 0o700), write(filepath.Join(release, "app.json"), text), link(release, filepath.Join(dir, "current")))
		}
	}},
}

// told are the places of which the system tells; of the last nobody does.
func told() []place { return places[:len(places)-1] }

func TestWhatNobodyTellsIsSeenWithinASecond(t *testing.T) {
	t.Parallel()
	path, say := places[len(places)-1].open(t)
	must(t, say("{}"))
	w := watch(t, path)
	must(t, say(`{"n":1}`))
	if set, err := w.Next(); err != nil || string(set.Data) != `{"n":1}` {
		t.Errorf("%v, %v", set, err)
	}
}

func TestConformance(t *testing.T) {
	t.Parallel()
	for _, place := range told() {
		t.Run(place.name, func(t *testing.T) {
			t.Parallel()
			n := 0
			var say func(string) error
			open := func(t *testing.T) source.Source {
				var path string
				path, say = place.open(t)
				must(t, say(`{"n":0}`))
				return file.NewSource(file.WithPath(path))
			}
			sourcetest.Run(t, open, sourcetest.Caps{Pushes: true, Change: func(t *testing.T, _ source.Source) {
				t.Helper()
				n++
				must(t, say(fmt.Sprintf(`{"n":%d}`, n)))
			}})
		})
	}
}

func watch(t *testing.T, path string) source.Watcher {
	t.Helper()
	w, err := file.NewSource(file.WithPath(path)).Watch()
	must(t, err)
	t.Cleanup(func() { must(t, w.Stop()) })
	return w
}

// often reports whether something that a busy machine may delay holds once in five times.
func often(t *testing.T, rule string, holds func(n int) bool) {
	t.Helper()
	for n := range 5 {
		if holds(n + 1) {
			return
		}
	}
	t.Error("never: " + rule)
}

func TestChangesAreToldAtOnce(t *testing.T) {
	t.Parallel()
	for _, place := range told() {
		t.Run(place.name, func(t *testing.T) {
			t.Parallel()
			path, say := place.open(t)
			must(t, say("{}"))
			w := watch(t, path)
			often(t, "within half a second", func(n int) bool { // a glance would take one
				began := time.Now()
				must(t, say(fmt.Sprintf(`{"n":%d}`, n)))
				_, err := w.Next()
				must(t, err)
				return time.Since(began) < 500*time.Millisecond
			})
		})
	}
}

func TestOneSaveIsOneChange(t *testing.T) {
	t.Parallel()
	path, say := places[0].open(t)
	must(t, say("{}"))
	w := watch(t, path)
	often(t, "the end of a save is told alone", func(n int) bool {
		end := fmt.Sprintf(`{"n":%d}`, n)
		saved := make(chan error, 1)
		go func() {
			saved <- errors.Join(os.Remove(path), say(""), say(end[:3]), say(end))
		}()
		alone := true
		for {
			set, err := w.Next()
			must(t, err)
			if string(set.Data) == end {
				must(t, <-saved)
				return alone
			}
			alone = false
		}
	})
}

// Most programs empty a file before they write it, and may be held up in between.
func TestAFileThatIsEmptyForAMomentIsBeingWritten(t *testing.T) {
	t.Parallel()
	path, say := places[0].open(t)
	must(t, say("{}"))
	w := watch(t, path)
	often(t, "the empty file is not told", func(n int) bool {
		want := fmt.Sprintf(`{"n":%d}`, n)
		must(t, say(""))
		written := time.AfterFunc(200*time.Millisecond, func() { _ = say(want) })
		defer written.Stop()
		set, err := w.Next()
		must(t, err)
		if string(set.Data) == want {
			return true
		}
		_, err = w.Next() // the rest, so that the next round begins anew
		must(t, err)
		return false
	})
}

func TestOtherFilesOfTheFolderDoNotMatter(t *testing.T) {
	t.Parallel()
	path, say := places[0].open(t)
	must(t, say("{}"))
	w := watch(t, path)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for i := range 100 {
			_ = write(filepath.Join(filepath.Dir(path), fmt.Sprint(i)), "x") // only the noise counts
		}
		_ = say(`{"n":1}`)
	}()
	if set, err := w.Next(); err != nil || string(set.Data) != `{"n":1}` {
		t.Errorf("%v, %v", set, err)
	}
	<-done
}

func TestWhileTheFileIsMissingTheLastDataCounts(t *testing.T) {
	t.Parallel()
	path, say := places[0].open(t)
	must(t, say(`{"n":1}`))
	c, err := config.NewConfig(config.WithSource(file.NewSource(file.WithPath(path))))
	must(t, err)
	defer c.Close()
	w, err := c.Watch("n")
	must(t, err)
	must(t, os.Remove(path))
	time.Sleep(200 * time.Millisecond)
	if n := c.Get("n").Int(0); n != 1 {
		t.Errorf("without the file: %d", n)
	}
	must(t, say(`{"n":2}`))
	if v, err := w.Next(); err != nil || v.Int(0) != 2 || c.Get("n").Int(0) != 2 {
		t.Errorf("with it again: %v, %v", v, err)
	}
}

func TestAWholeFolderIsReplaced(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "etc")
	path := filepath.Join(dir, "app.json")
	must(t, os.Mkdir(dir, 0o700), write(path, `{"n":1}`))
	w := watch(t, path)
	must(t, os.RemoveAll(dir), os.Mkdir(dir, 0o700))
	for n := range 2 {
		must(t, write(path, fmt.Sprintf(`{"n":%d}`, n+2)))
		if set, err := w.Next(); err != nil || string(set.Data) != fmt.Sprintf(`{"n":%d}`, n+2) {
			t.Errorf("%v, %v", set, err)
		}
	}
}

func TestErrors(t *testing.T) {
	t.Parallel()
	none := file.NewSource(file.WithPath(filepath.Join(t.TempDir(), "none", "app.json")))
	if _, err := none.Read(); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("read without a file: %v", err)
	}
	if _, err := none.Watch(); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("watch without a folder: %v", err)
	}
	if err := none.Write(&source.ChangeSet{}); err == nil || !strings.Contains(err.Error(), "file") {
		t.Errorf("write: %v", err)
	}
	path, say := places[0].open(t)
	must(t, say("{}"))
	w := watch(t, path)
	must(t, say(strings.Repeat("x", 5<<20)))
	if _, err := w.Next(); err == nil || errors.Is(err, source.ErrWatcherStopped) {
		t.Errorf("a file that is too long: %v", err)
	}
	must(t, say(`{"n":1}`))
	if set, err := w.Next(); err != nil || string(set.Data) != `{"n":1}` {
		t.Errorf("and a short one again: %v, %v", set, err)
	}
}

// named is JSON by another name.
type named struct{ encoder.Encoder }

func (named) String() string { return "own" }

func TestFormats(t *testing.T) {
	t.Parallel()
	fsys := fstest.MapFS{}
	for name, want := range map[string]string{"a.json": "json", "a.yaml": "yaml", "a.YML": "yaml", "a.b.toml": "toml", "plain": "own"} {
		fsys[name] = &fstest.MapFile{Data: []byte("{}"), ModTime: time.Unix(1, 0)}
		s := file.NewSource(file.WithFS(fsys), file.WithPath(name), source.WithEncoder(named{json.NewEncoder()}))
		set, err := s.Read()
		if err != nil || set.Format != want || set.Source != "file" || !set.Timestamp.Equal(time.Unix(1, 0)) {
			t.Errorf("%s: %+v, %v", name, set, err)
		}
		if w, err := s.Watch(); err != nil || !source.Silent(w) {
			t.Errorf("watch: %v, %v", w, err)
		}
	}
}

func TestDefaultPath(t *testing.T) {
	t.Chdir(t.TempDir())
	must(t, write("config.json", `{"n":1}`))
	w, err := file.NewSource().Watch()
	must(t, err)
	defer w.Stop()
	must(t, write("config.json", `{"n":2}`))
	if set, err := w.Next(); err != nil || string(set.Data) != `{"n":2}` {
		t.Errorf("%v, %v", set, err)
	}
}
