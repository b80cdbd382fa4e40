// Package zerolog is a logger that writes through github.com/rs/zerolog.
//
// Start with [NewLogger].
package zerolog

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	"github.com/rs/zerolog"

	"github.com/microtop/microtop/framework/logger"
)

type (
	consoleKey struct{}
	timeKey    struct{}
	hooksKey   struct{}
	callerKey  struct{}
)

// WithDevelopmentMode writes lines for people, without colours, in place of JSON.
func WithDevelopmentMode() logger.Option { return logger.SetOption(consoleKey{}, true) }

// WithProductionMode writes lines as JSON objects, which is the default.
func WithProductionMode() logger.Option { return logger.SetOption(consoleKey{}, false) }

// WithTimeFormat sets the layout of times, as time.Format takes it. Default time.RFC3339.
func WithTimeFormat(layout string) logger.Option { return logger.SetOption(timeKey{}, layout) }

// WithHooks sets the hooks that see each line.
func WithHooks(hooks []zerolog.Hook) logger.Option { return logger.SetOption(hooksKey{}, hooks) }

// ReportCaller does nothing: each line names its caller, as the field "file".
func ReportCaller() logger.Option { return logger.SetOption(callerKey{}, true) }

// WithExitFunc sets what ends the process after a fatal line.
func WithExitFunc(exit func(int)) logger.Option { return logger.WithExitFunc(exit) }

// NewLogger returns a logger whose String is "zerolog". Without options it writes JSON to standard output. zerolog's
// global level counts beside the logger's.
func NewLogger(opts ...logger.Option) logger.Logger {
	l, _ := logger.New("zerolog", open, opts...) // open never fails
	return l
}

func open(o logger.Options) (logger.Sink, error) {
	layout, ok := o.Context.Value(timeKey{}).(string)
	if !ok {
		layout = time.RFC3339
	}
	l := zerolog.New(output(o)).Level(zerolog.TraceLevel)
	if hooks, ok := o.Context.Value(hooksKey{}).([]zerolog.Hook); ok {
		l = l.Hook(hooks...)
	}
	return func(line logger.Line) {
		// WithLevel, unlike Fatal, does not end the process.
		event := l.WithLevel(level(line.Level)).Str(zerolog.TimestampFieldName, line.Time.Format(layout))
		for _, key := range slices.Sorted(maps.Keys(line.Fields)) {
			event = field(event, key, line.Fields[key])
		}
		event.Msg(line.Message)
	}, nil
}

// field adds a value; errors by their text, which zerolog's Interface does not do.
func field(event *zerolog.Event, key string, value any) *zerolog.Event {
	switch value := value.(type) {
	case error:
		return event.AnErr(key, value)
	case fmt.Stringer:
		return event.Stringer(key, value)
	default:
		return event.Interface(key, value)
	}
}

func output(o logger.Options) io.Writer {
	out := logger.OneLine(o.Out)
	if console, ok := o.Context.Value(consoleKey{}).(bool); ok && console {
		return zerolog.ConsoleWriter{Out: out, NoColor: true, FormatTimestamp: func(v any) string { return fmt.Sprint(v) }, FormatLevel: func(v any) string { return fmt.Sprint(v) }}
	}
	return out
}

func level(l logger.Level) zerolog.Level {
	// zerolog numbers the same names one higher.
	return zerolog.Level(max(logger.TraceLevel, min(logger.FatalLevel, l)) + 1)
}
