package topics_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	micro "github.com/microtop/microtop/framework"
	"github.com/microtop/microtop/framework/broker"
	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/introspect/schema"
	"github.com/microtop/microtop/introspect/topics"
)

// Parcel is an event without protobuf.
type Parcel struct {
	ID    string `json:"id"`
	Items []struct {
		Grams int `json:"grams"`
	} `json:"items"`
}

// depot subscribes to parcels with a plain Go event.
func depot(t *testing.T, r registry.Registry, b broker.Broker) {
	t.Helper()
	serve(t, "depot", r, b, func(s micro.Service) error {
		return micro.RegisterSubscriber("parcels", s.Server(), func(context.Context, *Parcel) error { return nil })
	})
}

// A subscriber without protobuf tells what it takes all the same: over its debug service, or in its registry record.
func TestAPlainSubscribersEventsAreChecked(t *testing.T) {
	debug, b := registry.NewMemoryRegistry(), broker.NewMemoryBroker()
	depot(t, debug, b)
	record := registry.NewMemoryRegistry()
	found, err := debug.GetService("depot")
	if err != nil {
		t.Fatal(err)
	}
	silent := *found[0]
	silent.Nodes = []*registry.Node{{Id: "depot-1", Address: "127.0.0.1:1", Metadata: map[string]string{"protocol": "mucp"}}}
	if err := record.Register(&silent); err != nil {
		t.Fatal(err)
	}
	for name, r := range map[string]registry.Registry{"debug": debug, "registry": record} {
		t.Run(name, func(t *testing.T) {
			to, err := topics.NewPublisher(t.Context(), session(t, r, b), "parcels")
			if err != nil {
				t.Fatal(err)
			}
			for _, good := range []string{"", `{}`, `{"id":"p1"}`, `{"ID":"p1","items":[{"grams":5}]}`} {
				if err := to.Check(topics.Publication{Body: []byte(good)}); err != nil {
					t.Errorf("%s: %v", good, err)
				}
			}
			for bad, path := range map[string]string{`{"idd":"p1"}`: "idd", `{"id":7}`: "id", `[]`: ""} {
				err := to.Publish(topics.Publication{Body: []byte(bad)})
				var wrong *schema.BodyError
				var mismatch *topics.MismatchError
				if !errors.As(err, &wrong) || wrong.Path != path || !errors.As(err, &mismatch) || mismatch.Service != "depot" {
					t.Errorf("%s: %v", bad, err)
				} else if !strings.HasSuffix(err.Error(), " (what depot takes from parcels)") {
					t.Errorf("%s: %v", bad, err)
				}
			}
			if err := to.Check(topics.Publication{Body: []byte(`{"items":[{"grams":"many"}]}`)}); (err != nil) != (name == "debug") {
				t.Errorf("an element of a list, which the registry does not tell: %v", err)
			}
			for _, forced := range []string{`{"idd":"p1"}`, `not JSON`} {
				if err := to.Check(topics.Publication{Body: []byte(forced), Unchecked: true}); err != nil {
					t.Errorf("%s: %v", forced, err)
				}
			}
		})
	}
}

// Where subscribers of a topic take different messages, what fits one of them is fine.
func TestSubscribersThatDisagree(t *testing.T) {
	r, b := registry.NewMemoryRegistry(), broker.NewMemoryBroker()
	mail(t, r, b)
	serve(t, "depot", r, b, func(s micro.Service) error {
		return micro.RegisterSubscriber("orders", s.Server(), func(context.Context, *Parcel) error { return nil })
	})
	s := session(t, r, b)
	to, err := topics.NewPublisher(t.Context(), s, "orders")
	if err != nil {
		t.Fatal(err)
	}
	tail, err := topics.Follow(t.Context(), s, "orders")
	if err != nil {
		t.Fatal(err)
	}
	defer closed(t, tail)
	for body, contentType := range map[string]string{`{"stamp":"7"}`: "application/protobuf", `{"items":[]}`: "application/json", `{"id":"o1"}`: "application/protobuf"} {
		if err := to.Publish(topics.Publication{Body: []byte(body)}); err != nil {
			t.Errorf("%s: %v", body, err)
		} else if m := next(t, tail); m.ContentType != contentType || string(m.JSON) != body {
			t.Errorf("%s travels as %s and reads %s", body, m.ContentType, m.JSON)
		}
	}
	var mismatch *topics.MismatchError
	if err := to.Publish(topics.Publication{Body: []byte(`{"grams":1}`)}); !errors.As(err, &mismatch) || mismatch.Service != "mail" {
		t.Errorf("what nobody takes: %v", err)
	}
	if err := to.Publish(topics.Publication{Body: []byte(`{"grams":1}`), Unchecked: true}); err != nil {
		t.Error(err)
	} else if m := next(t, tail); m.ContentType != "application/json" || string(m.Raw) != `{"grams":1}` {
		t.Errorf("unchecked: %q as %s", m.Raw, m.ContentType)
	}
}
