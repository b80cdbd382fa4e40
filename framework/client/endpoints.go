package client

import (
	"sync"
	"time"

	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/framework/selector"
)

const (
	// endpointTTL is how long an endpoint's metadata counts before it is looked at again.
	endpointTTL = 10 * time.Second
	// maxEndpoints bounds what is remembered.
	maxEndpoints = 4096
)

// endpoints remembers which endpoints say of themselves that they are idempotent.
type endpoints struct {
	mu    sync.RWMutex
	known map[endpointName]endpointNote
}

type endpointName struct{ service, endpoint string }

type endpointNote struct {
	idempotent bool
	at         time.Time
}

// idempotent reports what is known of an endpoint, and whether it should be looked at again.
func (e *endpoints) idempotent(name endpointName, now time.Time) (idempotent, old bool) {
	e.mu.RLock()
	defer e.mu.RUnlock()
	note, ok := e.known[name]
	return note.idempotent, !ok || now.Sub(note.at) > endpointTTL
}

// look returns a filter that changes nothing and notes what the registry says of the endpoint.
func (e *endpoints) look(name endpointName, now time.Time) selector.SelectOption {
	return selector.WithFilter(func(services []*registry.Service) []*registry.Service {
		note := endpointNote{at: now}
		for _, s := range services {
			for _, endpoint := range s.Endpoints {
				if endpoint != nil && endpoint.Name == name.endpoint && endpoint.Metadata["idempotent"] == "true" {
					note.idempotent = true
				}
			}
		}
		e.mu.Lock()
		defer e.mu.Unlock()
		if e.known == nil || len(e.known) >= maxEndpoints {
			e.known = make(map[endpointName]endpointNote)
		}
		e.known[name] = note
		return services
	})
}
