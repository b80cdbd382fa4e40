// Package history is the screen of the calls that were made, the newest first: open one again, repeat it, look at what
// was sent and answered, or compare two.
//
// Start with [Route].
package history
