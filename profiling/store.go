package profiling

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Bounds of what a store reads back.
const (
	maxSidecar  = 64 << 10
	maxCaptures = 10_000
)

// ErrNotFound marks a capture that a store does not hold.
var ErrNotFound = errors.New("no such capture")

// Entry is one kept capture.
type Entry struct {
	ID   string `json:"id"` // the file name without its ending
	Meta Meta   `json:"meta"`
	File string `json:"file"` // its path
	Size int64  `json:"size"` // in bytes
}

// Store keeps captures in one folder: each a profile file and, next to it, a
// .json file with its [Meta], both with mode 0600 in a folder of mode 0700. It
// never follows a symbolic link and never overwrites a file. Methods are safe
// for concurrent use, also by several processes.
type Store struct {
	dir  string
	root *os.Root
}

// DefaultDir is where captures are kept if nobody says otherwise:
// $XDG_STATE_HOME/microtop/profiles, else ~/.local/state/microtop/profiles.
func DefaultDir() (string, error) {
	if state := os.Getenv("XDG_STATE_HOME"); filepath.IsAbs(state) {
		return filepath.Join(state, "microtop", "profiles"), nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", fmt.Errorf("find the folder for captures: set XDG_STATE_HOME: %w", err)
	}
	return filepath.Join(home, ".local", "state", "microtop", "profiles"), nil
}

// OpenStore opens the folder of captures, "" being [DefaultDir], and creates it
// if need be. It refuses a folder that is a symbolic link, that belongs to
// somebody else, or that others can write to. Close the store when done.
func OpenStore(dir string) (*Store, error) {
	if dir == "" {
		var err error
		if dir, err = DefaultDir(); err != nil {
			return nil, err
		}
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("create the folder for captures: %w", err)
	}
	named, err := os.Lstat(dir)
	if err != nil {
		return nil, fmt.Errorf("open the folder for captures: %w", err)
	}
	if err := private(named); err != nil {
		return nil, fmt.Errorf("folder for captures %s: %w", dir, err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("open the folder for captures: %w", err)
	}
	opened, err := root.Stat(".")
	if err == nil && !os.SameFile(named, opened) {
		err = fmt.Errorf("%s was replaced while it was being opened", dir)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open the folder for captures: %w", err), root.Close())
	}
	return &Store{dir: dir, root: root}, nil
}

func private(info fs.FileInfo) error {
	switch {
	case !info.IsDir():
		return fmt.Errorf("it is a %s: remove it, or name another folder", describeMode(info.Mode()))
	case !ownedByUser(info):
		return errors.New("it belongs to another user: name another folder")
	case sharedMode(info) != 0:
		return fmt.Errorf("others can get at it (mode %04o): chmod 700 it", info.Mode().Perm())
	}
	return nil
}

// Close lets go of the folder. The store is of no use then; closing twice is
// fine.
func (s *Store) Close() error { return s.root.Close() }

// Save keeps one capture and says where. A second one of the same second gets a
// numbered name. On an error nothing is left behind.
func (s *Store) Save(meta Meta, data []byte) (Entry, error) {
	side, err := json.Marshal(meta)
	if err != nil {
		return Entry{}, fmt.Errorf("save capture: %w", err)
	}
	if len(side) > maxSidecar {
		return Entry{}, fmt.Errorf("save capture: its description is %d bytes, more than %d", len(side), maxSidecar)
	}
	stem := fileStem(meta)
	for try := 1; try <= maxTries; try++ {
		id := numbered(stem, try)
		err := create(s.root, id+meta.Kind.Ext(), data)
		if errors.Is(err, fs.ErrExist) {
			continue
		}
		if err == nil {
			// The .json comes last: List sees a capture only once it is whole.
			if err = create(s.root, id+".json", side); err != nil {
				err = errors.Join(err, s.root.Remove(id+meta.Kind.Ext()))
			}
			if errors.Is(err, fs.ErrExist) {
				continue
			}
		}
		if err != nil {
			return Entry{}, fmt.Errorf("save capture in %s: %w", s.dir, err)
		}
		return s.entry(id, meta, int64(len(data))), nil
	}
	return Entry{}, fmt.Errorf("save capture: %d captures named %s exist in %s: remove some", maxTries, stem, s.dir)
}

func (s *Store) entry(id string, meta Meta, size int64) Entry {
	return Entry{ID: id, Meta: meta, File: filepath.Join(s.dir, id+meta.Kind.Ext()), Size: size}
}

// List gives the captures, newest first. Files that are not captures, or are
// damaged, are left out.
func (s *Store) List() ([]Entry, error) {
	dir, err := s.root.Open(".")
	if err != nil {
		return nil, fmt.Errorf("list captures in %s: %w", s.dir, err)
	}
	defer func() { _ = dir.Close() }()
	files, err := dir.Readdirnames(3 * maxCaptures)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("list captures in %s: %w", s.dir, err)
	}
	var entries []Entry
	for _, file := range files {
		id, isSide := strings.CutSuffix(file, ".json")
		if !isSide {
			continue
		}
		if e, err := s.Find(id); err == nil {
			entries = append(entries, e)
		}
	}
	slices.SortFunc(entries, func(a, b Entry) int {
		return cmp.Or(b.Meta.Start.Compare(a.Meta.Start), cmp.Compare(a.ID, b.ID))
	})
	return entries[:min(len(entries), maxCaptures)], nil
}

// Find gives one capture by id; the error is [ErrNotFound] if there is none.
func (s *Store) Find(id string) (Entry, error) {
	if id == "" || strings.ContainsAny(id, `/\`) || !filepath.IsLocal(id) {
		return Entry{}, fmt.Errorf("%w: %q is not an id of one", ErrNotFound, id)
	}
	side, _, err := s.read(id+".json", maxSidecar)
	if err != nil {
		return Entry{}, notFound(id, err)
	}
	var meta Meta
	if err := json.Unmarshal(side, &meta); err != nil {
		return Entry{}, fmt.Errorf("read capture %s: damaged description: %w", id, err)
	}
	info, err := s.root.Lstat(id + meta.Kind.Ext())
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("it is a %s", describeMode(info.Mode()))
	}
	if err != nil {
		return Entry{}, notFound(id, err)
	}
	return s.entry(id, meta, info.Size()), nil
}

func notFound(id string, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%w: %q", ErrNotFound, id)
	}
	return fmt.Errorf("read capture %s: %w", id, err)
}

// Open reads one capture's bytes, at most the default [Limits.Input].
func (s *Store) Open(id string) (Entry, []byte, error) {
	e, err := s.Find(id)
	if err != nil {
		return Entry{}, nil, err
	}
	data, whole, err := s.read(filepath.Base(e.File), Limits{}.withDefaults().Input)
	if err != nil {
		return Entry{}, nil, notFound(id, err)
	}
	if !whole {
		return Entry{}, nil, fmt.Errorf("read capture %s: %w", id, &LimitError{What: "bytes", Limit: int64(len(data))})
	}
	return e, data, nil
}

// read reads at most limit bytes of a plain file, and says whether that is all.
func (s *Store) read(name string, limit int64) (data []byte, whole bool, err error) {
	before, err := s.root.Lstat(name)
	if err != nil {
		return nil, false, err
	}
	if !before.Mode().IsRegular() {
		return nil, false, fmt.Errorf("%s is a %s", name, describeMode(before.Mode()))
	}
	f, err := s.root.Open(name)
	if err != nil {
		return nil, false, err
	}
	defer func() { _ = f.Close() }()
	if after, err := f.Stat(); err != nil || !os.SameFile(before, after) {
		return nil, false, fmt.Errorf("%s was replaced while it was being opened", name)
	}
	data, err = io.ReadAll(io.LimitReader(f, limit+1))
	if int64(len(data)) > limit {
		return data[:limit], false, err
	}
	return data, true, err
}

// Remove deletes one capture; the error is [ErrNotFound] if there is none.
func (s *Store) Remove(id string) error {
	e, err := s.Find(id)
	if err != nil {
		return err
	}
	// The .json goes first, so that no listing shows half a capture.
	if err := errors.Join(s.root.Remove(id+".json"), s.root.Remove(filepath.Base(e.File))); err != nil {
		return fmt.Errorf("remove capture %s: %w", id, err)
	}
	return nil
}
