// Package pager shows lines: a live tail, a log, a transcript, or a body of text
// or JSON.
//
// A live pager keeps the newest lines in a ring, knows each by a number that
// never changes, and holds still when the reader scrolls up, whatever arrives
// meanwhile. Appending costs the same however much is kept; a frame costs what
// the lines on the screen cost, wrapped lines of a mebibyte included.
//
// Start with [New], then [Pager.Append] or [Pager.SetBlock]. A Pager belongs to
// one goroutine, starts none and does no I/O. Mouse positions are relative to
// the pager's own top left cell.
package pager
