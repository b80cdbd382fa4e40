package server

import (
	"context"
	"errors"
	"fmt"

	"github.com/microtop/microtop/framework/broker"
)

// binding is what one broker subscription stands for: the subscribers of one topic in one queue.
type binding struct{ topic, queue string }

// bind subscribes at the broker for every subscriber that is not bound yet.
func (r *run) bind() error {
	var failed []error
	for _, s := range r.router.routes.Load().subscribers {
		failed = append(failed, r.subscribe(s.Topic(), s.Options()))
	}
	if r.opts.Router != nil { // a proxy takes its own service's events too (docs/wire.md §7.5)
		failed = append(failed, r.subscribe(r.opts.Name, NewSubscriberOptions()))
	}
	return errors.Join(failed...)
}

func (r *run) subscribe(topic string, o SubscriberOptions) error {
	b := binding{topic, o.Queue}
	if r.bound[b] != nil {
		return nil
	}
	opts := []broker.SubscribeOption{broker.SubscribeContext(o.Context)}
	if o.Queue != "" {
		opts = append(opts, broker.Queue(o.Queue))
	}
	if !o.AutoAck {
		opts = append(opts, broker.DisableAutoAck())
	}
	subscription, err := r.opts.Broker.Subscribe(topic, r.receive(b), opts...)
	if err != nil {
		return fmt.Errorf("subscribe to %s at broker %s: %w", topic, r.opts.Broker, err)
	}
	r.bound[b] = subscription
	return nil
}

// unbind ends the subscriptions. It waits for running handlers until ctx ends.
func (r *run) unbind(ctx context.Context) error {
	if len(r.bound) == 0 {
		return nil
	}
	bound := r.bound
	r.bound = map[binding]broker.Subscriber{}
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
