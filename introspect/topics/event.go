package topics

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/introspect"
	"github.com/microtop/microtop/introspect/fleet"
	"github.com/microtop/microtop/introspect/invoke"
	"github.com/microtop/microtop/introspect/schema"
)

// maxListeners is how many services are asked for the schemas of events.
const maxListeners = 32

// event is what subscribers tell of a topic's messages. Immutable once learned.
type event struct {
	told []telling // protobuf messages first
}

// telling is what one service takes.
type telling struct {
	service string
	schema  *schema.Service
	name    string // of the message's type
}

// protobuf says whether the message travels as protobuf.
func (t telling) protobuf() bool { return t.schema.Message(t.name) != nil }

// MismatchError says that a message does not fit what a subscriber takes, and where. Nothing was sent.
type MismatchError struct {
	Topic, Service string
	Body           *schema.BodyError
}

// Error implements error.
func (e *MismatchError) Error() string {
	return e.Body.Error() + " (what " + e.Service + " takes from " + e.Topic + ")"
}

// Unwrap returns what is wrong with the body.
func (e *MismatchError) Unwrap() error { return e.Body }

// encode checks a JSON body and returns what travels. Where subscribers take different messages it has to fit one of
// them: the first one's complaint is returned.
func (e *event) encode(topic string, body []byte) (data []byte, contentType string, err error) {
	var mismatch *MismatchError
	for _, t := range e.told {
		data, contentType, err := t.encode(body)
		if err == nil {
			return data, contentType, nil
		}
		var wrong *schema.BodyError
		switch {
		case !errors.As(err, &wrong) || wrong.Line > 0:
			return nil, "", err // no JSON for anybody
		case mismatch == nil:
			mismatch = &MismatchError{topic, t.service, wrong}
		}
	}
	if mismatch != nil {
		return nil, "", mismatch
	}
	return body, jsonType, nil
}

func (t telling) encode(body []byte) (data []byte, contentType string, err error) {
	if err := t.schema.Validate(t.name, body); err != nil {
		return nil, "", err
	}
	if !t.protobuf() {
		return body, jsonType, nil
	}
	data, err = t.schema.Encode(t.name, body)
	return data, protobufType, err
}

// decode reads protobuf bytes as JSON; nil where no subscriber tells the message, or it is another.
func (e *event) decode(raw []byte) []byte {
	for _, t := range e.told {
		if !t.protobuf() {
			return nil
		}
		if text, err := t.schema.Decode(t.name, raw); err == nil {
			return text
		}
	}
	return nil
}

// learn asks the services that subscribe to the topics for the schemas of their events, all at once and for no longer
// than a call may take. Whoever does not answer is described by the registry.
func learn(ctx context.Context, session *introspect.Session, names []string) map[string]*event {
	out := map[string]*event{}
	for _, name := range names {
		out[name] = &event{}
	}
	ctx, cancel := context.WithTimeout(ctx, session.Timeout())
	defer cancel()
	services, err := fleet.List(ctx, session.Registry())
	if err != nil {
		return out
	}
	var listeners []string
	for _, service := range services {
		if subscribes(service, out) && !slices.Contains(listeners, service.Name) && len(listeners) < maxListeners {
			listeners = append(listeners, service.Name)
		}
	}
	found := make([]*invoke.Description, len(listeners))
	var wg sync.WaitGroup
	for i, name := range listeners {
		wg.Go(func() {
			if versions, err := invoke.Load(ctx, session, introspect.Target{Service: name}); err == nil {
				found[i] = versions[0]
			}
		})
	}
	wg.Wait()
	for _, d := range found {
		if d != nil {
			hear(out, d)
		}
	}
	for _, e := range out {
		slices.SortStableFunc(e.told, func(a, b telling) int { return cmp.Compare(rank(a), rank(b)) })
	}
	return out
}

func rank(t telling) int {
	if t.protobuf() {
		return 0
	}
	return 1
}

// hear takes what a service tells of the topics that it subscribes to.
func hear(events map[string]*event, d *invoke.Description) {
	for _, e := range d.Schema.Endpoints {
		if known := events[e.Topic]; e.Kind == schema.Subscriber && known != nil && e.Request != "" {
			known.told = append(known.told, telling{d.Name, d.Schema, e.Request})
		}
	}
}

func subscribes(service *registry.Service, wanted map[string]*event) bool {
	return slices.ContainsFunc(service.Endpoints, func(e *registry.Endpoint) bool {
		return e.Metadata["subscriber"] == "true" && wanted[e.Metadata["topic"]] != nil
	})
}
