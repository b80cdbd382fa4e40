//go:build race

package frametest

// slower is how many times longer the race detector makes things take, at most.
const slower = 30
