// Package e2e holds the tests that drive the whole: the real program in a terminal, and a real fleet under faults.
package e2e
