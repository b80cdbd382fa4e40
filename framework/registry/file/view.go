package file

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/microtop/microtop/framework/limits"
	"github.com/microtop/microtop/framework/registry"
)

const (
	lifetime  = 30 * time.Second // age of the modification time at which a file counts no more
	remains   = 5 * time.Minute  // how long after that the file itself stays
	draftLife = time.Minute      // how old a half-written file gets
	mostFiles = 20_000           // most files of the directory that are looked at
)

// view is the directory as last read: what is in it, and the table that follows from it.
type view struct {
	table  *registry.Table
	limits limits.Limits

	mu      sync.Mutex // one reading at a time
	seen    map[string]*sighting
	ignored int
}

// sighting is one file as it was when it was last read.
type sighting struct {
	info    fs.FileInfo
	service *registry.Service // nil: ignored
	until   time.Time         // when it stops counting; monotonic, so that a jump of the clock moves nothing
	shown   bool              // in the table
}

func newView() *view {
	return &view{table: registry.NewTable(limits.Default()), limits: limits.Default(), seen: make(map[string]*sighting)}
}

// update reads the directory and brings the table in line with it. A directory that does not exist is empty.
func (v *view) update(dir string, log *slog.Logger) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	root, err := openPlace(dir)
	if errors.Is(err, fs.ErrNotExist) {
		v.follow(nil, log)
		return nil
	}
	if err != nil {
		return err
	}
	defer func() { _ = root.Close() }()
	names, err := list(root)
	if err != nil {
		return err
	}
	current := make(map[string]*sighting, len(names))
	for _, name := range names {
		if s := v.sight(root, name); s != nil {
			current[name] = s
		}
	}
	v.follow(current, log)
	return nil
}

// list returns the names in the directory, at most mostFiles of them.
func list(root *os.Root) ([]string, error) {
	d, err := root.Open(".")
	if err != nil {
		return nil, fmt.Errorf("read the directory: %w", err)
	}
	defer d.Close()
	names, err := d.Readdirnames(mostFiles)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("read the directory: %w", err)
	}
	return names, nil
}

// sight looks at one file, and reads it if it is new or differs from last time. It returns nil for files that went
// meanwhile or do not matter, and removes what dead processes left.
func (v *view) sight(root *os.Root, name string) *sighting {
	info, err := root.Lstat(name)
	if err != nil {
		return nil
	}
	now := time.Now()
	age := now.Sub(info.ModTime()) // by the wall clock: the only one that processes share
	if strings.HasPrefix(name, draft) {
		if age > draftLife {
			_ = root.Remove(name) // somebody else may have been faster
		}
		return nil
	}
	last := v.seen[name]
	if last != nil && os.SameFile(last.info, info) && last.info.ModTime().Equal(info.ModTime()) && last.info.Size() == info.Size() {
		if now.Sub(last.until) > remains && last.service != nil {
			_ = root.Remove(name)
			return nil
		}
		return last
	}
	s := &sighting{info: info, until: now.Add(lifetime - max(age, 0)), shown: last != nil && last.shown}
	if strings.HasSuffix(name, suffix) && info.Mode().IsRegular() {
		if s.service, err = read(root, name, v.limits); errors.Is(err, fs.ErrNotExist) {
			return nil
		}
	}
	return s
}

// follow makes current what is seen, and the table what is seen and alive.
func (v *view) follow(current map[string]*sighting, log *slog.Logger) {
	now, ignored := time.Now(), 0
	for name, last := range v.seen {
		if s := current[name]; last.shown && (s == nil || s.service == nil) {
			v.table.Remove(last.service)
		}
	}
	for name, s := range current {
		last := v.seen[name]
		switch {
		case s.service == nil:
			s.shown = false
			ignored++
			if last == nil || last.service != nil {
				log.Warn("file registry: ignored a file that is no record", "file", name)
			}
		case !now.Before(s.until):
			if s.shown {
				v.table.Remove(s.service)
			}
			s.shown = false
		case !s.shown || s != last:
			if err := v.table.Put(s.service, 0); err != nil {
				ignored++
				log.Warn("file registry: too many nodes", "error", err)
			}
			s.shown = true
		}
	}
	v.seen, v.ignored = current, ignored
}

func (v *view) ignoredFiles() int {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.ignored
}
