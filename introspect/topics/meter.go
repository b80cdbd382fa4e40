package topics

import (
	"context"
	"fmt"
	"math"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/microtop/microtop/framework/broker"
	"github.com/microtop/microtop/introspect"
)

const (
	// MeterTopics is how many topics a meter listens to at most.
	MeterTopics = 64
	// MeterBusy is how many messages a second a topic may have to be listened to all the time. One that has more is
	// listened to for one second in ten.
	MeterBusy = 1000

	meterWindow = time.Second
	meterRest   = 9  // windows
	meterRecent = 60 // windows
)

// Rate is what a meter counted of one topic.
type Rate struct {
	// PerSecond and BytesPerSecond are those of the last second that was listened to; NaN before the first one ended.
	PerSecond, BytesPerSecond float64
	// Recent are the last minute's messages a second, oldest first.
	Recent []float64
	// Messages and Bytes came while it was listened to, for Listened altogether.
	Messages, Bytes uint64
	Listened        time.Duration
	// Sampled says that it is listened to a part of the time.
	Sampled bool
	// Err is why it is not listened to.
	Err error
}

// Mean is the messages and bytes a second of all the time that was listened to.
func (r Rate) Mean() (messages, bytes float64) {
	if r.Listened <= 0 {
		return 0, 0
	}
	return float64(r.Messages) / r.Listened.Seconds(), float64(r.Bytes) / r.Listened.Seconds()
}

// Meter counts the messages of topics. It listens as a tail does, while [Meter.Run] runs and no longer, keeps nothing of
// what comes, and spares busy topics: see [MeterBusy]. Safe for concurrent use.
type Meter struct {
	session *introspect.Session

	mu     sync.Mutex
	wanted []string
	gauges map[string]*gauge
}

// NewMeter returns a meter of no topics.
func NewMeter(session *introspect.Session) *Meter {
	return &Meter{session: session, gauges: map[string]*gauge{}}
}

// gauge is one topic's count. What is not atomic belongs to the meter's lock.
type gauge struct {
	messages, bytes atomic.Uint64 // since the window began

	rate  Rate
	sub   broker.Subscriber // nil while it rests
	begun time.Time         // the window
	rests int               // windows still to come
}

// SetTopics says what is measured from the next second on: the first [MeterTopics] of them.
func (m *Meter) SetTopics(names []string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.wanted = slices.Clone(names[:min(len(names), MeterTopics)])
}

// Rates returns what was measured so far of the topics.
func (m *Meter) Rates() map[string]Rate {
	m.mu.Lock()
	defer m.mu.Unlock()
	out := make(map[string]Rate, len(m.gauges))
	for name, g := range m.gauges {
		out[name] = g.rate
	}
	return out
}

// Run measures until ctx ends, then listens to nothing any more. A read-only session refuses, as for a tail. It is
// called once.
func (m *Meter) Run(ctx context.Context) error {
	if err := m.session.Change(); err != nil {
		return fmt.Errorf("%w: %w", errRegisters, err)
	}
	b, err := m.session.Broker()
	if err != nil {
		return err
	}
	defer m.rest()
	ticker := time.NewTicker(meterWindow)
	defer ticker.Stop()
	m.turn(b)
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
			m.turn(b)
		}
	}
}

// turn ends the window and begins the next one.
func (m *Meter) turn(b broker.Broker) {
	m.mu.Lock()
	wanted := m.wanted
	var gone []broker.Subscriber
	for name, g := range m.gauges {
		g.read()
		if !slices.Contains(wanted, name) {
			delete(m.gauges, name)
			gone = append(gone, g.silence()...)
		} else if g.rate.PerSecond > MeterBusy && g.sub != nil {
			g.rate.Sampled, g.rests = true, meterRest
			gone = append(gone, g.silence()...)
		} else if g.rate.PerSecond <= MeterBusy {
			g.rate.Sampled = false
		}
	}
	m.mu.Unlock()
	for _, sub := range gone {
		_ = sub.Unsubscribe() // the meter counts no more of it either way
	}
	for _, name := range wanted {
		m.listen(b, name)
	}
}

// listen subscribes to a topic, unless it is, or the topic rests.
func (m *Meter) listen(b broker.Broker, name string) {
	m.mu.Lock()
	g := m.gauges[name]
	if g == nil {
		g = &gauge{rate: Rate{PerSecond: math.NaN(), BytesPerSecond: math.NaN()}}
		m.gauges[name] = g
	}
	g.rests--
	listens := g.sub != nil || g.rests >= 0
	m.mu.Unlock()
	if listens {
		return
	}
	sub, err := b.Subscribe(name, func(e broker.Event) error {
		g.messages.Add(1)
		g.bytes.Add(uint64(len(e.Message().Body)))
		return nil
	})
	m.mu.Lock()
	defer m.mu.Unlock()
	g.rate.Err = err
	if err == nil {
		g.sub, g.begun = sub, time.Now()
	}
}

// read takes what a window counted.
func (g *gauge) read() {
	if g.sub == nil {
		return
	}
	messages, bytes := g.messages.Swap(0), g.bytes.Swap(0)
	took := time.Since(g.begun)
	g.begun = time.Now()
	if took <= 0 {
		return
	}
	r := &g.rate
	r.Messages, r.Bytes, r.Listened = r.Messages+messages, r.Bytes+bytes, r.Listened+took
	r.PerSecond, r.BytesPerSecond = float64(messages)/took.Seconds(), float64(bytes)/took.Seconds()
	recent := append(slices.Clone(r.Recent), r.PerSecond) // Rates handed the old one out
	r.Recent = recent[max(len(recent)-meterRecent, 0):]
}

// silence takes the subscription away, for the caller to end.
func (g *gauge) silence() []broker.Subscriber {
	sub := g.sub
	g.sub = nil
	if sub == nil {
		return nil
	}
	return []broker.Subscriber{sub}
}

// rest ends the last window and all subscriptions.
func (m *Meter) rest() {
	m.mu.Lock()
	var subs []broker.Subscriber
	for _, g := range m.gauges {
		g.read()
		subs = append(subs, g.silence()...)
	}
	m.mu.Unlock()
	for _, sub := range subs {
		_ = sub.Unsubscribe() // the meter ends anyway
	}
}
