//go:build !race

package editor_test

const slower = 1
