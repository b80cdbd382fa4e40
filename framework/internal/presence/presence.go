// Package presence keeps a running server known to others: registered, its registration refreshed, its subscribers bound
// at the broker. Every kind of server uses it.
package presence

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/microtop/microtop/framework/broker"
	"github.com/microtop/microtop/framework/internal/backoff"
	"github.com/microtop/microtop/framework/registry"
)

// registerAttempts is how often a registration is tried before the server goes on without, until the next heartbeat.
const registerAttempts = 3

// Config says what is to be kept, and where.
type Config struct {
	Registry registry.Registry
	Broker   broker.Broker
	// Record describes the service with the server's node as its only one. It is asked at each check-in and may return last,
	// the record that is registered, when nothing changed; last is nil while none is.
	Record func(last *registry.Service) *registry.Service
	// Subscriptions are what the server wants to hear. It is asked at each check-in.
	Subscriptions func() []Subscription
	// Check keeps the server out while it fails.
	Check func(context.Context) error
	// TTL is how long a registration lives without being refreshed, Interval how often it is; zero or less is never.
	TTL, Interval time.Duration
	Log           *slog.Logger
}

// Presence is a server's place in the registry and at the broker, from Start to Leave.
type Presence struct {
	config Config
	life   context.Context //nolint:containedctx // ends the upkeep, also a Start in the middle of it
	end    context.CancelFunc
	done   chan struct{} // the upkeep has ended

	// What Start, then the upkeep, then Leave has to itself.
	record *registry.Service // as it was last registered
	bound  map[binding]broker.Subscriber
}

// New returns a presence that ends with ctx. Nothing is registered yet.
func New(ctx context.Context, c Config) *Presence {
	p := &Presence{config: c, done: make(chan struct{}), bound: map[binding]broker.Subscriber{}}
	p.life, p.end = context.WithCancel(ctx)
	return p
}

// Start checks in, and goes on checking in until Leave. What fails is logged and tried again at the next heartbeat.
// It must not be called twice; after it, Leave must be called.
func (p *Presence) Start() {
	p.checkIn(p.life)
	go p.upkeep()
}

// Interrupt ends the upkeep, also a Start that is under way. It does not wait. It may be called at any time.
func (p *Presence) Interrupt() { p.end() }

// Interrupted reports whether Interrupt or Leave was called, or the context has ended.
func (p *Presence) Interrupted() bool { return p.life.Err() != nil }

// Leave deregisters and unsubscribes. Running handlers of subscriptions are waited for until ctx ends.
func (p *Presence) Leave(ctx context.Context) error {
	p.end()
	<-p.done // it could register again
	return p.checkOut(ctx)
}

// upkeep refreshes the registration.
func (p *Presence) upkeep() {
	defer close(p.done)
	if p.config.Interval <= 0 {
		return
	}
	ticker := time.NewTicker(p.config.Interval)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			p.checkIn(p.life)
		case <-p.life.Done():
			return
		}
	}
}

// checkIn registers the server, or refreshes its registration, and subscribes at the broker. While the check fails it
// does the opposite: the server stays out until the check passes.
func (p *Presence) checkIn(ctx context.Context) {
	log := p.config.Log
	if err := p.config.Check(ctx); err != nil {
		log.Error("register check failed: not registered until it passes", "error", err)
		if err := p.checkOut(ctx); err != nil {
			log.Error("deregister", "error", err)
		}
		return
	}
	if err := p.register(ctx); err != nil && ctx.Err() == nil {
		log.Error("register: serving without, until the next heartbeat", "error", err)
	}
	if ctx.Err() != nil {
		return
	}
	if err := p.bind(); err != nil {
		log.Error("subscribe: trying again at the next heartbeat", "error", err)
	}
}

func (p *Presence) register(ctx context.Context) error {
	service := p.config.Record(p.record)
	var failed error
	for attempt := range registerAttempts {
		if err := backoff.Wait(ctx, attempt); err != nil {
			return cmp.Or(failed, err)
		}
		p.record = service // also after an error: the registry may know it all the same
		failed = p.config.Registry.Register(service, registry.RegisterTTL(p.config.TTL), registry.RegisterContext(ctx))
		if failed == nil {
			return nil
		}
		failed = fmt.Errorf("register %s at %s: %w", service.Nodes[0].Id, p.config.Registry, failed)
	}
	return failed
}

// checkOut takes back the registration and the subscriptions.
func (p *Presence) checkOut(ctx context.Context) error {
	return errors.Join(p.deregister(ctx), p.unbind(ctx))
}

func (p *Presence) deregister(ctx context.Context) error {
	if p.record == nil {
		return nil
	}
	node := p.record.Nodes[0]
	brief := &registry.Service{
		Name: p.record.Name, Version: p.record.Version,
		Nodes: []*registry.Node{{Id: node.Id, Address: node.Address}},
	}
	p.record = nil
	if err := p.config.Registry.Deregister(brief, registry.DeregisterContext(ctx)); err != nil {
		return fmt.Errorf("deregister %s at %s: %w", node.Id, p.config.Registry, err)
	}
	return nil
}
