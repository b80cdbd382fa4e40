package server

import (
	"context"
	"reflect"
	"slices"
	"strings"

	"github.com/microtop/microtop/framework/broker"
	errs "github.com/microtop/microtop/framework/errors"
	"github.com/microtop/microtop/framework/internal/mucp"
	"github.com/microtop/microtop/framework/metadata"
)

// ProcessMessage implements Router: every subscriber of the topic gets the message, one after another. A topic that
// nobody subscribes to is no error (docs/wire.md §7.5).
func (r *router) ProcessMessage(ctx context.Context, msg Message) error {
	return r.deliver(ctx, msg, r.routes.Load().topics[msg.Topic()])
}

func (r *router) deliver(ctx context.Context, msg Message, to []*delivery) error {
	var failed []string
	for _, d := range to {
		if err := r.guard(ctx, d.name, func() error { return d.accept(ctx, msg) }); err != nil {
			failed = append(failed, err.Error())
		}
	}
	if len(failed) > 0 {
		return errs.InternalServerError(mucp.ServerID, "subscriber error: %s", strings.Join(failed, "\n"))
	}
	return nil
}

// accept decodes the message and runs the subscriber's function with its wrappers.
func (d *delivery) accept(ctx context.Context, msg Message) error {
	target, event := d.newEvent()
	if err := msg.Codec().ReadBody(target); err != nil {
		return err
	}
	return d.deliver(ctx, &decodedMessage{msg, event().Interface()})
}

// decodedMessage is a message with its value.
type decodedMessage struct {
	Message
	payload any
}

// Payload implements Message.
func (m *decodedMessage) Payload() any { return m.payload }

// deliver is the innermost SubscriberFunc.
func (l *listener) deliver(ctx context.Context, msg Message) error {
	event := reflect.ValueOf(msg.Payload())
	if !event.IsValid() { // a JSON null for an interface
		event = reflect.Zero(l.event)
	}
	return l.call(ctx, event)
}

// process hands a message posted to the server's own port to whom it concerns.
func (r *run) process(ctx context.Context, msg *message) error {
	if !r.codecs.Has(msg.contentType) {
		return unsupportedError(msg.contentType)
	}
	if r.opts.Router != nil {
		return r.opts.Router.ProcessMessage(ctx, msg)
	}
	return r.router.ProcessMessage(ctx, msg)
}

// receive returns the broker handler of one subscription, by a topic, which stands for the subscribers of it and its queue.
// Which of this server's topics an event belongs to is what its Micro-Topic says, if anybody here subscribes to that;
// else (wildcards, exchanges) it belongs to the subscription it came by.
func (r *run) receive(by, queue string) broker.Handler {
	return func(e broker.Event) error {
		if !r.admit() {
			return errDraining
		}
		defer r.release()
		defer r.noteEvent(by)()
		m := e.Message()
		if m == nil {
			return errs.BadRequest(mucp.ServerID, "event of topic %s without a message", by)
		}
		topic := m.Header[mucp.Topic]
		if topic == "" {
			topic = by
		}
		contentType := m.Header[mucp.ContentType]
		if contentType == "" {
			contentType = r.contentType
		}
		header := metadata.Copy(m.Header)
		ctx := metadata.NewContext(r.ctx, header)
		msg := newMessage(topic, contentType, header, m.Body, r.codecs)
		if !r.codecs.Has(contentType) {
			return errs.InternalServerError(mucp.ServerID, "%s", unsupportedError(contentType))
		}
		if r.opts.Router != nil {
			return r.opts.Router.ProcessMessage(ctx, msg)
		}
		return r.router.deliver(ctx, msg, r.router.concerned(topic, by, queue))
	}
}

// concerned returns the deliveries of a topic's subscribers in a queue; of the subscription's topic if nobody here
// subscribes to the other.
func (r *router) concerned(topic, by, queue string) []*delivery {
	topics := r.routes.Load().topics
	to, known := topics[topic]
	if !known {
		to = topics[by]
	}
	return slices.DeleteFunc(slices.Clone(to), func(d *delivery) bool { return d.owner.Options().Queue != queue })
}
