package server

import (
	"cmp"
	"maps"
	"slices"

	"github.com/microtop/microtop/framework/internal/presence"
	"github.com/microtop/microtop/framework/registry"
)

// describe returns the record to register (docs/wire.md §6.2): handlers sorted by name, then subscribers by topic,
// descending. It is last, the record that is registered, unless the handlers, the subscribers or the host's address changed.
func (r *run) describe(last *registry.Service) *registry.Service {
	o, address, now := r.opts, presence.Address(r.opts.Advertise, r.wire.Addr()), r.router.routes.Load()
	if last != nil && r.described == now && last.Nodes[0].Address == address {
		return last
	}
	r.described = now
	node := &registry.Node{Id: o.Name + "-" + o.Id, Address: address, Metadata: map[string]string{}}
	maps.Copy(node.Metadata, o.Metadata)
	maps.Copy(node.Metadata, r.wire.Metadata())
	node.Metadata["broker"] = o.Broker.String()
	node.Metadata["server"] = r.driver.String()
	node.Metadata["registry"] = o.Registry.String()
	return &registry.Service{
		Name: o.Name, Version: o.Version, Nodes: []*registry.Node{node}, Endpoints: now.endpoints(),
	}
}

func (t *routes) endpoints() []*registry.Endpoint {
	var all []*registry.Endpoint
	for _, h := range t.handlers {
		if !h.Options().Internal {
			all = append(all, h.Endpoints()...)
		}
	}
	subscribers := slices.Clone(t.subscribers)
	slices.SortStableFunc(subscribers, func(a, b Subscriber) int { return cmp.Compare(b.Topic(), a.Topic()) })
	for _, s := range subscribers {
		if !s.Options().Internal {
			all = append(all, s.Endpoints()...)
		}
	}
	return all
}

// subscriptions are what the subscribers need at the broker: one a topic and queue.
func (r *run) subscriptions() []presence.Subscription {
	var all []presence.Subscription
	add := func(topic string, o SubscriberOptions) {
		all = append(all, presence.Subscription{
			Topic: topic, Queue: o.Queue, AutoAck: o.AutoAck, Context: o.Context, Receive: r.receive(topic, o.Queue),
		})
	}
	for _, s := range r.router.routes.Load().subscribers {
		add(s.Topic(), s.Options())
	}
	if r.opts.Router != nil { // a proxy takes its own service's events too (docs/wire.md §7.5)
		add(r.opts.Name, NewSubscriberOptions())
	}
	return all
}
