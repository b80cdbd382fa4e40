package broker

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"

	"github.com/microtop/microtop/framework/codec"
	"github.com/microtop/microtop/framework/codec/json"
	"github.com/microtop/microtop/framework/limits"
	"github.com/microtop/microtop/framework/registry"
)

// inboxSize is how many messages of a topic without any subscriber are kept for the first one (docs/wire.md §7.3).
const inboxSize = 64

func marshaler(o Options) codec.Marshaler {
	if o.Codec != nil {
		return o.Codec
	}
	return json.Marshaler{}
}

// marshal encodes an envelope; the default codec's form is written here if it is plain.
func (s *session) marshal(envelope Message) ([]byte, error) {
	if s.plain {
		if body, ok := appendEnvelope(make([]byte, 0, envelopeSize(envelope)), envelope); ok {
			return body, nil
		}
	}
	return s.codec.Marshal(envelope)
}

// Publish implements Broker.
func (b *httpBroker) Publish(topic string, m *Message, opts ...PublishOption) error {
	var options PublishOptions
	for _, set := range opts {
		set(&options)
	}
	b.mu.RLock()
	s, limit := b.session, b.opts.Limits()
	b.mu.RUnlock()
	if s == nil {
		return fmt.Errorf("broker http: publish %s: %w", topic, ErrNotConnected)
	}
	if limits.Exceeded(len(m.Body), limit.MessageBytes) {
		return fmt.Errorf("broker http: publish %s: message of %d bytes is over the limit of %d", topic, len(m.Body), limit.MessageBytes)
	}
	envelope := Message{Header: maps.Clone(m.Header), Body: m.Body}
	if envelope.Header == nil {
		envelope.Header = map[string]string{}
	}
	envelope.Header[topicHeader] = topic
	if err := checkHeader(envelope.Header, limit); err != nil {
		return fmt.Errorf("broker http: publish %s: %w", topic, err) // no receiver would take it
	}
	body, err := s.marshal(envelope)
	if err != nil {
		return fmt.Errorf("broker http: publish %s: %w", topic, err)
	}
	services, err := b.subscribers(s)
	if err != nil {
		s.sender.keep(topic, body)
		return fmt.Errorf("broker http: publish %s: kept for the first subscriber: %w", topic, err)
	}
	if err := s.sender.post(topic, targets(services, topic), body); err != nil {
		return fmt.Errorf("broker http: publish %s: %w", topic, err)
	}
	return nil
}

// subscribers returns what the registry knows, and this broker's own subscriptions, which need no registry.
func (b *httpBroker) subscribers(s *session) ([]*registry.Service, error) {
	known, err := s.cache.GetService(ServiceName)
	b.mu.RLock()
	own := slices.Collect(maps.Values(b.subscriptions))
	b.mu.RUnlock()
	if len(own) > 0 {
		return slices.Concat(known, own), nil
	}
	if err == nil && len(known) == 0 {
		err = registry.ErrNotFound
	}
	return known, err
}

// targets returns every broadcast subscriber of the topic and one of each queue (docs/wire.md §7.3).
func targets(services []*registry.Service, topic string) []*registry.Node {
	type member struct{ version, id string }
	seen := map[member]bool{}
	groups := map[string][]*registry.Node{} // by version, which is the queue's name
	for _, service := range services {
		for _, node := range service.Nodes {
			m := member{service.Version, node.Id}
			if node.Metadata["broker"] == "http" && node.Metadata["topic"] == topic && !seen[m] {
				seen[m] = true
				groups[service.Version] = append(groups[service.Version], node)
			}
		}
	}
	var out []*registry.Node
	for version, nodes := range groups {
		if version != broadcastVersion {
			nodes = []*registry.Node{nodes[rand.IntN(len(nodes))]} //nolint:gosec // balancing, not a secret
		}
		out = append(out, nodes...)
	}
	return out
}
