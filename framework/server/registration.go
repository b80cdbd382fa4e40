package server

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/microtop/microtop/framework/internal/backoff"
	"github.com/microtop/microtop/framework/internal/mucp"
	"github.com/microtop/microtop/framework/registry"
)

// registerAttempts is how often a registration is tried before the server goes on without, until the next heartbeat.
const registerAttempts = 3

// upkeep refreshes the registration until the server stops.
func (r *run) upkeep() {
	defer close(r.upkeepDone)
	if r.opts.RegisterInterval <= 0 {
		return
	}
	ticker := time.NewTicker(r.opts.RegisterInterval)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			r.checkIn(r.beating)
		case <-r.beating.Done():
			return
		}
	}
}

// checkIn registers the server, or refreshes its registration, and subscribes at the broker. While RegisterCheck
// fails it does the opposite: the server stays out until the check passes.
func (r *run) checkIn(ctx context.Context) {
	if err := r.opts.RegisterCheck(ctx); err != nil {
		r.log.Error("register check failed: not registered until it passes", "service", r.opts.Name, "error", err)
		if err := r.checkOut(ctx); err != nil {
			r.log.Error("deregister", "service", r.opts.Name, "error", err)
		}
		return
	}
	if err := r.register(ctx); err != nil && ctx.Err() == nil {
		r.log.Error("register: serving without, until the next heartbeat", "service", r.opts.Name, "error", err)
	}
	if ctx.Err() != nil {
		return
	}
	if err := r.bind(); err != nil { //nolint:contextcheck // events get the run's context
		r.log.Error("subscribe: trying again at the next heartbeat", "service", r.opts.Name, "error", err)
	}
}

func (r *run) register(ctx context.Context) error {
	service := r.describe()
	var failed error
	for attempt := range registerAttempts {
		if err := backoff.Wait(ctx, attempt); err != nil {
			return cmp.Or(failed, err)
		}
		r.record = service // also after an error: the registry may know it all the same
		failed = r.opts.Registry.Register(service, registry.RegisterTTL(r.opts.RegisterTTL), registry.RegisterContext(ctx))
		if failed == nil {
			return nil
		}
		failed = fmt.Errorf("register %s at %s: %w", service.Nodes[0].Id, r.opts.Registry, failed)
	}
	return failed
}

// checkOut takes back the registration and the subscriptions.
func (r *run) checkOut(ctx context.Context) error {
	return errors.Join(r.deregister(ctx), r.unbind(ctx))
}

func (r *run) deregister(ctx context.Context) error {
	if r.record == nil {
		return nil
	}
	node := r.record.Nodes[0]
	brief := &registry.Service{
		Name: r.record.Name, Version: r.record.Version,
		Nodes: []*registry.Node{{Id: node.Id, Address: node.Address}},
	}
	r.record = nil
	if err := r.opts.Registry.Deregister(brief, registry.DeregisterContext(ctx)); err != nil {
		return fmt.Errorf("deregister %s at %s: %w", node.Id, r.opts.Registry, err)
	}
	return nil
}

// awaitUpkeep waits for the upkeep, which was told to end, so that it does not register again.
func (r *run) awaitUpkeep() { <-r.upkeepDone }

// describe returns the record to register (docs/wire.md §6.2): handlers sorted by name, then subscribers by topic,
// descending.
func (r *run) describe() *registry.Service {
	o := r.opts
	node := &registry.Node{Id: o.Name + "-" + o.Id, Address: r.nodeAddress(), Metadata: map[string]string{}}
	maps.Copy(node.Metadata, o.Metadata)
	node.Metadata["transport"] = o.Transport.String()
	node.Metadata["broker"] = o.Broker.String()
	node.Metadata["server"] = mucp.Name
	node.Metadata["registry"] = o.Registry.String()
	node.Metadata["protocol"] = mucp.Name
	return &registry.Service{
		Name: o.Name, Version: o.Version, Nodes: []*registry.Node{node}, Endpoints: r.router.routes.Load().endpoints(),
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
