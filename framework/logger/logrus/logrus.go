// Package logrus is a logger that writes through github.com/sirupsen/logrus.
//
// Start with [NewLogger]:
//
//	log := logrus.NewLogger(logger.WithOutput(file)).Fields(map[string]any{"service": "greeter"})
//	service := micro.NewService(micro.Logger(log))
package logrus

import (
	"maps"

	"github.com/sirupsen/logrus"

	"github.com/microtop/microtop/framework/logger"
)

type (
	formatterKey struct{}
	hooksKey     struct{}
	callerKey    struct{}
	instanceKey  struct{}
)

// WithTextTextFormatter writes lines in logrus's text form, as the formatter says.
func WithTextTextFormatter(formatter *logrus.TextFormatter) logger.Option {
	return logger.SetOption(formatterKey{}, logrus.Formatter(formatter))
}

// WithJSONFormatter writes lines as JSON objects, as the formatter says.
func WithJSONFormatter(formatter *logrus.JSONFormatter) logger.Option {
	return logger.SetOption(formatterKey{}, logrus.Formatter(formatter))
}

// WithLevelHooks sets the hooks that see each line.
func WithLevelHooks(hooks logrus.LevelHooks) logger.Option {
	return logger.SetOption(hooksKey{}, hooks)
}

// ReportCaller does nothing: each line names its caller, as the field "file".
func ReportCaller() logger.Option { return logger.SetOption(callerKey{}, true) }

// ExitFunc sets what ends the process after a fatal line.
func ExitFunc(exit func(int)) logger.Option { return logger.WithExitFunc(exit) }

// WithLogger writes through a logger of the program's own, which keeps its output, its level, its formatter and its hooks;
// what its formatter leaves in a line is not made harmless.
func WithLogger(l *logrus.Logger) logger.Option { return logger.SetOption(instanceKey{}, l) }

// NewLogger returns a logger whose String is "logrus". Without options it writes logrus's text form to standard output.
func NewLogger(opts ...logger.Option) logger.Logger {
	l, _ := logger.New("logrus", open, opts...) // open never fails
	return l
}

func open(o logger.Options) (logger.Sink, error) {
	l := instance(o)
	return func(line logger.Line) {
		// The level is the entry's only: logrus's own Fatal and Panic would end the process.
		l.WithTime(line.Time).WithFields(logrus.Fields(line.Fields)).Log(level(line.Level), line.Message)
	}, nil
}

func instance(o logger.Options) *logrus.Logger {
	if own, ok := o.Context.Value(instanceKey{}).(*logrus.Logger); ok {
		return own
	}
	l := logrus.New()
	l.SetOutput(logger.OneLine(o.Out))
	l.SetLevel(logrus.TraceLevel)
	l.ExitFunc = func(int) {}
	if formatter, ok := o.Context.Value(formatterKey{}).(logrus.Formatter); ok {
		l.SetFormatter(formatter)
	}
	if hooks, ok := o.Context.Value(hooksKey{}).(logrus.LevelHooks); ok {
		l.ReplaceHooks(maps.Clone(hooks))
	}
	return l
}

func level(l logger.Level) logrus.Level {
	switch {
	case l <= logger.TraceLevel:
		return logrus.TraceLevel
	case l == logger.DebugLevel:
		return logrus.DebugLevel
	case l == logger.InfoLevel:
		return logrus.InfoLevel
	case l == logger.WarnLevel:
		return logrus.WarnLevel
	case l == logger.ErrorLevel:
		return logrus.ErrorLevel
	default:
		return logrus.FatalLevel
	}
}
