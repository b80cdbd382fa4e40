package logger

import (
	"context"
	"log/slog"
	"runtime"
)

// Slog returns a slog logger whose lines go to l, or to DefaultLogger for nil.
// The framework's own components log through it.
func Slog(l Logger) *slog.Logger { return slog.New(&slogHandler{logger: LoggerOrDefault(l)}) }

type slogHandler struct {
	logger Logger
	prefix string
}

var _ slog.Handler = (*slogHandler)(nil)

// Enabled implements slog.Handler.
func (h *slogHandler) Enabled(_ context.Context, level slog.Level) bool {
	return h.logger.Options().Level.Slog() <= level
}

// Handle implements slog.Handler.
func (h *slogHandler) Handle(_ context.Context, record slog.Record) error {
	fields := make(map[string]any, record.NumAttrs()+1)
	if frame, _ := runtime.CallersFrames([]uintptr{record.PC}).Next(); frame.File != "" {
		fields[fileKey] = place(frame.File, frame.Line)
	}
	record.Attrs(func(a slog.Attr) bool {
		fields[h.prefix+a.Key] = a.Value.Resolve().Any()
		return true
	})
	h.logger.Fields(fields).Log(fromSlog(record.Level), record.Message)
	return nil
}

// WithAttrs implements slog.Handler.
func (h *slogHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	fields := make(map[string]any, len(attrs))
	for _, a := range attrs {
		fields[h.prefix+a.Key] = a.Value.Resolve().Any()
	}
	return &slogHandler{logger: h.logger.Fields(fields), prefix: h.prefix}
}

// WithGroup implements slog.Handler.
func (h *slogHandler) WithGroup(name string) slog.Handler {
	return &slogHandler{logger: h.logger, prefix: h.prefix + name + "."}
}

// fromSlog returns the level of a slog line; never Fatal, since a line from a component must not end the process.
func fromSlog(level slog.Level) Level {
	steps := max(int(TraceLevel), min(int(ErrorLevel), int(level)/4))
	return Level(steps)
}
