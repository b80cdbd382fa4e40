//go:build race

package client_test

// raceDetector says that the race detector is on, which allocates and empties pools at random.
const raceDetector = true
