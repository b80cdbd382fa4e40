// Package log is the screen of what the console did and said, the newest first, each with the command line that does the
// same from a shell.
//
// Start with [Route].
package log
