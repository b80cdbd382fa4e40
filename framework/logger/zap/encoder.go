package zap

import (
	"fmt"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"github.com/microtop/microtop/framework/logger"
)

func newEncoder(config zap.Config, o logger.Options) (zapcore.Encoder, error) {
	form := config.EncoderConfig
	if own, ok := o.Context.Value(encoderKey{}).(zapcore.EncoderConfig); ok {
		form = own
	}
	form.EncodeLevel = names(form.EncodeLevel)
	switch config.Encoding {
	case "json", "":
		return zapcore.NewJSONEncoder(form), nil
	case "console":
		return zapcore.NewConsoleEncoder(form), nil
	default:
		return nil, fmt.Errorf("unknown encoding %q: use json or console", config.Encoding)
	}
}

// names writes trace, which zap does not know, by its name, and the other levels as next does.
func names(next zapcore.LevelEncoder) zapcore.LevelEncoder {
	if next == nil {
		next = zapcore.LowercaseLevelEncoder
	}
	return func(l zapcore.Level, out zapcore.PrimitiveArrayEncoder) {
		if l < zapcore.DebugLevel {
			out.AppendString(logger.TraceLevel.String())
			return
		}
		next(l, out)
	}
}
