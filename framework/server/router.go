package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	errs "github.com/microtop/microtop/framework/errors"
	"github.com/microtop/microtop/framework/internal/mucp"
	"github.com/microtop/microtop/framework/logger"
)

// RouterOptions configure a router.
type RouterOptions struct{ Logger logger.Logger }

// RouterOption sets a field of RouterOptions.
type RouterOption func(*RouterOptions)

// WithRouterLogger sets where a router logs.
func WithRouterLogger(l logger.Logger) RouterOption { return func(o *RouterOptions) { o.Logger = l } }

// NewRouter returns a router by reflection without handlers. It has, beside Router's methods,
// Handle(Handler) error and Subscribe(Subscriber) error.
func NewRouter() Router { return newRouter(logger.Slog(nil)) }

// router finds the methods of handlers and subscribers. Reading it takes no lock.
type router struct {
	mu     sync.Mutex // guards changing routes
	routes atomic.Pointer[routes]

	// methods finds the methods of a handler; Maker drivers have none.
	methods func(handler any) ([]*method, error)
}

var _ Router = (*router)(nil)

// routes is immutable once stored in a router.
type routes struct {
	log           *slog.Logger
	handlers      []Handler    // sorted by name
	subscribers   []Subscriber // in the order in which they came
	methods       map[string]map[string]*route
	topics        map[string][]*delivery
	wrapHandler   []HandlerWrapper
	wrapListeners []SubscriberWrapper
}

// route is a method with its wrappers around it.
type route struct {
	*method
	name     string
	internal bool
	serve    HandlerFunc
	usual    atomic.Int64 // how long it takes, in nanoseconds; zero is unknown
}

// took notes how long a request took. An outlier counts for little: it tells of a busy host more often than of the
// handler. Of two requests at the same time one may be forgotten.
func (r *route) took(d time.Duration) {
	was, now := r.usual.Load(), max(int64(d), 1)
	if was > 0 {
		now = max(was+(min(now, was+int64(quick))-was)/8, 1)
	}
	r.usual.Store(now)
}

// slow notes that a request held its connection's reader for too long.
func (r *route) slow() { r.usual.Store(max(r.usual.Load(), int64(watchPeriod))) }

// delivery is a subscriber's function with its wrappers around it.
type delivery struct {
	*listener
	owner   Subscriber
	deliver SubscriberFunc
}

func newRouter(log *slog.Logger) *router {
	r := &router{methods: methodsOf}
	r.routes.Store(&routes{log: log})
	return r
}

// Handle adds a handler. An internal one may have the name of one that is not: it then serves what the other has no
// method for.
func (r *router) Handle(h Handler) error {
	if h == nil {
		return errors.New("handle: handler is nil")
	}
	if _, err := r.methods(h.Handler()); err != nil {
		return fmt.Errorf("handle: %w", err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	old := r.routes.Load()
	at, _ := slices.BinarySearchFunc(old.handlers, h, func(a, b Handler) int { return strings.Compare(a.Name(), b.Name()) })
	for _, other := range old.handlers {
		if other.Name() == h.Name() && other.Options().Internal == h.Options().Internal {
			return fmt.Errorf("handle: handler %s is already there", h.Name())
		}
	}
	next := *old
	next.handlers = slices.Insert(slices.Clone(old.handlers), at, h)
	return r.store(&next)
}

// Subscribe adds a subscriber.
func (r *router) Subscribe(s Subscriber) error {
	if s == nil {
		return errors.New("subscribe: subscriber is nil")
	}
	if s.Topic() == "" {
		return errors.New("subscribe: the topic is empty")
	}
	if _, err := listenersOf(s.Subscriber()); err != nil {
		return fmt.Errorf("subscribe to %s: %w", s.Topic(), err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	next := *r.routes.Load()
	next.subscribers = append(slices.Clone(next.subscribers), s)
	return r.store(&next)
}

// configure takes over a server's wrappers and logger.
func (r *router) configure(o Options) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	next := *r.routes.Load()
	next.wrapHandler, next.wrapListeners, next.log = o.HdlrWrappers, o.SubWrappers, logger.Slog(o.Logger)
	return r.store(&next)
}

// store builds the tables and puts them in force. r.mu is held.
func (r *router) store(next *routes) error {
	next.methods = make(map[string]map[string]*route, len(next.handlers))
	for _, h := range next.handlers {
		methods, err := r.methods(h.Handler())
		if err != nil {
			return err
		}
		byName := next.methods[h.Name()]
		if byName == nil {
			byName = make(map[string]*route, len(methods))
		}
		for _, m := range methods {
			if byName[m.Name] != nil && h.Options().Internal {
				continue // the program's own
			}
			serve := HandlerFunc(m.serve)
			if !h.Options().Internal {
				serve = wrapped(serve, next.wrapHandler)
			}
			byName[m.Name] = &route{method: m, name: h.Name() + "." + m.Name, internal: h.Options().Internal, serve: serve}
		}
		next.methods[h.Name()] = byName
	}
	next.topics = make(map[string][]*delivery, len(next.subscribers))
	for _, s := range next.subscribers {
		listeners, err := listenersOf(s.Subscriber())
		if err != nil {
			return err
		}
		for _, l := range listeners {
			deliver := wrapped(SubscriberFunc(l.deliver), next.wrapListeners)
			next.topics[s.Topic()] = append(next.topics[s.Topic()], &delivery{listener: l, owner: s, deliver: deliver})
		}
	}
	r.routes.Store(next)
	return nil
}

// wrapped puts wrappers around fn, the first outermost.
func wrapped[F any, W ~func(F) F](fn F, wrappers []W) F {
	for _, w := range slices.Backward(wrappers) {
		fn = w(fn)
	}
	return fn
}

// find returns the route of an endpoint. Its errors are v4's texts (docs/wire.md §3.4).
func (r *router) find(endpoint string) (*route, error) {
	name, methodName, ok := strings.Cut(endpoint, ".")
	if !ok || strings.Contains(methodName, ".") {
		return nil, errors.New("rpc: service/endpoint request ill-formed: " + endpoint)
	}
	methods := r.routes.Load().methods[name]
	if methods == nil {
		return nil, errors.New("rpc: can't find service " + name)
	}
	found := methods[methodName]
	if found == nil {
		return nil, errors.New("rpc: can't find method " + methodName)
	}
	return found, nil
}

// ServeRequest implements Router.
func (r *router) ServeRequest(ctx context.Context, req Request, rsp Response) error {
	found, err := r.find(req.Endpoint())
	if err != nil {
		return err
	}
	if found.stream {
		stream, ok := rsp.(Stream)
		if !ok {
			return fmt.Errorf("endpoint %s is a stream: the response to serve it with has to be a Stream too", req.Endpoint())
		}
		return r.guard(ctx, found.name, func() error { return found.serve(ctx, req, stream) })
	}
	target := found.newRequest()
	if err := req.Codec().ReadBody(target); err != nil {
		return err
	}
	reply := found.newResponse()
	if err := r.guard(ctx, found.name, func() error { return found.serve(ctx, decoded{req, found.argument(target)}, reply) }); err != nil {
		return err
	}
	return rsp.Codec().Write(nil, reply)
}

// guard runs fn and turns a panic into an error; the stack goes to the log, not to the caller.
func (r *router) guard(ctx context.Context, name string, fn func() error) (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			r.routes.Load().log.ErrorContext(ctx, "handler panicked", "endpoint", name, "panic", fmt.Sprint(cause), "stack", string(debug.Stack()))
			err = errs.InternalServerError(mucp.ServerID, "panic recovered: %v", cause)
		}
	}()
	return fn()
}

// decoded is a request with its body decoded.
type decoded struct {
	Request
	body any
}

// Body implements Request.
func (d decoded) Body() any { return d.body }

// newRequest returns a value to decode a request into.
func (m *method) newRequest() any {
	if m.request.Kind() == reflect.Pointer {
		return reflect.New(m.request.Elem()).Interface()
	}
	return reflect.New(m.request).Interface()
}

// argument returns what the handler is given of what newRequest returned.
func (m *method) argument(target any) any {
	if m.request.Kind() == reflect.Pointer {
		return target
	}
	return reflect.ValueOf(target).Elem().Interface()
}

// newResponse returns an empty reply. Maps and slices behind the pointer are made, so that handlers can fill them.
func (m *method) newResponse() any {
	v := reflect.New(m.response.Elem())
	switch v.Elem().Kind() {
	case reflect.Map:
		v.Elem().Set(reflect.MakeMap(v.Elem().Type()))
	case reflect.Slice:
		v.Elem().Set(reflect.MakeSlice(v.Elem().Type(), 0, 0))
	default: // zero is what a handler expects
	}
	return v.Interface()
}

// arguments are the values of one call of a method. They are used again.
type arguments struct {
	ctx  context.Context //nolint:containedctx // reflection needs its address
	list [4]reflect.Value
}

var spareArguments = sync.Pool{New: func() any {
	a := new(arguments)
	a.list[1] = reflect.ValueOf(&a.ctx).Elem()
	return a
}}

// serve is the innermost HandlerFunc.
func (m *method) serve(ctx context.Context, req Request, rsp any) error {
	a := spareArguments.Get().(*arguments) //nolint:forcetypeassert // the pool holds nothing else
	a.ctx, a.list[0] = ctx, m.receiver
	n := 4
	if m.stream {
		a.list[2], n = reflect.ValueOf(rsp), 3
	} else {
		a.list[2], a.list[3] = reflect.ValueOf(req.Body()), reflect.ValueOf(rsp)
	}
	results := m.Func.Call(a.list[:n])
	a.ctx, a.list[2], a.list[3] = nil, reflect.Value{}, reflect.Value{}
	spareArguments.Put(a)
	err, _ := results[0].Interface().(error)
	return err
}
