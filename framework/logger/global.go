package logger

import "fmt"

// The functions of this file write through DefaultLogger, for programs that need no logger of their own. Their lines
// name the file and line of their caller.

// Init applies options to DefaultLogger.
func Init(opts ...Option) error { return DefaultLogger.Init(opts...) }

// Fields returns a logger like DefaultLogger that adds fields to every line.
func Fields(fields map[string]any) Logger { return DefaultLogger.Fields(fields) }

// String names DefaultLogger's implementation.
func String() string { return DefaultLogger.String() }

// Log writes its operands, joined as fmt.Sprint does.
func Log(level Level, v ...any) { write(nil, level, func() string { return fmt.Sprint(v...) }) }

// Logf writes a formatted line.
func Logf(level Level, format string, v ...any) {
	write(nil, level, func() string { return fmt.Sprintf(format, v...) })
}

// Trace writes a trace line.
func Trace(v ...any) { write(nil, TraceLevel, func() string { return fmt.Sprint(v...) }) }

// Tracef writes a formatted trace line.
func Tracef(format string, v ...any) {
	write(nil, TraceLevel, func() string { return fmt.Sprintf(format, v...) })
}

// Debug writes a debug line.
func Debug(v ...any) { write(nil, DebugLevel, func() string { return fmt.Sprint(v...) }) }

// Debugf writes a formatted debug line.
func Debugf(format string, v ...any) {
	write(nil, DebugLevel, func() string { return fmt.Sprintf(format, v...) })
}

// Info writes an info line.
func Info(v ...any) { write(nil, InfoLevel, func() string { return fmt.Sprint(v...) }) }

// Infof writes a formatted info line.
func Infof(format string, v ...any) {
	write(nil, InfoLevel, func() string { return fmt.Sprintf(format, v...) })
}

// Warn writes a warn line.
func Warn(v ...any) { write(nil, WarnLevel, func() string { return fmt.Sprint(v...) }) }

// Warnf writes a formatted warn line.
func Warnf(format string, v ...any) {
	write(nil, WarnLevel, func() string { return fmt.Sprintf(format, v...) })
}

// Error writes an error line.
func Error(v ...any) { write(nil, ErrorLevel, func() string { return fmt.Sprint(v...) }) }

// Errorf writes a formatted error line.
func Errorf(format string, v ...any) {
	write(nil, ErrorLevel, func() string { return fmt.Sprintf(format, v...) })
}

// Fatal writes a fatal line and ends the process with status 1.
func Fatal(v ...any) {
	write(nil, FatalLevel, func() string { return fmt.Sprint(v...) })
	finish(nil)
}

// Fatalf writes a formatted fatal line and ends the process with status 1.
func Fatalf(format string, v ...any) {
	write(nil, FatalLevel, func() string { return fmt.Sprintf(format, v...) })
	finish(nil)
}
