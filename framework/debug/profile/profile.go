// Package profile is the seam for profilers that a service starts and stops with itself.
package profile

// DefaultProfile does nothing; a service without a profiler has it.
var DefaultProfile Profile = noop{}

// Profile is started before the server and stopped after it.
type Profile interface {
	Start() error
	Stop() error
	String() string
}

// Options configure a profiler.
type Options struct {
	// Name tells one service's profiles from another's.
	Name string
}

// Option sets a field of Options.
type Option func(o *Options)

// Name sets the profile's name.
func Name(n string) Option { return func(o *Options) { o.Name = n } }

type noop struct{}

func (noop) Start() error   { return nil }
func (noop) Stop() error    { return nil }
func (noop) String() string { return "noop" }
