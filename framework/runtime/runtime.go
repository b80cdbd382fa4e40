// Package runtime starts services, keeps them running and stops them.
//
// The local runtime ([NewRuntime]) runs each service as a process of this host, in a process group of its own.
// A [Scheduler] can say what it is to run. Start with [Runtime].
package runtime

import "errors"

var (
	// DefaultName names a runtime's own logs.
	DefaultName = "go.micro.runtime"
	// ErrAlreadyExists says that a service of that name and version is managed already.
	ErrAlreadyExists = errors.New("already exists")
	// ErrNotFound says that no service of that name and version is managed.
	ErrNotFound = errors.New("service not found")
)

// Runtime manages services. Implementations are safe for concurrent use.
type Runtime interface {
	// Init applies options.
	Init(...Option) error
	// Create adds a service, and starts it if the runtime is started.
	Create(*Service, ...CreateOption) error
	// Read returns the managed services of a namespace with their state in Metadata: namespace, type, image, status,
	// pid, restarts, since, error. The status is running, stopped or error, or a word of the implementation's.
	Read(...ReadOption) ([]*Service, error)
	// Update restarts a service, if the runtime is started; one that has a source is built anew.
	Update(*Service, ...UpdateOption) error
	// Delete stops a service and forgets it.
	Delete(*Service, ...DeleteOption) error
	// Logs returns what the service printed, and what it goes on to print if asked to.
	Logs(*Service, ...LogsOption) (LogStream, error)
	// Start starts what was created, and follows the scheduler.
	Start() error
	// Stop closes the scheduler, stops every service and waits for their ends.
	Stop() error
	// String names the implementation.
	String() string
}

// Service is what a runtime manages. Within a namespace, Name and Version together tell one from another.
type Service struct {
	Name    string
	Version string
	// Source is where the code is: for the local runtime, the folder that the command runs in, or what is built if there
	// is no command. Empty means the runtime's.
	Source   string
	Metadata map[string]string
}

// LogRecord is one printed line.
type LogRecord struct {
	Message  string
	Metadata map[string]string
}

// LogStream delivers printed lines until stopped, or until all were delivered.
type LogStream interface {
	// Error is why the stream ended, if not in good order.
	Error() error
	Chan() chan LogRecord
	Stop() error
}
