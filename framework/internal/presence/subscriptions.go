package presence

import (
	"context"
	"errors"
	"fmt"

	"github.com/microtop/microtop/framework/broker"
)

// Subscription is one that a server wants to have at the broker.
type Subscription struct {
	Topic, Queue string
	AutoAck      bool
	Context      context.Context //nolint:containedctx // handed to the broker's Subscribe, whose option it is
	Receive      broker.Handler
}

// binding is what one broker subscription stands for: one topic in one queue.
type binding struct{ topic, queue string }

// bind subscribes for what is not bound yet. Of two subscriptions with the same topic and queue the first counts.
func (p *Presence) bind() error {
	var failed []error
	for _, s := range p.config.Subscriptions() {
		failed = append(failed, p.subscribe(s))
	}
	return errors.Join(failed...)
}

func (p *Presence) subscribe(s Subscription) error {
	b := binding{s.Topic, s.Queue}
	if p.bound[b] != nil {
		return nil
	}
	opts := []broker.SubscribeOption{broker.SubscribeContext(s.Context)}
	if s.Queue != "" {
		opts = append(opts, broker.Queue(s.Queue))
	}
	if !s.AutoAck {
		opts = append(opts, broker.DisableAutoAck())
	}
	subscription, err := p.config.Broker.Subscribe(s.Topic, s.Receive, opts...)
	if err != nil {
		return fmt.Errorf("subscribe to %s at broker %s: %w", s.Topic, p.config.Broker, err)
	}
	p.bound[b] = subscription
	return nil
}

// unbind ends the subscriptions. It waits for running handlers until ctx ends.
func (p *Presence) unbind(ctx context.Context) error {
	if len(p.bound) == 0 {
		return nil
	}
	bound := p.bound
	p.bound = map[binding]broker.Subscriber{}
	done := make(chan error, 1)
	go func() { // it ends with the last running handler
		var failed []error
		for b, subscription := range bound {
			if err := subscription.Unsubscribe(); err != nil {
				failed = append(failed, fmt.Errorf("unsubscribe from %s: %w", b.topic, err))
			}
		}
		done <- errors.Join(failed...)
	}()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return nil // the handlers that hold it up are named by whoever waits for them
	}
}
