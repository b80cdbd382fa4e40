// Package table is a table of any number of rows that draws only those it shows.
//
// Rows come from a [Source] and are known by a stable id: the cursor and the
// marks stay on the same object while rows come, go, change and are sorted anew.
// A row is drawn by hand once per version and kept; a frame in which nothing
// changed is the string of the frame before.
//
// Start with [New]. A Table belongs to one goroutine, starts none and does no
// I/O. It takes text from outside only as safetext values. Mouse positions are
// relative to the table's own top left cell.
package table
