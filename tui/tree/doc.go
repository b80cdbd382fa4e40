// Package tree shows a tree whose branches are made when they are first opened,
// so that a tree without end, such as a message that contains itself, can be
// shown as far as somebody looks.
//
// Start with [New] and [Tree.SetRoots]. What is open and where the cursor is are
// known by the ids on the way, so both survive new roots. A Tree belongs to one
// goroutine, starts none and does no I/O. Mouse positions are relative to the
// tree's own top left cell.
package tree
