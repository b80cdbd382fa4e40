//go:build !unix

package file

import "io/fs"

// mine is true: these systems keep a user's folders apart by access lists, which mode bits do not show.
func mine(fs.FileInfo) bool { return true }

// writable is false, for the same reason.
func writable(fs.FileInfo) bool { return false }

// syncDirs does nothing: directories cannot be synced here.
func syncDirs(...string) error { return nil }
