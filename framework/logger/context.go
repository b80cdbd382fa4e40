package logger

import "context"

type loggerKey struct{}

// NewContext returns a context that carries l.
func NewContext(ctx context.Context, l Logger) context.Context {
	return context.WithValue(ctx, loggerKey{}, l)
}

// FromContext returns the context's logger.
func FromContext(ctx context.Context) (Logger, bool) {
	l, ok := ctx.Value(loggerKey{}).(Logger)
	return l, ok
}

// LoggerOrDefault returns l, or DefaultLogger for nil.
func LoggerOrDefault(l Logger) Logger {
	if l == nil {
		return DefaultLogger
	}
	return l
}

// V reports whether l, or DefaultLogger for nil, writes lines of lvl.
func V(lvl Level, l Logger) bool { return LoggerOrDefault(l).Options().Level.Enabled(lvl) }
