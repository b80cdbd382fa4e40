//go:build !race

package flame_test

const slower = 1
