package server

import (
	"context"
	"fmt"
	"go/token"
	"maps"
	"reflect"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/microtop/microtop/framework/registry"
)

// HandlerOptions describe a handler.
type HandlerOptions struct {
	// Internal handlers are served but not registered, and wrappers do not run around them.
	Internal bool
	// Metadata is added to endpoints, by their name ("Greeter.Hello").
	Metadata map[string]map[string]string
	// Descriptor is the protobuf service behind the handler, if there is one; it gives streams a schema.
	Descriptor protoreflect.ServiceDescriptor
}

// HandlerOption sets a field of HandlerOptions.
type HandlerOption func(*HandlerOptions)

// InternalHandler keeps a handler out of the registry and out of the wrappers.
func InternalHandler(b bool) HandlerOption { return func(o *HandlerOptions) { o.Internal = b } }

// EndpointMetadata adds metadata to one endpoint, named "Handler.Method".
func EndpointMetadata(name string, md map[string]string) HandlerOption {
	return func(o *HandlerOptions) {
		if o.Metadata == nil {
			o.Metadata = map[string]map[string]string{}
		}
		o.Metadata[name] = md
	}
}

// HandlerDescriptor names the protobuf service behind a handler, so that its streams have schemas too.
func HandlerDescriptor(sd protoreflect.ServiceDescriptor) HandlerOption {
	return func(o *HandlerOptions) { o.Descriptor = sd }
}

type handler struct {
	name      string
	value     any
	endpoints []*registry.Endpoint
	opts      HandlerOptions
}

var _ Handler = (*handler)(nil)

func newHandler(value any, opts ...HandlerOption) Handler {
	h := &handler{value: value, opts: HandlerOptions{Metadata: map[string]map[string]string{}}}
	for _, set := range opts {
		set(&h.opts)
	}
	if value == nil {
		return h
	}
	h.name = reflect.Indirect(reflect.ValueOf(value)).Type().Name()
	methods, _ := methodsOf(value) // Handle reports what is wrong
	for _, m := range methods {
		e := m.endpoint(h.name)
		maps.Copy(e.Metadata, h.opts.Metadata[e.Name])
		h.endpoints = append(h.endpoints, e)
	}
	return h
}

// Name implements Handler.
func (h *handler) Name() string { return h.name }

// Handler implements Handler.
func (h *handler) Handler() any { return h.value }

// Endpoints implements Handler.
func (h *handler) Endpoints() []*registry.Endpoint { return h.endpoints }

// Options implements Handler.
func (h *handler) Options() HandlerOptions { return h.opts }

var (
	contextType = reflect.TypeFor[context.Context]()
	errorType   = reflect.TypeFor[error]()
	streamType  = reflect.TypeFor[Stream]()
	ownStream   = reflect.TypeFor[*stream]()
)

// method is one endpoint of a handler. Its first argument is the receiver, its second the context.
type method struct {
	reflect.Method
	receiver reflect.Value
	stream   bool
	// request and response are the argument types of a unary method.
	request, response reflect.Type
}

// methodsOf returns the suitable methods of a handler, in alphabetical order. A handler without any is an error.
func methodsOf(value any) ([]*method, error) {
	if value == nil {
		return nil, fmt.Errorf("handler is nil: give NewHandler a pointer to a struct with methods")
	}
	receiver := reflect.ValueOf(value)
	name := reflect.Indirect(receiver).Type().Name()
	if !token.IsExported(name) {
		return nil, fmt.Errorf("handler type %q is not exported: endpoints are named after it", name)
	}
	var found []*method
	for i := range receiver.Type().NumMethod() {
		if m := newMethod(receiver, receiver.Type().Method(i)); m != nil {
			found = append(found, m)
		}
	}
	if len(found) == 0 {
		return nil, fmt.Errorf("handler %s has no exported method of the form (context, request, *response) error or (context, server.Stream) error", name)
	}
	return found, nil
}

// newMethod returns nil for a method that is no endpoint.
func newMethod(receiver reflect.Value, rm reflect.Method) *method {
	t := rm.Type
	if t.NumIn() < 3 || t.NumIn() > 4 || t.In(1) != contextType || t.NumOut() != 1 || t.Out(0) != errorType {
		return nil
	}
	m := &method{Method: rm, receiver: receiver}
	if t.NumIn() == 3 {
		m.stream = true
		if !t.In(2).Implements(streamType) || !ownStream.AssignableTo(t.In(2)) {
			return nil
		}
		return m
	}
	m.request, m.response = t.In(2), t.In(3)
	if m.response.Kind() != reflect.Pointer || !visible(m.request) || !visible(m.response) {
		return nil
	}
	return m
}

// visible reports whether a caller of another package could have made the type: exported, builtin or unnamed.
func visible(t reflect.Type) bool {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t.PkgPath() == "" || token.IsExported(t.Name())
}

// endpoint describes the method as it is registered (docs/wire.md §6.3).
func (m *method) endpoint(handler string) *registry.Endpoint {
	e := &registry.Endpoint{Name: handler + "." + m.Name, Metadata: map[string]string{}}
	if m.stream {
		e.Metadata["stream"] = "true"
		e.Request, e.Response = valueOf(m.Type.In(1), 0), valueOf(m.Type.In(2), 0)
		return e
	}
	e.Request, e.Response = valueOf(m.request, 0), valueOf(m.response, 0)
	return e
}
