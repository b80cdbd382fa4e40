package logger

import (
	"context"
	"fmt"
)

// DefaultHelper writes through DefaultLogger, whichever logger that is when a line is written.
var DefaultHelper = NewHelper(nil)

// errorKey is the field that WithError sets.
const errorKey = "error"

// Helper has a method for each level of a logger. It is immutable and safe for concurrent use.
//
// Its lines name the file and line of the Helper's caller, whatever the logger.
type Helper struct {
	logger Logger // nil for DefaultLogger
}

// NewHelper returns a helper that writes through l; nil means DefaultLogger.
func NewHelper(l Logger) *Helper { return &Helper{logger: l} }

// HelperOrDefault returns h, or DefaultHelper for nil.
func HelperOrDefault(h *Helper) *Helper {
	if h == nil {
		return DefaultHelper
	}
	return h
}

// Extract returns a helper of the logger that the context carries, or DefaultHelper if it carries none.
func Extract(ctx context.Context) *Helper {
	if l, ok := FromContext(ctx); ok {
		return NewHelper(l)
	}
	return DefaultHelper
}

// Inject returns a context that carries the helper's logger, for Extract and FromContext.
func (h *Helper) Inject(ctx context.Context) context.Context {
	return NewContext(ctx, LoggerOrDefault(h.logger))
}

// WithFields returns a helper that adds fields to every line.
func (h *Helper) WithFields(fields map[string]any) *Helper {
	return NewHelper(LoggerOrDefault(h.logger).Fields(fields))
}

// WithError returns a helper that adds err to every line as the field "error"; nil adds nothing.
func (h *Helper) WithError(err error) *Helper {
	if err == nil {
		return h
	}
	return h.WithFields(map[string]any{errorKey: err})
}

// Log writes its operands, joined as fmt.Sprint does.
func (h *Helper) Log(level Level, v ...any) {
	write(h.logger, level, func() string { return fmt.Sprint(v...) })
}

// Logf writes a formatted line.
func (h *Helper) Logf(level Level, format string, v ...any) {
	write(h.logger, level, func() string { return fmt.Sprintf(format, v...) })
}

// Trace writes a trace line.
func (h *Helper) Trace(v ...any) {
	write(h.logger, TraceLevel, func() string { return fmt.Sprint(v...) })
}

// Tracef writes a formatted trace line.
func (h *Helper) Tracef(format string, v ...any) {
	write(h.logger, TraceLevel, func() string { return fmt.Sprintf(format, v...) })
}

// Debug writes a debug line.
func (h *Helper) Debug(v ...any) {
	write(h.logger, DebugLevel, func() string { return fmt.Sprint(v...) })
}

// Debugf writes a formatted debug line.
func (h *Helper) Debugf(format string, v ...any) {
	write(h.logger, DebugLevel, func() string { return fmt.Sprintf(format, v...) })
}

// Info writes an info line.
func (h *Helper) Info(v ...any) {
	write(h.logger, InfoLevel, func() string { return fmt.Sprint(v...) })
}

// Infof writes a formatted info line.
func (h *Helper) Infof(format string, v ...any) {
	write(h.logger, InfoLevel, func() string { return fmt.Sprintf(format, v...) })
}

// Warn writes a warn line.
func (h *Helper) Warn(v ...any) {
	write(h.logger, WarnLevel, func() string { return fmt.Sprint(v...) })
}

// Warnf writes a formatted warn line.
func (h *Helper) Warnf(format string, v ...any) {
	write(h.logger, WarnLevel, func() string { return fmt.Sprintf(format, v...) })
}

// Error writes an error line.
func (h *Helper) Error(v ...any) {
	write(h.logger, ErrorLevel, func() string { return fmt.Sprint(v...) })
}

// Errorf writes a formatted error line.
func (h *Helper) Errorf(format string, v ...any) {
	write(h.logger, ErrorLevel, func() string { return fmt.Sprintf(format, v...) })
}

// Fatal writes a fatal line and ends the process with status 1, whatever the logger does.
func (h *Helper) Fatal(v ...any) {
	write(h.logger, FatalLevel, func() string { return fmt.Sprint(v...) })
	finish(h.logger)
}

// Fatalf writes a formatted fatal line and ends the process with status 1, whatever the logger does.
func (h *Helper) Fatalf(format string, v ...any) {
	write(h.logger, FatalLevel, func() string { return fmt.Sprintf(format, v...) })
	finish(h.logger)
}
