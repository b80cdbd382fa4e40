package file

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/microtop/microtop/framework/store"
)

var (
	// DefaultDatabase is where records go when neither the options nor the call name a database.
	DefaultDatabase = "micro"
	// DefaultTable is where records go when neither the options nor the call name a table.
	DefaultTable = "micro"
	// DefaultDir is the directory of stores made without DirOption.
	DefaultDir = filepath.Join(os.TempDir(), "micro", "store")
)

type dirKey struct{}

// DirOption sets the directory in which the store keeps its files. It is created when it is needed, for this user alone.
func DirOption(dir string) store.Option { return store.SetValue(dirKey{}, dir) }

func dirOf(o store.Options) string {
	if o.Context != nil {
		if dir, ok := o.Context.Value(dirKey{}).(string); ok && dir != "" {
			return dir
		}
	}
	return DefaultDir
}

// path is the file of a table. Names that would lead elsewhere are refused.
func path(dir string, p store.Place) (string, error) {
	for _, name := range []string{p.Database, p.Table} {
		if strings.ContainsAny(name, `/\`+"\x00") || name == "." || name == ".." {
			return "", fmt.Errorf("%w: %q cannot name a database or a table: it becomes a file's name", store.ErrInvalid, name)
		}
	}
	return filepath.Join(dir, p.Database, p.Table+".db"), nil
}

// prepare makes the directory of a table's file and looks at what is above it, so that no other user's files are taken
// for this store's.
func prepare(dir, file string) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return fmt.Errorf("create the directory: %w", err)
	}
	return ours(dir, filepath.Dir(file))
}

// ours looks at the store's directory, at the one of the database, and, where the former is among the temporary files,
// at its parent: anybody may have made that one first.
func ours(dir, database string) error {
	dirs := []string{dir, database}
	if parent := filepath.Dir(dir); filepath.Dir(parent) == filepath.Clean(os.TempDir()) {
		dirs = append(dirs, parent)
	}
	for _, d := range dirs {
		info, err := os.Stat(d)
		if err != nil {
			return fmt.Errorf("look at the directory: %w", err)
		}
		switch {
		case !mine(info):
			return fmt.Errorf("%s belongs to another user; give the store a directory of your own: file.DirOption", d)
		case writable(info):
			return fmt.Errorf("%s is writable for other users (%v); run chmod go-w on it", d, info.Mode().Perm())
		}
	}
	return nil
}

// missing reports whether there is no such file.
func missing(file string) bool {
	_, err := os.Stat(file)
	return errors.Is(err, fs.ErrNotExist)
}
