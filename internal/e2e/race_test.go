//go:build race

package e2e_test

// raceDetector says that the race detector is on, which keeps several bytes for each that is used.
const raceDetector = true
