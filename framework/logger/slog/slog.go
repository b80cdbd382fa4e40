// Package slog is a logger that writes through a slog handler, as text or as JSON.
//
// Start with [NewLogger]. The levels trace and fatal, which slog does not have, are shown by their names.
package slog

import (
	"context"
	"log/slog"
	"maps"
	"slices"

	"github.com/microtop/microtop/framework/logger"
)

type (
	handlerKey struct{}
	jsonKey    struct{}
)

// WithHandler sets the handler that takes the lines, in place of text on Out. What the handler does not enable is left
// out; keeping lines apart and controls visible is the handler's work then.
func WithHandler(h slog.Handler) logger.Option { return logger.SetOption(handlerKey{}, h) }

// WithJSON writes each line as a JSON object in place of key=value pairs.
func WithJSON() logger.Option { return logger.SetOption(jsonKey{}, true) }

// NewLogger returns a logger whose String is "slog". Without options it writes slog's text form to standard output.
func NewLogger(opts ...logger.Option) logger.Logger {
	l, _ := logger.New("slog", open, opts...) // open never fails
	return l
}

func open(o logger.Options) (logger.Sink, error) {
	h := handler(o)
	return func(line logger.Line) {
		ctx := context.Background()
		if !h.Enabled(ctx, line.Level.Slog()) {
			return
		}
		record := slog.NewRecord(line.Time, line.Level.Slog(), line.Message, 0)
		for _, key := range slices.Sorted(maps.Keys(line.Fields)) {
			record.AddAttrs(slog.Any(key, line.Fields[key]))
		}
		_ = h.Handle(ctx, record) // a logger has nowhere to say that its output failed
	}, nil
}

func handler(o logger.Options) slog.Handler {
	if own, ok := o.Context.Value(handlerKey{}).(slog.Handler); ok {
		return own
	}
	out := logger.OneLine(o.Out)
	options := &slog.HandlerOptions{Level: logger.TraceLevel.Slog(), ReplaceAttr: levelName}
	if asked, ok := o.Context.Value(jsonKey{}).(bool); ok && asked {
		return slog.NewJSONHandler(out, options)
	}
	return slog.NewTextHandler(out, options)
}

// levelName writes levels as the framework names them.
func levelName(groups []string, a slog.Attr) slog.Attr {
	if level, ok := a.Value.Any().(slog.Level); ok && len(groups) == 0 && a.Key == slog.LevelKey {
		return slog.String(a.Key, logger.Level(level/4).String()) // #nosec G115 -- made from a Level
	}
	return a
}
