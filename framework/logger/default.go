package logger

import (
	"context"
	"io"
	"log/slog"
	"maps"
	"slices"

	"github.com/microtop/microtop/framework/debug/log"
)

// DefaultLogger serves programs that name no logger; it prints to standard output at the level MICRO_LOG_LEVEL names.
var DefaultLogger = NewLogger()

type handlerKey struct{}

// WithHandler sends lines to a slog handler instead of Out, with fields as attributes.
func WithHandler(h slog.Handler) Option { return SetOption(handlerKey{}, h) }

// NewLogger returns a logger that prints lines in v4's form:
//
//	2006-01-02 15:04:05  file=srv/main.go:317 level=info message
//
// and keeps them for the debug service. Fatal lines end the process with status 1.
func NewLogger(opts ...Option) Logger {
	l, _ := New("default", printer, opts...) // printer never fails
	return l
}

// printer writes lines in v4's form, or hands them to a slog handler.
func printer(o Options) (Sink, error) {
	if handler, ok := value(o, handlerKey{}).(slog.Handler); ok {
		return func(l Line) { handle(handler, l) }, nil
	}
	out := OneLine(o.Out)
	return func(l Line) {
		_, _ = io.WriteString(out, log.TextFormat(l.record())) // a logger has nowhere to say that its output failed
	}, nil
}

func handle(handler slog.Handler, line Line) {
	ctx := context.Background()
	if !handler.Enabled(ctx, line.Level.Slog()) {
		return
	}
	out := slog.NewRecord(line.Time, line.Level.Slog(), line.Message, 0)
	for _, key := range slices.Sorted(maps.Keys(line.Fields)) {
		out.AddAttrs(slog.Any(key, line.Fields[key]))
	}
	_ = handler.Handle(ctx, out) // as above
}
