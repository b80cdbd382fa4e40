//go:build !unix

package profiling

import "io/fs"

// Where files have no numeric owner and no mode, the user's own folder is
// private by its access list.

func ownedByUser(fs.FileInfo) bool { return true }

func sharedMode(fs.FileInfo) fs.FileMode { return 0 }
