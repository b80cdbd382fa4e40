package gobreaker

import (
	"errors"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/sony/gobreaker/v2"

	errs "github.com/microtop/microtop/framework/errors"
)

// maxBreakers bounds how many are kept: nodes come and go for as long as a program runs.
const maxBreakers = 4096

// breakers are breakers by key.
type breakers struct {
	settings gobreaker.Settings

	mu  sync.Mutex
	all map[string]*breaker
}

type breaker struct {
	*gobreaker.TwoStepCircuitBreaker[any]
	used time.Time // guarded by breakers.mu
}

func newBreakers(settings gobreaker.Settings) *breakers {
	if settings.IsSuccessful == nil {
		settings.IsSuccessful = successful
	}
	if settings.IsExcluded == nil {
		settings.IsExcluded = excluded
	}
	return &breakers{settings: settings, all: map[string]*breaker{}}
}

// get returns the breaker of a key.
func (b *breakers) get(key string) *breaker {
	b.mu.Lock()
	defer b.mu.Unlock()
	found := b.all[key]
	if found == nil {
		if len(b.all) >= maxBreakers {
			b.forget()
		}
		settings := b.settings
		settings.Name = key
		found = &breaker{TwoStepCircuitBreaker: gobreaker.NewTwoStepCircuitBreaker[any](settings)}
		b.all[key] = found
	}
	found.used = time.Now()
	return found
}

// forget lets go of the half that was used longest ago. b.mu is held.
func (b *breakers) forget() {
	keys := make([]string, 0, len(b.all))
	for key := range b.all {
		keys = append(keys, key)
	}
	slices.SortFunc(keys, func(a, c string) int { return b.all[a].used.Compare(b.all[c].used) })
	for _, key := range keys[:len(keys)/2] {
		delete(b.all, key)
	}
}

var errPanic = errors.New("panic")

// run makes a call if the key's breaker lets it, and tells the breaker how it ended.
func (b *breakers) run(service, key string, call func() error) error {
	done, err := b.get(key).Allow()
	if err != nil {
		return &openError{seen: errs.New(service, err.Error(), http.StatusBadGateway), cause: err}
	}
	ended := errPanic // unless the call returns
	defer func() { done(ended) }()
	ended = call()
	return ended
}
