// Package flame draws a tree of costs as a flame graph: a row per depth of the
// stack, a box per function, as wide as its share of the cost.
//
// The tree is plain data ([Node]); where it comes from is not this package's
// business. The geometry (which box is where) knows no terminal, the drawing no
// tree. With [Options.Diff] colours and signs show how much each box grew or
// shrank instead of what package it is of.
//
// Start with [New] and [Flame.SetRoot]. A Flame belongs to one goroutine, starts
// none and does no I/O; a tree must not change while it is shown. Mouse positions
// are relative to the graph's own top left cell.
package flame
