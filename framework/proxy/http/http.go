// Package http makes an HTTP backend a service: what callers call as Foo.Bar arrives there as POST /foo/bar
// (docs/wire.md §9.9). Start with [NewService].
//
//	service := http.NewService(micro.Name("shop"), http.WithBackend("http://localhost:8080"))
//	if err := service.Run(); err != nil { … }
package http

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync"

	stdhttp "net/http"

	micro "github.com/microtop/microtop/framework"
	errs "github.com/microtop/microtop/framework/errors"
	"github.com/microtop/microtop/framework/server"
)

// DefaultBackend is where requests go unless WithBackend says.
const DefaultBackend = "http://localhost:9090"

// NewService returns a service whose requests go to DefaultBackend, or to what WithBackend or WithRouter say.
func NewService(opts ...micro.Option) micro.Service {
	return micro.NewService(append([]micro.Option{WithBackend(DefaultBackend)}, opts...)...)
}

// WithBackend makes a service forward its requests to the backend at a URL.
func WithBackend(url string) micro.Option { return WithRouter(NewSingleHostRouter(url)) }

// WithRouter makes a service forward its requests by a router, as one with endpoints of its own. If it has a method
// Close() error, the service closes it when it has stopped.
func WithRouter(r server.Router) micro.Option {
	return func(o *micro.Options) {
		micro.AddListenOption(server.WithRouter(r))(o)
		if closer, ok := r.(interface{ Close() error }); ok {
			micro.AfterStop(closer.Close)(o)
		}
	}
}

// Router forwards requests to an HTTP backend. Safe for concurrent use.
type Router struct {
	backend string

	mu        sync.Mutex
	endpoints map[string]string
	conns     *stdhttp.Transport // nil until used
}

var _ server.Router = (*Router)(nil)

// NewSingleHostRouter returns a router to the backend at a URL; its path, if it has one, comes before every endpoint's.
func NewSingleHostRouter(url string) *Router {
	return &Router{backend: url, endpoints: map[string]string{}}
}

// RegisterEndpoint maps an endpoint ("Foo.Bar") to a path of the backend, or to another URL.
func (r *Router) RegisterEndpoint(rpc, http string) *Router {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.endpoints[rpc] = http
	return r
}

// Resolve returns the path of an endpoint that is not mapped: Foo.Bar is /foo/bar.
func Resolve(endpoint string) string {
	return "/" + strings.ReplaceAll(strings.ToLower(strings.TrimLeft(endpoint, "/")), ".", "/")
}

// target is where the requests of an endpoint go.
func (r *Router) target(endpoint string) (*url.URL, error) {
	r.mu.Lock()
	mapped, ok := r.endpoints[endpoint]
	r.mu.Unlock()
	if ok && strings.Contains(mapped, "://") {
		return parse(mapped)
	}
	base, err := parse(r.backend)
	if err != nil {
		return nil, err
	}
	if !ok {
		return &url.URL{Scheme: base.Scheme, Host: base.Host, User: base.User, Path: strings.TrimRight(base.Path, "/") + Resolve(endpoint)}, nil
	}
	path, err := url.ParseRequestURI("/" + strings.TrimLeft(mapped, "/"))
	if err != nil {
		return nil, fmt.Errorf("endpoint %s is mapped to %q, which is no path: %w", endpoint, mapped, err)
	}
	path.Scheme, path.Host, path.User, path.Path = base.Scheme, base.Host, base.User, strings.TrimRight(base.Path, "/")+path.Path
	return path, nil
}

// parse reads the URL of a backend, also one without the slashes before its host.
func parse(text string) (*url.URL, error) {
	for _, scheme := range []string{"http:", "https:"} {
		if rest, ok := strings.CutPrefix(text, scheme); ok && !strings.HasPrefix(rest, "/") {
			text = scheme + "//" + rest
		}
	}
	u, err := url.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("backend %q: %w", text, err)
	}
	if u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, fmt.Errorf("backend %q is no URL of HTTP: use one like %s", text, DefaultBackend)
	}
	return u, nil
}

// ProcessMessage implements server.Router: a backend takes requests only.
func (r *Router) ProcessMessage(_ context.Context, m server.Message) error {
	return fmt.Errorf("http proxy: message of topic %s: a backend takes requests only", m.Topic())
}

// ServeRequest implements server.Router. A status that is not 2xx is an error with that code. Streams are refused.
func (r *Router) ServeRequest(ctx context.Context, req server.Request, rsp server.Response) error {
	if req.Stream() {
		return errs.New(req.Service(), "the http proxy forwards requests, not streams", stdhttp.StatusNotImplemented)
	}
	body, err := req.Read()
	if err != nil {
		return errs.BadRequest(req.Service(), "%v", err)
	}
	to, err := r.target(req.Endpoint())
	if err != nil {
		return errs.InternalServerError(req.Service(), "%v", err)
	}
	answer, err := r.post(ctx, to, req, body)
	if err != nil {
		return failed(ctx, req.Service(), err)
	}
	if answer.code/100 != 2 {
		return answer.refusal(req.Service())
	}
	rsp.WriteHeader(answer.header)
	return rsp.Write(answer.body)
}

// failed is the error of a request that the backend did not answer.
func failed(ctx context.Context, service string, err error) error {
	if ctx.Err() != nil {
		return errs.Timeout(service, "backend: %v", err)
	}
	var large *tooLarge
	if errors.As(err, &large) {
		return errs.InternalServerError(service, "%v", err)
	}
	return errs.New(service, "backend: "+err.Error(), stdhttp.StatusBadGateway)
}

// Close closes the idle connections to the backend; they open again when used.
func (r *Router) Close() error {
	r.mu.Lock()
	old := r.conns
	r.conns = nil
	r.mu.Unlock()
	if old != nil {
		old.CloseIdleConnections()
	}
	return nil
}
