//go:build !unix

package guard

// canStop tells whether somebody could bring the process back after ctrl+z.
func canStop() bool { return false }
