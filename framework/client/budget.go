package client

import (
	"sync"
	"time"
)

const (
	// budgetShare is how many retries each call earns, and budgetRate how many each second does.
	budgetShare = 0.1
	budgetRate  = 10
	// budgetBurst is how many can be saved up.
	budgetBurst = 20
)

// budget bounds how often a client tries again what a server answered with an error, so that a fleet that fails is not
// hit twice as hard. The zero value is a full one. Safe for concurrent use.
type budget struct {
	mu   sync.Mutex
	used float64 // of budgetBurst
	at   time.Time
}

// earn notes a call.
func (b *budget) earn() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.used > 0 {
		b.used = max(b.used-budgetShare, 0)
	}
}

// take takes one retry out, if there is one.
func (b *budget) take() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now()
	if !b.at.IsZero() {
		b.used = max(b.used-now.Sub(b.at).Seconds()*budgetRate, 0)
	}
	b.at = now
	if b.used+1 > budgetBurst {
		return false
	}
	b.used++
	return true
}
