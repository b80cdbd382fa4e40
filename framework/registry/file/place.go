package file

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"

	"github.com/microtop/microtop/framework/registry"
)

// Dir returns the directory that a registry with these options uses: the first of registry.Addrs, else
// $XDG_RUNTIME_DIR/micro/registry, else micro-<uid>/registry in the folder for temporary files. It creates nothing.
func Dir(opts ...registry.Option) string {
	return dirOf(registry.NewOptions(opts...))
}

func dirOf(o *registry.Options) string {
	if len(o.Addrs) > 0 && o.Addrs[0] != "" {
		return o.Addrs[0]
	}
	if runtime := os.Getenv("XDG_RUNTIME_DIR"); filepath.IsAbs(runtime) {
		return filepath.Join(runtime, "micro", "registry")
	}
	return filepath.Join(os.TempDir(), "micro-"+strconv.Itoa(os.Getuid()), "registry")
}

// openPlace opens the directory for one round of work. It gives fs.ErrNotExist if there is none, and an error that says
// what to do if it, or its parent among the temporary files, is not this user's alone: what others could write there, or
// put in its place, would be called.
func openPlace(dir string) (*os.Root, error) {
	if err := privateParent(dir); err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("open the directory: %w", err)
	}
	info, err := root.Stat(".")
	if err == nil {
		err = private(dir, info)
	}
	if err != nil {
		return nil, errors.Join(err, root.Close())
	}
	return root, nil
}

// privateParent looks at the parent of a directory that is not itself among the temporary files, but its parent is:
// anybody may have made that one first, and exchange what is in it at any time.
func privateParent(dir string) error {
	parent := filepath.Dir(dir)
	if filepath.Dir(parent) != filepath.Clean(os.TempDir()) {
		return nil
	}
	info, err := os.Lstat(parent)
	if err != nil {
		return fmt.Errorf("look at the directory's parent: %w", err)
	}
	switch {
	case !info.IsDir() || !mine(info):
		return fmt.Errorf("%s is not a directory of this user's; give a directory of your own as the registry's address", parent)
	case writable(info):
		return fmt.Errorf("%s is writable for other users (%v); run chmod 700 on it", parent, info.Mode().Perm())
	}
	return nil
}

// makePlace opens the directory and creates it, and its parent, if it is missing.
func makePlace(dir string) (*os.Root, error) {
	root, err := openPlace(dir)
	if !errors.Is(err, fs.ErrNotExist) {
		return root, err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("create the directory: %w", err)
	}
	return openPlace(dir)
}

// private reports why a directory is not this user's alone.
func private(dir string, info fs.FileInfo) error {
	if !info.IsDir() {
		return fmt.Errorf("%s is not a directory", dir)
	}
	if !mine(info) {
		return fmt.Errorf("%s belongs to another user; give a directory of your own as the registry's address", dir)
	}
	if !closed(info) {
		return fmt.Errorf("%s is open to other users (%v); run chmod 700 on it", dir, info.Mode().Perm())
	}
	return nil
}
