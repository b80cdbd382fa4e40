package log

import "time"

// Options configure a log.
type Options struct {
	// Name is the log's name.
	Name string
	// Size is how many records are kept.
	Size int
	// Format renders records.
	Format FormatFunc
}

// Option sets a field of Options.
type Option func(*Options)

// DefaultOptions returns the options used where nothing is said.
func DefaultOptions() Options { return Options{Size: DefaultSize, Format: DefaultFormat} }

// Name sets the log's name.
func Name(n string) Option { return func(o *Options) { o.Name = n } }

// Size sets how many records are kept.
func Size(s int) Option { return func(o *Options) { o.Size = s } }

// Format sets how records are rendered.
func Format(f FormatFunc) Option { return func(o *Options) { o.Format = f } }

// ReadOptions narrow a reading.
type ReadOptions struct {
	// Since leaves out older records.
	Since time.Time
	// Count, if over zero, asks for the last Count records.
	Count int
	// Stream asks for records still to come too.
	Stream bool
}

// ReadOption sets a field of ReadOptions.
type ReadOption func(*ReadOptions)

// Since leaves out records older than s.
func Since(s time.Time) ReadOption { return func(o *ReadOptions) { o.Since = s } }

// Count asks for the last c records.
func Count(c int) ReadOption { return func(o *ReadOptions) { o.Count = c } }
