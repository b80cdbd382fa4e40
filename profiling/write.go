package profiling

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
)

// filePerm is the mode of every file written here: a profile tells a lot about
// a program, and is nobody else's business.
const filePerm = 0o600

// maxTries bounds the numbered names tried when the plain one is taken.
const maxTries = 100

// WriteFile writes a capture where a user asked for it and returns the path
// written. An empty path is the current folder. In a folder, and for a path that
// ends in a separator, the file gets [DefaultFileName], numbered if that is
// taken. Any other path is the file itself: an existing file is left alone
// unless force is set, and a symbolic link, FIFO or device always is. The file
// appears whole or not at all, with mode 0600.
func WriteFile(path string, meta Meta, data []byte, force bool) (string, error) {
	if path == "" {
		path = "."
	}
	info, err := os.Stat(path)
	switch {
	case err == nil && info.IsDir():
		return writeInFolder(path, meta, data)
	case os.IsPathSeparator(path[len(path)-1]):
		return "", fmt.Errorf("write profile: folder %s does not exist: create it first", path)
	}
	root, err := os.OpenRoot(filepath.Dir(path))
	if err != nil {
		return "", fmt.Errorf("write profile: open folder of %s: %w", path, err)
	}
	defer func() { _ = root.Close() }()
	name := filepath.Base(path)
	if force {
		err = replace(root, name, data)
	} else {
		err = create(root, name, data)
	}
	if errors.Is(err, fs.ErrExist) {
		return "", fmt.Errorf("write profile: %s exists: name another file, or ask to overwrite it: %w", path, err)
	}
	if err != nil {
		return "", fmt.Errorf("write profile to %s: %w", path, err)
	}
	return path, nil
}

func writeInFolder(folder string, meta Meta, data []byte) (string, error) {
	root, err := os.OpenRoot(folder)
	if err != nil {
		return "", fmt.Errorf("write profile: open folder %s: %w", folder, err)
	}
	defer func() { _ = root.Close() }()
	stem := fileStem(meta)
	for try := 1; try <= maxTries; try++ {
		name := numbered(stem, try) + meta.Kind.Ext()
		err := create(root, name, data)
		if errors.Is(err, fs.ErrExist) {
			continue
		}
		if err != nil {
			return "", fmt.Errorf("write profile to %s: %w", filepath.Join(folder, name), err)
		}
		return filepath.Join(folder, name), nil
	}
	return "", fmt.Errorf("write profile: %s and %d numbered names exist in %s: name a file", stem+meta.Kind.Ext(), maxTries-1, folder)
}

func numbered(stem string, try int) string {
	if try == 1 {
		return stem
	}
	return stem + "-" + strconv.Itoa(try)
}

// create writes a file that must not exist. O_EXCL never follows a link in the
// last element, and root never leaves its folder. A failed write leaves nothing.
func create(root *os.Root, name string, data []byte) error {
	f, err := root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, filePerm)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return errors.Join(err, root.Remove(name))
	}
	return nil
}

// replace writes a file that may exist, if it is a plain one, by renaming a
// temporary file over it.
func replace(root *os.Root, name string, data []byte) error {
	info, err := root.Lstat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return create(root, name, data)
	case err != nil:
		return err
	case !info.Mode().IsRegular():
		return fmt.Errorf("it is a %s, not a plain file: name another file", describeMode(info.Mode()))
	}
	temp := ".microtop-" + rand.Text()
	if err := create(root, temp, data); err != nil {
		return err
	}
	if err := root.Rename(temp, name); err != nil {
		return errors.Join(err, root.Remove(temp))
	}
	return nil
}

func describeMode(m fs.FileMode) string {
	switch {
	case m.IsDir():
		return "folder"
	case m&fs.ModeSymlink != 0:
		return "symbolic link"
	case m&fs.ModeNamedPipe != 0:
		return "FIFO"
	case m&fs.ModeSocket != 0:
		return "socket"
	}
	return "device"
}
