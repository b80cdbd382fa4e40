//go:build !race

package frametest

const slower = 1
