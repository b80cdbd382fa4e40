package server

import (
	"context"
	"fmt"
	"maps"
	"reflect"

	"github.com/microtop/microtop/framework/registry"
)

// SubscriberOptions describe a subscriber.
type SubscriberOptions struct {
	// AutoAck confirms each message whose handlers returned nil. Default true.
	AutoAck bool
	// Queue names a group of subscribers that share the topic's messages.
	Queue string
	// Internal subscribers are not registered.
	Internal bool
	// Context is handed to the broker's Subscribe.
	Context context.Context
}

// SubscriberOption sets a field of SubscriberOptions.
type SubscriberOption func(*SubscriberOptions)

// NewSubscriberOptions returns the options that opts set; AutoAck starts as true.
func NewSubscriberOptions(opts ...SubscriberOption) SubscriberOptions {
	o := SubscriberOptions{AutoAck: true, Context: context.Background()}
	for _, set := range opts {
		set(&o)
	}
	return o
}

// DisableAutoAck leaves confirming to the broker's own rules.
func DisableAutoAck() SubscriberOption { return func(o *SubscriberOptions) { o.AutoAck = false } }

// InternalSubscriber keeps a subscriber out of the registry.
func InternalSubscriber(b bool) SubscriberOption {
	return func(o *SubscriberOptions) { o.Internal = b }
}

// SubscriberQueue puts the subscriber into a group that shares the topic's messages.
func SubscriberQueue(n string) SubscriberOption { return func(o *SubscriberOptions) { o.Queue = n } }

// SubscriberContext sets the context handed to the broker.
func SubscriberContext(ctx context.Context) SubscriberOption {
	return func(o *SubscriberOptions) { o.Context = ctx }
}

type subscriber struct {
	topic     string
	value     any
	endpoints []*registry.Endpoint
	opts      SubscriberOptions
}

var _ Subscriber = (*subscriber)(nil)

func newSubscriber(topic string, value any, opts ...SubscriberOption) Subscriber {
	s := &subscriber{topic: topic, value: value, opts: NewSubscriberOptions(opts...)}
	listeners, _ := listenersOf(value) // Subscribe reports what is wrong
	for _, l := range listeners {
		s.endpoints = append(s.endpoints, &registry.Endpoint{
			Name: l.name, Request: valueOf(l.event, 0),
			Metadata: map[string]string{"topic": topic, "subscriber": "true"},
		})
	}
	return s
}

// Topic implements Subscriber.
func (s *subscriber) Topic() string { return s.topic }

// Subscriber implements Subscriber.
func (s *subscriber) Subscriber() any { return s.value }

// Endpoints implements Subscriber. Changing what it returns changes nothing.
func (s *subscriber) Endpoints() []*registry.Endpoint {
	out := make([]*registry.Endpoint, len(s.endpoints))
	for i, e := range s.endpoints {
		c := *e
		c.Metadata = maps.Clone(e.Metadata)
		out[i] = &c
	}
	return out
}

// Options implements Subscriber.
func (s *subscriber) Options() SubscriberOptions { return s.opts }

// listener is one function that takes a topic's messages.
type listener struct {
	name        string // as registered: "Func", or "Type.Method"
	fn          reflect.Value
	event       reflect.Type
	withContext bool
}

// listenersOf returns the functions of a subscriber. A subscriber without any is an error.
func listenersOf(value any) ([]*listener, error) {
	v := reflect.ValueOf(value)
	if !v.IsValid() {
		return nil, fmt.Errorf("subscriber is nil: give NewSubscriber a function or a value with methods")
	}
	if v.Kind() == reflect.Func {
		l := newListener("Func", v)
		if l == nil {
			return nil, fmt.Errorf("subscriber %s is not of the form func(context.Context, event) error or func(event) error", v.Type())
		}
		return []*listener{l}, nil
	}
	typeName := reflect.Indirect(v).Type().Name()
	var found []*listener
	for i := range v.NumMethod() {
		name := typeName + "." + v.Type().Method(i).Name
		l := newListener(name, v.Method(i))
		if l == nil {
			return nil, fmt.Errorf("subscriber method %s is not of the form func(context.Context, event) error or func(event) error", name)
		}
		found = append(found, l)
	}
	if len(found) == 0 {
		return nil, fmt.Errorf("subscriber %s is neither a function nor a value with exported methods", v.Type())
	}
	return found, nil
}

// newListener returns nil for a function of another form.
func newListener(name string, fn reflect.Value) *listener {
	t := fn.Type()
	if t.NumOut() != 1 || t.Out(0) != errorType || t.IsVariadic() {
		return nil
	}
	l := &listener{name: name, fn: fn}
	switch {
	case t.NumIn() == 1 && t.In(0) != contextType:
	case t.NumIn() == 2 && t.In(0) == contextType:
		l.withContext = true
	default:
		return nil
	}
	l.event = t.In(t.NumIn() - 1)
	if !visible(l.event) {
		return nil
	}
	return l
}

// newEvent returns a value to decode a message into, and the argument that it becomes.
func (l *listener) newEvent() (target any, argument func() reflect.Value) {
	if l.event.Kind() == reflect.Pointer {
		v := reflect.New(l.event.Elem())
		return v.Interface(), func() reflect.Value { return v }
	}
	v := reflect.New(l.event)
	return v.Interface(), v.Elem
}

// call runs the function.
func (l *listener) call(ctx context.Context, event reflect.Value) error {
	args := []reflect.Value{event}
	if l.withContext {
		args = []reflect.Value{reflect.ValueOf(ctx), event}
	}
	err, _ := l.fn.Call(args)[0].Interface().(error)
	return err
}
