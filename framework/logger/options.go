package logger

import (
	"context"
	"io"
)

// Option sets a field of Options and nothing else.
type Option func(*Options)

// Options configure a logger.
type Options struct {
	// Level is the least severe level written.
	Level Level
	// Fields are added to every line.
	Fields map[string]any
	// Out is where lines go; the default logger's is standard output.
	Out io.Writer
	// CallerSkipCount is the number of stack frames between the caller to be named and the logger.
	CallerSkipCount int
	// Context carries values that an implementation defines; see SetOption.
	Context context.Context
}

// WithFields sets the fields added to every line.
func WithFields(fields map[string]any) Option {
	return func(o *Options) { o.Fields = fields }
}

// WithLevel sets the least severe level written.
func WithLevel(level Level) Option {
	return func(o *Options) { o.Level = level }
}

// WithOutput sets where lines go.
func WithOutput(out io.Writer) Option {
	return func(o *Options) { o.Out = out }
}

// WithCallerSkipCount sets the number of stack frames skipped to find the caller.
func WithCallerSkipCount(c int) Option {
	return func(o *Options) { o.CallerSkipCount = c }
}

// SetOption stores an implementation's own option under a key of that implementation's type.
func SetOption(k, v any) Option {
	return func(o *Options) {
		if o.Context == nil {
			o.Context = context.Background()
		}
		o.Context = context.WithValue(o.Context, k, v)
	}
}
