package events

import (
	"context"
	"time"

	"github.com/microtop/microtop/framework/limits"
	"github.com/microtop/microtop/framework/logger"
)

// Options configure a stream.
type Options struct {
	Logger logger.Logger
	// Limits bound an event (MessageBytes) and what one topic keeps (PendingMessages, PendingBytes).
	Limits limits.Limits
}

// StoreOptions configure an event store.
type StoreOptions struct {
	// TTL is how long events live that are written without one. Default 24 h; negative is for ever.
	TTL time.Duration
	// Backup is given the records once an hour.
	Backup Backup
	Logger logger.Logger
	// Limits bound an event (MessageBytes) and what one topic keeps (PendingMessages, PendingBytes).
	Limits limits.Limits
}

// PublishOptions configure one publication.
type PublishOptions struct {
	Metadata  map[string]string
	Timestamp time.Time
}

// ConsumeOptions configure one consumer. Use NewConsumeOptions for the defaults.
type ConsumeOptions struct {
	// Group is whose events these are: its consumers share them, and it keeps its place while none is there. A consumer
	// without a group is one of its own.
	Group string
	// AutoAck is whether an event counts as handled when it is taken from the channel. Default true.
	AutoAck bool
	// AckWait is how long Ack may take before the group gets the event again. Default 30 s.
	AckWait time.Duration
	// CustomRetries says that RetryLimit was set.
	CustomRetries bool
	// RetryLimit is how often an event that was not acknowledged is given again, at most.
	RetryLimit int
	// Offset is where a new group begins: with the events since then. The zero time is with what comes from now on.
	Offset time.Time
	// Context ends the consumer.
	Context context.Context
}

// GetRetryLimit is how often an event that was not acknowledged is given again, at most; -1 is without end.
func (o ConsumeOptions) GetRetryLimit() int {
	if !o.CustomRetries {
		return -1
	}
	return o.RetryLimit
}

// ReadOptions configure one read. Defaults: 250 events from the first on.
type ReadOptions struct {
	Limit, Offset uint
}

// WriteOptions configure one write. A TTL of zero is the store's.
type WriteOptions struct {
	TTL time.Duration
}

type (
	// Option sets a field of Options.
	Option func(*Options)
	// StoreOption sets a field of StoreOptions.
	StoreOption func(*StoreOptions)
	// PublishOption sets a field of PublishOptions.
	PublishOption func(*PublishOptions)
	// ConsumeOption sets a field of ConsumeOptions.
	ConsumeOption func(*ConsumeOptions)
	// ReadOption sets a field of ReadOptions.
	ReadOption func(*ReadOptions)
	// WriteOption sets a field of WriteOptions.
	WriteOption func(*WriteOptions)
)

const (
	defaultTTL     = 24 * time.Hour
	defaultAckWait = 30 * time.Second
	defaultRead    = 250
)

// NewOptions returns the options that opts set, with defaults for the rest.
func NewOptions(opts ...Option) *Options {
	o := &Options{Logger: logger.DefaultLogger}
	for _, set := range opts {
		set(o)
	}
	o.Limits = o.Limits.WithDefaults()
	return o
}

// NewStoreOptions returns the options that opts set, with defaults for the rest.
func NewStoreOptions(opts ...StoreOption) StoreOptions {
	o := StoreOptions{TTL: defaultTTL, Logger: logger.DefaultLogger}
	for _, set := range opts {
		set(&o)
	}
	o.Limits = o.Limits.WithDefaults()
	return o
}

// NewConsumeOptions returns the options that opts set, with defaults for the rest.
func NewConsumeOptions(opts ...ConsumeOption) ConsumeOptions {
	o := ConsumeOptions{AutoAck: true, AckWait: defaultAckWait, Context: context.Background()}
	for _, set := range opts {
		set(&o)
	}
	if o.AckWait <= 0 {
		o.AckWait = defaultAckWait
	}
	if o.Context == nil {
		o.Context = context.Background()
	}
	return o
}

// WithLimits sets a stream's bounds.
func WithLimits(l limits.Limits) Option { return func(o *Options) { o.Limits = l } }

// WithLogger sets where an event store logs.
func WithLogger(l logger.Logger) StoreOption { return func(o *StoreOptions) { o.Logger = l } }

// StoreLimits sets an event store's bounds.
func StoreLimits(l limits.Limits) StoreOption { return func(o *StoreOptions) { o.Limits = l } }

// StoreTTL sets how long events live that are written without a TTL.
func StoreTTL(d time.Duration) StoreOption { return func(o *StoreOptions) { o.TTL = d } }

// StoreBackup sets what is given the records once an hour.
func StoreBackup(b Backup) StoreOption { return func(o *StoreOptions) { o.Backup = b } }

// WithMetadata sets an event's metadata.
func WithMetadata(md map[string]string) PublishOption {
	return func(o *PublishOptions) { o.Metadata = md }
}

// WithTimestamp sets when an event happened; without it that is now.
func WithTimestamp(t time.Time) PublishOption { return func(o *PublishOptions) { o.Timestamp = t } }

// WithGroup makes the consumer one of a group.
func WithGroup(g string) ConsumeOption { return func(o *ConsumeOptions) { o.Group = g } }

// WithOffset makes a new group begin with the events since t.
func WithOffset(t time.Time) ConsumeOption { return func(o *ConsumeOptions) { o.Offset = t } }

// WithAutoAck sets whether taking an event from the channel acknowledges it, and if not, how long Ack may take.
func WithAutoAck(ack bool, ackWait time.Duration) ConsumeOption {
	return func(o *ConsumeOptions) { o.AutoAck, o.AckWait = ack, ackWait }
}

// WithRetryLimit sets how often an event that was not acknowledged is given again.
func WithRetryLimit(retries int) ConsumeOption {
	return func(o *ConsumeOptions) { o.CustomRetries, o.RetryLimit = true, retries }
}

// WithContext ends the consumer, and closes its channel, when ctx ends.
func WithContext(ctx context.Context) ConsumeOption {
	return func(o *ConsumeOptions) { o.Context = ctx }
}

// ReadLimit bounds how many events are read.
func ReadLimit(l uint) ReadOption { return func(o *ReadOptions) { o.Limit = l } }

// ReadOffset skips the first events.
func ReadOffset(off uint) ReadOption { return func(o *ReadOptions) { o.Offset = off } }

// WithTTL sets how long the event lives; negative is for ever.
func WithTTL(d time.Duration) WriteOption { return func(o *WriteOptions) { o.TTL = d } }
