package client_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/microtop/microtop/framework/broker"
	"github.com/microtop/microtop/framework/client"
	frames "github.com/microtop/microtop/framework/codec/bytes"
	"github.com/microtop/microtop/framework/metadata"
	"github.com/microtop/microtop/framework/server/servertest/fleet"
)

// recorder is a broker that keeps what is published.
type recorder struct {
	broker.Broker
	connects int
	topic    string
	message  *broker.Message
}

func (r *recorder) Connect() error {
	r.connects++
	return nil
}

func (r *recorder) Publish(topic string, m *broker.Message, _ ...broker.PublishOption) error {
	r.topic, r.message = topic, m
	return nil
}

func TestA103_PublishedMessages(t *testing.T) {
	r := &recorder{Broker: broker.NewMemoryBroker()}
	c := client.NewClient(client.Broker(r))
	ctx := metadata.NewContext(context.Background(), metadata.Metadata{"X-Tenant": "t"})
	event := &fleet.Event{Id: "e1", Message: "m"}
	for name, x := range map[string]struct {
		payload     any
		message     []client.MessageOption
		publish     []client.PublishOption
		topic       string
		contentType string
		body        string
	}{
		"json":     {event, nil, nil, "t", "application/json", `{"id":"e1","message":"m"}` + "\n"},
		"proto":    {event, []client.MessageOption{client.WithMessageContentType("application/protobuf")}, nil, "t", "application/protobuf", "\n\x02e1\x12\x01m"},
		"raw":      {&frames.Frame{Data: []byte("as is")}, nil, nil, "t", "application/json", "as is"},
		"json-rpc": {event, []client.MessageOption{client.WithMessageContentType("application/json-rpc")}, nil, "t", "application/json-rpc", `{"id":"e1","message":"m"}`},
		"exchange": {event, nil, []client.PublishOption{client.WithExchange("x")}, "x", "application/json", `{"id":"e1","message":"m"}` + "\n"},
	} {
		if err := c.Publish(ctx, c.NewMessage("t", x.payload, x.message...), x.publish...); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		id := r.message.Header["Micro-Id"]
		want := map[string]string{"X-Tenant": "t", "Content-Type": x.contentType, "Micro-Topic": "t", "Micro-Id": id}
		if diff := cmp.Diff(want, r.message.Header); diff != "" || len(id) != 36 || r.topic != x.topic || string(r.message.Body) != x.body {
			t.Errorf("%s: topic %s, body %q, headers (-want +got):\n%s", name, r.topic, r.message.Body, diff)
		}
	}
	if r.connects != 1 {
		t.Errorf("connected %d times", r.connects)
	}
	if err := c.Publish(ctx, c.NewMessage("t", event, client.WithMessageContentType("text/html"))); err == nil {
		t.Error("an unknown content type: no error")
	}
}
