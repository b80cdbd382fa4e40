// Package topics finds, tails and feeds the topics of a broker.
package topics

import (
	"context"
	"slices"
	"strings"

	"github.com/microtop/microtop/framework/broker"
	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/introspect"
	"github.com/microtop/microtop/introspect/fleet"
	"github.com/microtop/microtop/introspect/nearest"
)

// Topic is what is known of one topic.
type Topic struct {
	Name string
	// Subscribers are the services that have a subscriber endpoint for it, by name.
	Subscribers []string
	// Nodes is how many subscriptions the broker shows in the registry: the http broker's, no others.
	Nodes int
	// Queues are the queue names of the subscriptions, without the broadcast ones.
	Queues []string
}

// List returns the topics that the registry knows of: from subscriber endpoints and the http broker's subscriptions.
func List(ctx context.Context, session *introspect.Session) ([]*Topic, error) {
	services, err := fleet.List(ctx, session.Registry())
	if err != nil {
		return nil, err
	}
	return FromServices(services), nil
}

// FromServices gathers the topics that registry records tell of, by name.
func FromServices(services []*registry.Service) []*Topic {
	found := map[string]*Topic{}
	topic := func(name string) *Topic {
		if found[name] == nil {
			found[name] = &Topic{Name: name}
		}
		return found[name]
	}
	for _, service := range services {
		if service.Name == broker.ServiceName {
			addSubscriptions(topic, service)
			continue
		}
		for _, e := range service.Endpoints {
			if name := e.Metadata["topic"]; e.Metadata["subscriber"] == "true" && name != "" {
				t := topic(name)
				t.Subscribers = append(t.Subscribers, service.Name)
			}
		}
	}
	out := make([]*Topic, 0, len(found))
	for _, t := range found {
		slices.Sort(t.Subscribers)
		t.Subscribers = slices.Compact(t.Subscribers)
		slices.Sort(t.Queues)
		t.Queues = slices.Compact(t.Queues)
		out = append(out, t)
	}
	slices.SortFunc(out, func(a, b *Topic) int { return strings.Compare(a.Name, b.Name) })
	return out
}

func addSubscriptions(topic func(string) *Topic, service *registry.Service) {
	for _, node := range service.Nodes {
		name := node.Metadata["topic"]
		if name == "" {
			continue
		}
		t := topic(name)
		t.Nodes++
		if service.Version != "ff.http.broadcast" {
			t.Queues = append(t.Queues, service.Version)
		}
	}
}

// Find returns the topic of that name, or an error that says which are there.
func Find(all []*Topic, name, where string) (*Topic, error) {
	names := make([]string, 0, len(all))
	for _, t := range all {
		if t.Name == name {
			return t, nil
		}
		names = append(names, t.Name)
	}
	return nil, &introspect.NotFoundError{Kind: "topic", Name: name, Where: where, Nearest: nearest.Names(name, names), Known: len(names)}
}
