// Package safetext makes text from outside fit for a terminal.
//
// Whatever registers a service, answers a call, publishes to a topic or names a
// profile's function can put bytes on the operator's screen. Those bytes must not
// move the cursor, change colours, forge a row or reach the clipboard. So a string
// from outside becomes a [Line] (one row) or a [Block] (rows) once, where data
// enters a view, and widgets accept nothing else: a view that forgets does not
// compile.
//
// Cleaning is visible, never silent: ESC becomes ␛, other controls, bidirectional
// overrides and invisible characters become escapes such as \u202e, bytes that are
// not UTF-8 become \xff. Joined emoji and accents stay as they are.
//
// Start with [Clean]. All values are immutable and safe for concurrent use.
package safetext
