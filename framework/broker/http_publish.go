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
	var found []*registry.Node
	var versions []string    // of what was found: the queues' names
	var seen map[member]bool // made with the second
	queued := false
	for _, service := range services {
		for _, node := range service.Nodes {
			if node.Metadata["topic"] != topic || node.Metadata["broker"] != "http" {
				continue
			}
			if len(found) > 0 {
				if seen == nil {
					seen = map[member]bool{{versions[0], found[0].Id}: true}
				}
				m := member{service.Version, node.Id}
				if seen[m] {
					continue
				}
				seen[m] = true
			}
			found, versions = append(found, node), append(versions, service.Version)
			queued = queued || service.Version != broadcastVersion
		}
	}
	if !queued {
		return found
	}
	return oneOfEach(found, versions)
}

// oneOfEach leaves one node of each queue, and all broadcast ones.
func oneOfEach(nodes []*registry.Node, versions []string) []*registry.Node {
	var out []*registry.Node
	queues := map[string][]*registry.Node{}
	for i, node := range nodes {
		if versions[i] == broadcastVersion {
			out = append(out, node)
			continue
		}
		queues[versions[i]] = append(queues[versions[i]], node)
	}
	for _, members := range queues {
		out = append(out, members[rand.IntN(len(members))]) //nolint:gosec // balancing, not a secret
	}
	return out
}
