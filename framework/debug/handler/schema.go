package handler

import (
	"context"
	"reflect"
	"regexp"
	"runtime"
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"

	pb "github.com/microtop/microtop/framework/debug/proto"
	"github.com/microtop/microtop/framework/debug/schema"
	"github.com/microtop/microtop/framework/server"
)

// Schema answers with every endpoint of the server, internal ones left out, and the types that they reach.
func (d *Debug) Schema(_ context.Context, _ *pb.SchemaRequest, rsp *pb.SchemaResponse) error {
	lister, ok := d.opts.Server.(server.Lister)
	if !ok {
		return nil // a server that cannot list its handlers has no schema to tell
	}
	var endpoints []schema.Endpoint
	for _, h := range lister.Handlers() {
		if !h.Options().Internal {
			endpoints = append(endpoints, methods(h)...)
		}
	}
	for _, s := range lister.Subscribers() {
		if !s.Options().Internal {
			endpoints = append(endpoints, subscriptions(s)...)
		}
	}
	out := schema.Describe(endpoints)
	rsp.Endpoints, rsp.Types, rsp.Descriptors = out.GetEndpoints(), out.GetTypes(), out.GetDescriptors()
	return nil
}

// methods describes a handler by the endpoints that the server found in it.
func methods(h server.Handler) []schema.Endpoint {
	typ := reflect.TypeOf(h.Handler())
	out := make([]schema.Endpoint, 0, len(h.Endpoints()))
	for _, e := range h.Endpoints() {
		name := e.Name[len(h.Name())+1:]
		m, ok := typ.MethodByName(name)
		if !ok {
			continue
		}
		described := schema.Endpoint{Name: e.Name, Metadata: e.Metadata, Stream: m.Type.NumIn() == 3}
		if sd := h.Options().Descriptor; sd != nil {
			described.Method = sd.Methods().ByName(protoreflect.Name(name))
		}
		if !described.Stream {
			described.Request, described.Response = m.Type.In(2), m.Type.In(3)
		}
		out = append(out, described)
	}
	return out
}

func subscriptions(s server.Subscriber) []schema.Endpoint {
	typ := reflect.TypeOf(s.Subscriber())
	if typ.Kind() == reflect.Func {
		return []schema.Endpoint{subscription(functionName(s.Subscriber()), s.Topic(), typ)}
	}
	var out []schema.Endpoint
	for i := range typ.NumMethod() {
		m := typ.Method(i)
		out = append(out, subscription(reflect.Indirect(reflect.ValueOf(s.Subscriber())).Type().Name()+"."+m.Name, s.Topic(), m.Type))
	}
	return out
}

// unnamed is what the registry calls every function that subscribes.
const unnamed = "Func"

// functionName is a function as its source names it: "Place" or, for a method, "orders.place". One without a name is
// called as in the registry.
func functionName(f any) string {
	code := runtime.FuncForPC(reflect.ValueOf(f).Pointer())
	if code == nil {
		return unnamed
	}
	name := code.Name() // as in example.org/shop.(*orders).place-fm
	_, name, _ = strings.Cut(name[strings.LastIndexByte(name, '/')+1:], ".")
	name = strings.NewReplacer("(*", "", ")", "").Replace(strings.TrimSuffix(name, "-fm"))
	if name == "" || strings.ContainsAny(name, "[") || closure.MatchString(name) {
		return unnamed
	}
	return name
}

// closure matches the names that the compiler makes up.
var closure = regexp.MustCompile(`(^|\.)(func)?[0-9]+(\.|$)|^glob\.`)

// subscription describes a subscriber's function: the event is its last argument.
func subscription(name, topic string, fn reflect.Type) schema.Endpoint {
	return schema.Endpoint{Name: name, Subscriber: true, Topic: topic, Request: fn.In(fn.NumIn() - 1)}
}
