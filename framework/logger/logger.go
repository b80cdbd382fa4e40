// Package logger is v4's logging front over log/slog.
//
// A component holds a [Logger] in its options and never logs through a package variable. Lines carry a level,
// fields and a message; the default logger prints them to its Out and can be replaced by any implementation.
//
// Start with [NewHelper], which gives a Logger a method for each level. Programs that need no logger of their own use
// the functions of the same names, which write through [DefaultLogger].
package logger

// Logger writes leveled lines. Implementations are safe for concurrent use.
type Logger interface {
	// Init applies options to this logger.
	Init(options ...Option) error
	// Options returns the options in force.
	Options() Options
	// Fields returns a logger that adds fields to every line and leaves the receiver as it is.
	Fields(fields map[string]any) Logger
	// Log writes its operands, joined as fmt.Sprint does.
	Log(level Level, v ...any)
	// Logf writes a formatted line.
	Logf(level Level, format string, v ...any)
	// String names the implementation.
	String() string
}
