//go:build unix

package file

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"
)

// mine reports whether a directory belongs to the user this process runs as, or to root.
func mine(info fs.FileInfo) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && (stat.Uid == 0 || int(stat.Uid) == os.Geteuid())
}

// writable reports whether all other users may change what is in a directory.
func writable(info fs.FileInfo) bool { return info.Mode().Perm()&0o002 != 0 }

// syncDirs puts on the disk that there is something new in directories.
func syncDirs(dirs ...string) error {
	for _, dir := range dirs {
		if err := syncDir(dir); err != nil {
			return fmt.Errorf("sync the directory %s: %w", dir, err)
		}
	}
	return nil
}

func syncDir(dir string) error {
	d, err := os.Open(dir) //nolint:gosec // the directory that the options name
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
