package runtime

import (
	"context"
	"io"
	"time"

	"github.com/microtop/microtop/framework/client"
	"github.com/microtop/microtop/framework/logger"
)

// Options configure a runtime. Type, Image and Source are for services that say nothing else.
type Options struct {
	// Logger is where the runtime logs; nil means logger.DefaultLogger.
	Logger logger.Logger
	// Scheduler, if set, is followed from Start to Stop.
	Scheduler Scheduler
	// Type is the label of services.
	Type string
	// Source is the working folder of services; empty means this process's own.
	Source string
	// Image is the name of the image that services run. The local runtime runs commands, not images: it only keeps
	// the name with the service.
	Image string
	// Client is for runtimes that reach what manages their services by calls. The local runtime makes none.
	Client client.Client
	// StopTimeout is how long a service may take to end after SIGTERM before it is killed. Default 12 s.
	StopTimeout time.Duration
}

// CreateOptions configure one service.
type CreateOptions struct {
	// Command is the program and its first arguments; Args follow. Without one the service's source is built and run.
	Command []string
	Args    []string
	// Env is added to this process's environment.
	Env []string
	// Output receives what the service prints, beside the kept log.
	Output io.Writer
	// Namespace keeps services apart: those of one namespace are not seen from another, and may have the same names.
	// Empty means "default".
	Namespace string
	// Type is the caller's own label; empty means the runtime's.
	Type string
	// Image is the name of the image that the service runs; empty means the runtime's. The local runtime only keeps
	// it with the service.
	Image string
	// Retries is how often a service that failed is started again, counted anew after a minute of
	// running; negative means always. Default 3.
	Retries int
	// RestartDelay is the pause before a restart; zero means exponential backoff from 100 ms to 30 s.
	RestartDelay time.Duration
	// Context bounds the creation: nothing is created once it has ended.
	Context context.Context
}

// ReadOptions narrow a reading; empty fields match everything.
type ReadOptions struct {
	Service, Version, Type string
	// Namespace is the one that is read; empty means "default".
	Namespace string
	// Context bounds the reading.
	Context context.Context
}

// UpdateOptions configure a restart.
type UpdateOptions struct {
	// Namespace is the service's; empty means "default".
	Namespace string
	// Context bounds the wait for the service's end: once it has ended, the service is killed and started again.
	Context context.Context
}

// DeleteOptions configure a stop.
type DeleteOptions struct {
	// Namespace is the service's; empty means "default".
	Namespace string
	// Context bounds the wait for the service's end: once it has ended, the service is killed.
	Context context.Context
}

// LogsOptions configure a log stream.
type LogsOptions struct {
	// Count asks for the last Count lines; 0 means all that are kept.
	Count int64
	// Stream asks for lines still to come too.
	Stream bool
	// Namespace is the service's; empty means "default".
	Namespace string
	// Context ends the stream.
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

// WithScheduler sets what the runtime follows from Start to Stop: it creates, deletes and updates what the scheduler's
// events ask for, and logs what fails.
func WithScheduler(s Scheduler) Option { return func(o *Options) { o.Scheduler = s } }

// WithType sets the label of services that have none of their own.
func WithType(t string) Option { return func(o *Options) { o.Type = t } }

// WithSource sets the working folder of services whose Source is empty.
func WithSource(src string) Option { return func(o *Options) { o.Source = src } }

// WithImage sets the image name kept with services that have none of their own; the local runtime runs no images.
func WithImage(t string) Option { return func(o *Options) { o.Image = t } }

// WithClient sets the client of runtimes that manage services by calls; the local runtime makes none.
func WithClient(c client.Client) Option { return func(o *Options) { o.Client = c } }

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

// CreateNamespace sets the namespace that the service is created in.
func CreateNamespace(ns string) CreateOption { return func(o *CreateOptions) { o.Namespace = ns } }

// CreateImage sets the image name kept with the service; the local runtime runs no images.
func CreateImage(img string) CreateOption { return func(o *CreateOptions) { o.Image = img } }

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

// ReadNamespace asks for services of that namespace.
func ReadNamespace(ns string) ReadOption { return func(o *ReadOptions) { o.Namespace = ns } }

// ReadContext bounds the reading by a context.
func ReadContext(ctx context.Context) ReadOption { return func(o *ReadOptions) { o.Context = ctx } }

// UpdateNamespace sets the namespace of the service to restart.
func UpdateNamespace(ns string) UpdateOption { return func(o *UpdateOptions) { o.Namespace = ns } }

// UpdateContext bounds the wait for the service's end by a context.
func UpdateContext(ctx context.Context) UpdateOption {
	return func(o *UpdateOptions) { o.Context = ctx }
}

// DeleteNamespace sets the namespace of the service to delete.
func DeleteNamespace(ns string) DeleteOption { return func(o *DeleteOptions) { o.Namespace = ns } }

// DeleteContext bounds the wait for the service's end by a context.
func DeleteContext(ctx context.Context) DeleteOption {
	return func(o *DeleteOptions) { o.Context = ctx }
}

// LogsCount asks for the last count lines.
func LogsCount(count int64) LogsOption { return func(o *LogsOptions) { o.Count = count } }

// LogsStream asks for lines still to come too.
func LogsStream(stream bool) LogsOption { return func(o *LogsOptions) { o.Stream = stream } }

// LogsNamespace sets the namespace of the service whose lines are read.
func LogsNamespace(ns string) LogsOption { return func(o *LogsOptions) { o.Namespace = ns } }

// LogsContext ends the stream when ctx ends.
func LogsContext(ctx context.Context) LogsOption { return func(o *LogsOptions) { o.Context = ctx } }
