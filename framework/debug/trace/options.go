package trace

// DefaultSize is how many spans a tracer keeps.
const DefaultSize = 256

// Options configure a tracer.
type Options struct {
	// Size is how many spans are kept.
	Size int
}

// Option sets a field of Options.
type Option func(o *Options)

// DefaultOptions returns the options used where nothing is said.
func DefaultOptions() Options { return Options{Size: DefaultSize} }

// ReadOptions narrow a reading.
type ReadOptions struct {
	// Trace, if not empty, asks for that trace only.
	Trace string
}

// ReadOption sets a field of ReadOptions.
type ReadOption func(o *ReadOptions)

// ReadTrace asks for one trace.
func ReadTrace(t string) ReadOption { return func(o *ReadOptions) { o.Trace = t } }
