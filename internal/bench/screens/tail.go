package main

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/microtop/microtop/framework/broker"
	"github.com/microtop/microtop/framework/client"
	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/internal/bench"
	"github.com/microtop/microtop/introspect"
	"github.com/microtop/microtop/tui"
	"github.com/microtop/microtop/tui/theme"
	"github.com/microtop/microtop/views/tail"
)

const (
	topic = "bench.events"
	// perSecond messages are published, in bursts.
	perSecond = 100_000
	burst     = 2 * time.Millisecond
	// typing is how often a key is pressed meanwhile.
	typing = 200 * time.Millisecond
)

// probeTail publishes 100,000 messages a second to a tail, or to a subscriber that does nothing with them.
func probeTail(ctx context.Context, system string, long bool) (bench.Figures, error) {
	span := 10 * time.Second
	if long {
		span = time.Minute
	}
	b := broker.NewMemoryBroker()
	if err := b.Connect(); err != nil {
		return nil, err
	}
	defer b.Disconnect() //nolint:errcheck // the process ends
	if system == bench.BrokerAlone {
		if _, err := b.Subscribe(topic, func(broker.Event) error { return nil }); err != nil {
			return nil, err
		}
		f := flood(b)
		before, err := processorTime()
		if err != nil {
			return nil, err
		}
		time.Sleep(span)
		after, err := processorTime()
		f.end()
		return bench.Figures{bench.Core: percent(after-before, span)}, err
	}
	r := registry.NewMemoryRegistry()
	session, err := introspect.Open(introspect.Config{Registry: r, Broker: b, Client: introspect.NewClient(client.Registry(r), client.Broker(b))})
	if err != nil {
		return nil, err
	}
	look := theme.Default()
	t, err := open(ctx, tui.Config{Theme: look, Start: tui.Open{Name: "tail", With: topic}, Routes: []tui.Route{tail.Route(ctx, session, look)}})
	if err != nil {
		return nil, err
	}
	if _, err := t.after("nothing was published", func() error { return nil }); err != nil {
		return nil, errors.Join(err, t.close())
	}
	out, err := flooded(t, b, span)
	return out, errors.Join(err, t.close())
}

// flooded measures a tail while messages come, with keys typed into the command line.
func flooded(t *terminal, b broker.Broker, span time.Duration) (bench.Figures, error) {
	if _, err := t.after(letter(0), func() error { return t.press(":" + letter(0)) }); err != nil {
		return nil, err
	}
	f := flood(b)
	defer f.end()
	before, err := processorTime()
	if err != nil {
		return nil, err
	}
	var keys []time.Duration
	var most [3]float64 // memory, in thirds of the time
	begin := time.Now()
	for n := 1; time.Since(begin) < span; n++ {
		time.Sleep(typing)
		d, err := t.after(letter(n), func() error { return t.press(letter(n)) })
		if err != nil {
			return nil, err
		}
		keys = append(keys, d)
		now, _, err := bench.Memory()
		if err != nil {
			return nil, err
		}
		third := min(int(3*time.Since(begin)/span), 2)
		most[third] = max(most[third], now)
	}
	took := time.Since(begin)
	after, err := processorTime()
	if err != nil {
		return nil, err
	}
	_, peak, err := bench.Memory()
	published := f.end()
	out := bench.Figures{
		bench.Core: percent(after-before, took), bench.Rate: float64(published) / took.Seconds(), bench.Key: spread(keys)[bench.P99] / 1e3,
		bench.Resident: peak, bench.Grown: most[2] - most[1], bench.Lost: 0,
	}
	if err := t.press("\x1b"); err != nil {
		return nil, err
	}
	time.Sleep(2 * time.Second) // what waits in the broker arrives, and is counted
	// The screen says how many came. It is written as a whole after ctrl+l.
	if _, failed := t.after(fmt.Sprintf(" of %d ", published), func() error { return t.press("\x0c") }); failed != nil {
		out[bench.Lost] = 1
	}
	return out, err
}

// flow is a publisher.
type flow struct {
	stop      atomic.Bool
	ended     chan struct{}
	published int // after ended
}

// flood publishes perSecond until the flow's end.
func flood(b broker.Broker) *flow {
	f := &flow{ended: make(chan struct{})}
	m := &broker.Message{
		Header: map[string]string{"Content-Type": "application/json", "Micro-Id": "00000000-0000-0000-0000-000000000000"},
		Body:   []byte(`{"order":{"id":"o-12345","userId":"customer-7","items":[{"id":"kettle","count":2}]},"at":"2026-11-21T06:00:00Z"}`),
	}
	go func() {
		defer close(f.ended)
		ticker := time.NewTicker(burst)
		defer ticker.Stop()
		begin := time.Now()
		for !f.stop.Load() {
			<-ticker.C
			for due := int(time.Since(begin).Seconds() * perSecond); f.published < due; f.published++ {
				for b.Publish(topic, m) != nil { // the queue is full for a moment
					time.Sleep(time.Millisecond)
				}
			}
		}
	}()
	return f
}

// end stops it and returns how many messages were published.
func (f *flow) end() int {
	f.stop.Store(true)
	<-f.ended
	return f.published
}

// processorTime is this process's user and system time.
func processorTime() (time.Duration, error) {
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		return 0, fmt.Errorf("getrusage: %w", err)
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano()), nil
}

func percent(used, span time.Duration) float64 { return 100 * used.Seconds() / span.Seconds() }
