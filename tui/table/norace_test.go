//go:build !race

package table_test

const slower = 1
