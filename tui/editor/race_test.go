//go:build race

package editor_test

// slower is how many times longer the race detector makes things take, at most.
const slower = 30
