package server

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// drainGrace is how long a deregistered server still serves as usual, so that callers hear from the registry first.
// Without connections there is nobody to wait for.
const drainGrace = 100 * time.Millisecond

// Interrupt ends the upkeep of the registration, also one that a Start is in the middle of.
func (r *run) Interrupt() { r.presence.Interrupt() }

// Interrupted reports whether the run is about to end.
func (r *run) Interrupted() bool { return r.presence.Interrupted() }

// Stop deregisters, drains and closes, in this order (docs/guarantees.md): no request is refused before the registry
// was told, and none that was accepted is broken off before the drain deadline.
func (r *run) Stop() error {
	ctx, cancel := context.WithTimeout(context.Background(), r.opts.DrainTimeout)
	defer cancel()
	failed := []error{r.presence.Leave(ctx)}
	if r.wire.Peers() > 0 {
		pause(ctx, drainGrace)
	}
	r.draining.Store(true)
	r.wire.Refuse()
	failed = append(failed, r.drain(ctx))
	failed = append(failed, r.wire.Close())
	r.end()
	if err := r.opts.Broker.Disconnect(); err != nil {
		failed = append(failed, fmt.Errorf("disconnect broker %s: %w", r.opts.Broker, err))
	}
	return errors.Join(failed...)
}

// drain waits until nothing runs, or returns an error that names what does. Streams may have no end of their own: those
// of internal handlers are ended at once, the others when half of the time is over.
func (r *run) drain(ctx context.Context) error {
	r.wire.EndStreams(false)
	half := time.NewTimer(r.opts.DrainTimeout / 2)
	defer half.Stop()
	for r.active.Load() > 0 {
		select {
		case <-r.quiet:
		case <-half.C:
			r.wire.EndStreams(true)
		case <-ctx.Done():
			if names := r.running(); len(names) > 0 {
				return fmt.Errorf("%w (%s): %s", errNotStopped, r.opts.DrainTimeout, strings.Join(names, ", "))
			}
			return nil // it ended just now
		}
	}
	return nil
}

// running names the endpoints and topics whose handlers run.
func (r *run) running() []string {
	names := r.wire.Running()
	r.mu.Lock()
	defer r.mu.Unlock()
	for topic := range r.events {
		names = append(names, "topic "+topic)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// pause waits for d, or until ctx ends.
func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
