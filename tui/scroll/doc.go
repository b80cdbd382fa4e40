// Package scroll is the arithmetic of a window over a list: which of n rows a
// widget of a given height shows, and where its cursor is. It also names the
// console's motions and the keys that mean them, so that j, pgdn or G do the
// same in every widget.
//
// Start with [Window]. Nothing here draws, starts a goroutine or is safe for
// concurrent use: a widget owns its window and is used from one goroutine.
package scroll
