package runtime

import (
	"errors"
	"fmt"
	"log/slog"
	"sync"

	"github.com/microtop/microtop/framework/logger"
)

// schedule is the goroutine that does what a scheduler asks of a runtime, one event after the other.
type schedule struct {
	scheduler Scheduler
	quit      chan struct{}
	done      sync.WaitGroup
}

// follow starts to do what the scheduler asks. What fails is logged.
func follow(r Runtime, s Scheduler, log *slog.Logger) (*schedule, error) {
	events, err := s.Notify()
	if err != nil {
		return nil, fmt.Errorf("runtime: ask the scheduler for events: %w", err)
	}
	f := &schedule{scheduler: s, quit: make(chan struct{})}
	f.done.Go(func() {
		for {
			select {
			case <-f.quit:
				return
			case event, open := <-events:
				if !open {
					return
				}
				if err := apply(r, event); err != nil {
					log.Error("event failed", "id", event.ID, "type", event.Type.String(), "error", err)
				}
			}
		}
	})
	return f, nil
}

// close ends the events and waits for the one being done.
func (f *schedule) close() error {
	close(f.quit)
	err := f.scheduler.Close()
	f.done.Wait()
	if err != nil {
		return fmt.Errorf("runtime: close the scheduler: %w", err)
	}
	return nil
}

// apply does what one event asks.
func apply(r Runtime, event Event) error {
	if event.Service == nil {
		return errors.New("the event names no service")
	}
	var options CreateOptions
	if event.Options != nil {
		options = *event.Options
	}
	switch event.Type {
	case Create:
		if event.Options == nil {
			return r.Create(event.Service)
		}
		return r.Create(event.Service, func(o *CreateOptions) { *o = options })
	case Delete:
		return r.Delete(event.Service, DeleteNamespace(options.Namespace), DeleteContext(options.Context))
	case Update:
		return r.Update(event.Service, UpdateNamespace(options.Namespace), UpdateContext(options.Context))
	default:
		return fmt.Errorf("event type %d is unknown", event.Type)
	}
}

// logs are where a runtime says what nobody waits for.
func logs(o Options) *slog.Logger { return logger.Slog(o.Logger).With("runtime", DefaultName) }
