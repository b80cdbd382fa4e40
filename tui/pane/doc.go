// Package pane puts several widgets on one screen: a titled rule above each, a line
// between two columns, and who of them has the focus.
//
// Start with [Rule] and [Beside]; [Area] finds the pane a mouse event is for. All are
// plain functions and values.
package pane
