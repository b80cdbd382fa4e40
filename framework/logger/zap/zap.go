// Package zap is a logger that writes through go.uber.org/zap.
//
// Start with [NewLogger].
package zap

import (
	"maps"
	"slices"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"github.com/microtop/microtop/framework/logger"
)

type (
	configKey    struct{}
	encoderKey   struct{}
	namespaceKey struct{}
	optionsKey   struct{}
)

// WithConfig sets zap's configuration; its level counts beside the logger's. Its OutputPaths are not opened: lines go to
// the logger's Out.
func WithConfig(c zap.Config) logger.Option { return logger.SetOption(configKey{}, c) }

// WithEncoderConfig sets how zap writes lines.
func WithEncoderConfig(c zapcore.EncoderConfig) logger.Option {
	return logger.SetOption(encoderKey{}, c)
}

// WithNamespace puts the fields into an object of that name.
func WithNamespace(namespace string) logger.Option {
	return logger.SetOption(namespaceKey{}, namespace)
}

// WithCallerSkip sets the number of frames skipped to find the caller.
func WithCallerSkip(i int) logger.Option { return logger.WithCallerSkipCount(i) }

// WithOptions adds options of zap's own, such as zap.Hooks.
func WithOptions(opts ...zap.Option) logger.Option { return logger.SetOption(optionsKey{}, opts) }

// NewLogger returns a logger whose String is "zap". Without options it writes JSON to standard output. It fails on a
// configuration whose Encoding is neither "json" nor "console".
func NewLogger(opts ...logger.Option) (logger.Logger, error) { return logger.New("zap", open, opts...) }

func open(o logger.Options) (logger.Sink, error) {
	config, own := o.Context.Value(configKey{}).(zap.Config)
	if !own {
		config = zap.NewProductionConfig()
		config.Level = zap.NewAtomicLevelAt(zapcore.Level(logger.TraceLevel))
		config.Sampling = nil
	}
	encoder, err := newEncoder(config, o)
	if err != nil {
		return nil, err
	}
	core := zapcore.NewCore(encoder, zapcore.AddSync(logger.OneLine(o.Out)), config.Level)
	options, _ := o.Context.Value(optionsKey{}).([]zap.Option) // none given means none
	l := zap.New(core, options...)
	namespace, _ := o.Context.Value(namespaceKey{}).(string) // none given means none
	return func(line logger.Line) { write(l, namespace, line) }, nil
}

func write(l *zap.Logger, namespace string, line logger.Line) {
	entry := zapcore.Entry{Level: level(line.Level), Time: line.Time, Message: line.Message}
	// Not l.Check: that would end the process after a fatal line.
	checked := l.Core().Check(entry, nil)
	if checked == nil {
		return
	}
	fields := make([]zap.Field, 0, len(line.Fields)+1)
	if namespace != "" {
		fields = append(fields, zap.Namespace(namespace))
	}
	for _, key := range slices.Sorted(maps.Keys(line.Fields)) {
		fields = append(fields, zap.Any(key, line.Fields[key]))
	}
	checked.Write(fields...)
}

func level(l logger.Level) zapcore.Level {
	if l >= logger.FatalLevel {
		return zapcore.FatalLevel
	}
	return zapcore.Level(l) // zap numbers trace's neighbours as the framework does: debug -1 to error 2
}
