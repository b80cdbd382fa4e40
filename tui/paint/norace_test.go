//go:build !race

package paint_test

const slower = 1
