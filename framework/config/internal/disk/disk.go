// Package disk reads configuration from one file, without knowing when it changes: what framework/config's LoadFile and
// the file source share. Start with [New].
package disk

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/microtop/microtop/framework/config/source"
	"github.com/microtop/microtop/framework/limits"
)

// File is a source. It never changes.
type File struct {
	path      string
	fsys      fs.FS // nil: the file system of the host
	otherwise string
	most      int
}

var _ source.Source = (*File)(nil)

// New returns the source of the file at path, in fsys if it is not nil. A file without an extension is of the format
// otherwise.
func New(path string, fsys fs.FS, otherwise string) *File {
	return &File{path: path, fsys: fsys, otherwise: otherwise, most: limits.Default().MessageBytes}
}

// Path returns the file's path as it was given.
func (f *File) Path() string { return f.path }

// Read implements source.Source. A file over the limit of a message (framework/limits) is an error.
func (f *File) Read() (*source.ChangeSet, error) {
	text, changed, err := f.read()
	if err != nil {
		return nil, err
	}
	set := &source.ChangeSet{Format: f.format(), Source: "file", Timestamp: changed, Data: text}
	set.Checksum = set.Sum()
	return set, nil
}

func (f *File) read() ([]byte, time.Time, error) {
	file, err := f.open()
	if err != nil {
		return nil, time.Time{}, err
	}
	defer func() { _ = file.Close() }() // it was only read
	about, err := file.Stat()
	if err != nil {
		return nil, time.Time{}, err
	}
	if !about.Mode().IsRegular() {
		return nil, time.Time{}, fmt.Errorf("%s is no regular file: give the path of one", f.path)
	}
	text, err := io.ReadAll(io.LimitReader(file, int64(f.most)+1))
	if err != nil {
		return nil, time.Time{}, err
	}
	if len(text) > f.most {
		return nil, time.Time{}, fmt.Errorf("%s: over %d bytes, more than configuration may have", f.path, f.most)
	}
	return text, about.ModTime(), nil
}

// open looks before it opens: opening a pipe would wait for its writer.
func (f *File) open() (fs.File, error) {
	if f.fsys != nil {
		return f.fsys.Open(f.path)
	}
	about, err := os.Stat(f.path)
	if err != nil {
		return nil, err
	}
	if !about.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is no regular file: give the path of one", f.path)
	}
	return os.Open(f.path)
}

// format is the file's extension, or what the source was told.
func (f *File) format() string {
	switch ext := strings.ToLower(strings.TrimPrefix(filepath.Ext(f.path), ".")); ext {
	case "":
		return f.otherwise
	case "yml":
		return "yaml"
	default:
		return ext
	}
}

var errReadOnly = errors.New("config source file: it is only read; write the file itself")

// Write implements source.Source: it returns an error, since nothing is written.
func (f *File) Write(*source.ChangeSet) error { return errReadOnly }

// Watch implements source.Source.
func (f *File) Watch() (source.Watcher, error) { return source.NewNoopWatcher() }

// String implements source.Source.
func (f *File) String() string { return "file" }
