//go:build unix

package profiling

import (
	"io/fs"
	"os"
	"syscall"
)

// ownedByUser reports whether a file belongs to who runs this program.
func ownedByUser(info fs.FileInfo) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && int64(stat.Uid) == int64(os.Geteuid())
}

// sharedMode gives the permissions a file grants to others.
func sharedMode(info fs.FileInfo) fs.FileMode { return info.Mode().Perm() & 0o077 }
