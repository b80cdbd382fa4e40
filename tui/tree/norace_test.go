//go:build !race

package tree_test

const slower = 1
