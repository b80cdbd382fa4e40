package runtime

import (
	"context"
	"io"
	"time"

	"github.com/microtop/microtop/framework/logger"
)

// Options configure a runtime.
type Options struct {
	Logger logger.Logger
	// StopTimeout is how long a service may take to end after SIGTERM before it is killed. Default 12 s.
	StopTimeout time.Duration
}

// CreateOptions configure one service.
type CreateOptions struct {
	// Command is the program and its first arguments; Args follow.
	Command []string
	Args    []string
	// Env is added to this process's environment.
	Env []string
	// Output receives what the service prints, beside the kept log.
	Output io.Writer
	// Type is the caller's own label.
	Type string
	// Retries is how often a service that failed is started again; negative means always. Default 3.
	Retries int
	// RestartDelay is the pause before a restart; zero means exponential backoff from 100 ms to 30 s.
	RestartDelay time.Duration
	Context      context.Context
}

// ReadOptions narrow a reading; empty fields match everything.
type ReadOptions struct {
	Service, Version, Type string
	Context                context.Context
}

// UpdateOptions configure a restart.
type UpdateOptions struct{ Context context.Context }

// DeleteOptions configure a stop.
type DeleteOptions struct{ Context context.Context }

// LogsOptions configure a log stream.
type LogsOptions struct {
	// Count asks for the last Count lines; 0 means all that are kept.
	Count int64
	// Stream asks for lines still to come too.
	Stream  bool
	Context context.Context
}

type (
	// Option sets a field of Options.
	Option func(o *Options)
	// CreateOption sets a field of CreateOptions.
	CreateOption func(o *CreateOptions)
	// ReadOption sets a field of ReadOptions.
	ReadOption func(o *ReadOptions)
	// UpdateOption sets a field of UpdateOptions.
	UpdateOption func(o *UpdateOptions)
	// DeleteOption sets a field of DeleteOptions.
	DeleteOption func(o *DeleteOptions)
	// LogsOption sets a field of LogsOptions.
	LogsOption func(o *LogsOptions)
)

// NewOptions returns the options that opts set.
func NewOptions(opts ...Option) *Options {
	o := &Options{StopTimeout: 12 * time.Second}
	for _, set := range opts {
		set(o)
	}
	return o
}

// WithLogger sets where the runtime logs.
func WithLogger(l logger.Logger) Option { return func(o *Options) { o.Logger = l } }

// WithStopTimeout sets how long a service may take to end after SIGTERM.
func WithStopTimeout(d time.Duration) Option { return func(o *Options) { o.StopTimeout = d } }

// WithCommand sets the program and its first arguments.
func WithCommand(cmd ...string) CreateOption { return func(o *CreateOptions) { o.Command = cmd } }

// WithArgs sets the arguments that follow the command's.
func WithArgs(args ...string) CreateOption { return func(o *CreateOptions) { o.Args = args } }

// WithEnv adds NAME=value pairs to the service's environment.
func WithEnv(env []string) CreateOption { return func(o *CreateOptions) { o.Env = env } }

// WithOutput sets what receives the service's output.
func WithOutput(out io.Writer) CreateOption { return func(o *CreateOptions) { o.Output = out } }

// WithRetries sets how often a failed service is started again; negative means always.
func WithRetries(retries int) CreateOption { return func(o *CreateOptions) { o.Retries = retries } }

// WithRestartDelay sets a fixed pause before each restart.
func WithRestartDelay(d time.Duration) CreateOption {
	return func(o *CreateOptions) { o.RestartDelay = d }
}

// CreateType labels the service.
func CreateType(t string) CreateOption { return func(o *CreateOptions) { o.Type = t } }

// CreateContext bounds the creation by a context.
func CreateContext(ctx context.Context) CreateOption {
	return func(o *CreateOptions) { o.Context = ctx }
}

// ReadService asks for services of that name.
func ReadService(service string) ReadOption { return func(o *ReadOptions) { o.Service = service } }

// ReadVersion asks for services of that version.
func ReadVersion(version string) ReadOption { return func(o *ReadOptions) { o.Version = version } }

// ReadType asks for services with that label.
func ReadType(t string) ReadOption { return func(o *ReadOptions) { o.Type = t } }

// ReadContext bounds the reading by a context.
func ReadContext(ctx context.Context) ReadOption { return func(o *ReadOptions) { o.Context = ctx } }

// UpdateContext bounds the restart by a context.
func UpdateContext(ctx context.Context) UpdateOption {
	return func(o *UpdateOptions) { o.Context = ctx }
}

// DeleteContext bounds the stop by a context.
func DeleteContext(ctx context.Context) DeleteOption {
	return func(o *DeleteOptions) { o.Context = ctx }
}

// LogsCount asks for the last count lines.
func LogsCount(count int64) LogsOption { return func(o *LogsOptions) { o.Count = count } }

// LogsStream asks for lines still to come too.
func LogsStream(stream bool) LogsOption { return func(o *LogsOptions) { o.Stream = stream } }

// LogsContext ends the stream when ctx ends.
func LogsContext(ctx context.Context) LogsOption { return func(o *LogsOptions) { o.Context = ctx } }
