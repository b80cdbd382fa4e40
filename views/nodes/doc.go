// Package nodes is the live table of every node, or of those of one target: where it listens, what it speaks, how it
// does, and why it does not.
package nodes
