//go:build unix

package file

import (
	"io/fs"
	"os"
	"syscall"
)

// openFlags keep an open from waiting at a pipe that somebody put there.
const openFlags = os.O_RDONLY | syscall.O_NONBLOCK | syscall.O_NOFOLLOW

// mine reports whether a file belongs to the user this process runs as.
func mine(info fs.FileInfo) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(stat.Uid) == os.Geteuid()
}

// writable reports whether others may change what is in a directory.
func writable(info fs.FileInfo) bool { return info.Mode().Perm()&0o022 != 0 }

// closed reports whether nobody but the owner may do anything with a file.
func closed(info fs.FileInfo) bool { return info.Mode().Perm()&0o077 == 0 }
