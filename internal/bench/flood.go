package bench

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"
)

// The figures of brokers: messages published of which nothing was heard, and those that arrived.
const (
	Lost      = "lost"
	Delivered = "delivered"
)

// Broker is a broker under measure: one that publishes and one that is subscribed, in this process.
type Broker struct {
	// Publish queues or sends a message; ErrFull says that it has to be tried again.
	Publish func(body []byte) error
	// Subscribe has each message's body handed to heard.
	Subscribe func(heard func(body []byte)) error
}

// ErrFull is what Publish returns when there is no room now.
var ErrFull = errors.New("no room for a message now")

// Flood publishes count messages of that many bytes, one every pause or as fast as they are taken, and waits until all
// have arrived, or nothing has for a second.
func Flood(b Broker, count, bytes int, pause time.Duration) (Figures, error) {
	begin := time.Now()
	heard := &audience{begin: begin, seen: make([]bool, count), all: make(chan struct{})}
	if err := b.Subscribe(heard.hear); err != nil {
		return nil, fmt.Errorf("subscribe: %w", err)
	}
	published := 0
	for i := range count {
		if wait := time.Until(begin.Add(time.Duration(i) * pause)); pause > 0 && wait > 0 {
			rest(wait)
		}
		body := make([]byte, max(bytes, 16))
		for {
			binary.BigEndian.PutUint64(body, uint64(i))
			binary.BigEndian.PutUint64(body[8:], uint64(time.Since(begin).Nanoseconds())) //nolint:gosec // not negative
			err := b.Publish(body)
			if err == nil {
				published++
				break
			}
			if !errors.Is(err, ErrFull) {
				break // not promised, so not lost
			}
			rest(200 * time.Microsecond)
		}
	}
	heard.wait()
	return heard.figures(begin, published)
}

// rest waits.
func rest(d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	<-timer.C
}

// audience is who hears a flood.
type audience struct {
	begin time.Time

	mu    sync.Mutex
	seen  []bool
	count int
	took  []time.Duration
	last  time.Time
	all   chan struct{} // closed when all were heard
}

func (a *audience) hear(body []byte) {
	now := time.Now()
	if len(body) < 16 {
		return
	}
	i := binary.BigEndian.Uint64(body)
	a.mu.Lock()
	defer a.mu.Unlock()
	if i >= uint64(len(a.seen)) || a.seen[i] {
		return
	}
	a.seen[i], a.last = true, now
	a.count++
	a.took = append(a.took, now.Sub(a.begin)-time.Duration(binary.BigEndian.Uint64(body[8:]))) //nolint:gosec // written above
	if a.count == len(a.seen) {
		close(a.all)
	}
}

const silence = time.Second

// wait waits until all were heard, or nothing was for a while.
func (a *audience) wait() {
	ticker := time.NewTicker(silence / 10)
	defer ticker.Stop()
	quiet, before := 0, -1
	for quiet < 10 {
		select {
		case <-a.all:
			return
		case <-ticker.C:
		}
		a.mu.Lock()
		if quiet++; a.count != before {
			quiet, before = 0, a.count
		}
		a.mu.Unlock()
	}
}

func (a *audience) figures(begin time.Time, published int) (Figures, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.count == 0 {
		return nil, fmt.Errorf("none of %d messages arrived", published)
	}
	slices.Sort(a.took)
	return Figures{
		Rate: float64(a.count) / a.last.Sub(begin).Seconds(), Delivered: float64(a.count), Lost: float64(max(published-a.count, 0)),
		P50: micros(percentile(a.took, 50)), P99: micros(percentile(a.took, 99)),
	}, nil
}
