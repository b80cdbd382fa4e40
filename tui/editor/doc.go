// Package editor edits text of several lines: a request body, a message to
// publish.
//
// It draws only the lines on the screen, so a key costs the same in ten lines as
// in a hundred thousand. Text that comes in by key, paste or prefill is clean
// text; a pasted control character becomes a visible escape, a tab four blanks.
//
// Start with [New]. An Editor belongs to one goroutine, starts none and does no
// I/O. Mouse positions are relative to the editor's own top left cell.
package editor
