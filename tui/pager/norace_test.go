//go:build !race

package pager_test

const slower = 1
