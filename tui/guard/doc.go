// Package guard is the edge between a Bubble Tea program and the process: whatever
// ends the program, the terminal is as it was before.
//
// Bubble Tea restores the terminal after a quit and after a panic of its own
// goroutines. The guard adds what is missing: SIGTERM, SIGHUP, SIGINT and SIGQUIT
// end the program even while Update is stuck; a panic in Update or View ends it with
// the stack printed after the terminal is back; a panic in a command or in a
// goroutine started with [Guard.Go] becomes a [Panicked] message, so that the
// program can say what broke and go on.
//
// Start with [New], then [Guard.Run], and end the process with [Code] of its error.
package guard
