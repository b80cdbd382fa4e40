//go:build !unix

package file

import (
	"io/fs"
	"os"
)

const openFlags = os.O_RDONLY

// mine is true: these systems keep a user's folders apart by access lists, which mode bits do not show.
func mine(fs.FileInfo) bool { return true }

// closed is true, for the same reason.
func closed(fs.FileInfo) bool { return true }

// writable reports whether others may change what is in a directory; there are no such bits here.
func writable(fs.FileInfo) bool { return false }
