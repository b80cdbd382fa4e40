//go:build unix

package guard

import "golang.org/x/sys/unix"

// canStop tells whether somebody could bring the process back after ctrl+z. The
// first process of a terminal has no shell that could.
func canStop() bool {
	sid, err := unix.Getsid(0)
	return err == nil && sid != unix.Getpgrp()
}
