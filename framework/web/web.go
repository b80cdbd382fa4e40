// Package web makes any http.Handler a service: it listens, is registered with its endpoints, keeps its registration
// fresh, and finishes what runs before it stops. Start with [NewService].
//
//	service := web.NewService(web.Name("shop.web"))
//	service.HandleFunc("/hello", hello)
//	if err := service.Run(); err != nil { … }
//
// The other way round, a service's [Service].Client calls others by their names: http://shop.web/hello.
package web

import (
	"context"
	"net/http"
	"time"

	"github.com/microtop/microtop/framework/server"
)

// Service is an HTTP server in the registry. Implementations are safe for concurrent use.
type Service interface {
	// Client calls the services of the registry: the host of a URL is a service's name. It is closed with Stop, and opens
	// again when used.
	Client() *http.Client
	// Init applies options; what concerns listening counts from the next Start. The first Init also reads the command line
	// and the MICRO_* variables, which win over all options; a wrong flag ends the process.
	Init(opts ...Option) error
	// Options returns the options in force. While the service runs, Address is where it listens.
	Options() Options
	// Handle serves a pattern of http.ServeMux, and registers it as an endpoint. It panics on a pattern that is wrong or
	// taken, as http.ServeMux does. Beside a Handler given as an option, patterns come first.
	Handle(pattern string, handler http.Handler)
	// HandleFunc is Handle for a function.
	HandleFunc(pattern string, handler func(http.ResponseWriter, *http.Request))
	// Start listens and registers. It returns once the service serves; starting twice is no error.
	Start() error
	// Stop deregisters, finishes the requests that run until the drain deadline, and closes. Stopping twice is no error.
	Stop() error
	// Run starts the service, waits until a signal or its context ends it, and stops it.
	Run() error
}

// Option sets a field of Options.
type Option func(o *Options)

// What a service uses where its options say nothing. To be changed, if at all, before the first service is made.
var (
	// DefaultName is the service's name.
	DefaultName = "go-web"
	// DefaultVersion is the service's version.
	DefaultVersion = "latest"
	// DefaultId is the node's id. Empty means that each service gets an id of its own.
	DefaultId = ""
	// DefaultAddress asks for a free port on every address of the host.
	DefaultAddress = ":0"
	// DefaultStaticDir is where static files are looked for.
	DefaultStaticDir = "html"
	// DefaultRegisterTTL is how long the registration lives without being refreshed.
	DefaultRegisterTTL = 90 * time.Second
	// DefaultRegisterInterval is how often it is refreshed.
	DefaultRegisterInterval = 30 * time.Second
	// DefaultRegisterCheck always passes.
	DefaultRegisterCheck = func(context.Context) error { return nil }
)

// DefaultDrainTimeout is how long Stop waits for what runs.
const DefaultDrainTimeout = server.DefaultDrainTimeout

// NewService returns a service. It opens nothing.
func NewService(opts ...Option) Service { return newService(opts...) }
