package broker_test

import (
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/microtop/microtop/framework/broker"
	"github.com/microtop/microtop/framework/internal/leaktest"
	"github.com/microtop/microtop/framework/registry"
)

// kinds are the brokers of this package.
var kinds = map[string]func(registry.Registry) broker.Broker{
	"http":   func(r registry.Registry) broker.Broker { return broker.NewBroker(broker.Registry(r)) },
	"memory": func(registry.Registry) broker.Broker { return broker.NewMemoryBroker() },
}

// While nothing breaks, at most once is exactly once: 5,000 of 5,000, or an error for each that is missing.
func TestR14_InTheSteadyStateNothingIsLost(t *testing.T) {
	for name, open := range kinds {
		t.Run(name, func(t *testing.T) {
			b := open(registry.NewMemoryRegistry())
			if err := b.Connect(); err != nil {
				t.Fatal(err)
			}
			defer func() { _ = b.Disconnect() }()
			var got atomic.Int64
			if _, err := b.Subscribe("t", func(broker.Event) error { got.Add(1); return nil }); err != nil {
				t.Fatal(err)
			}
			const messages = 5000
			refused := int64(0)
			for i := range messages {
				err := b.Publish("t", &broker.Message{Body: []byte(fmt.Sprint(i))})
				switch {
				case errors.Is(err, broker.ErrSlowConsumer):
					refused++
				case err != nil:
					t.Fatal(err)
				}
			}
			for end := time.Now().Add(10 * time.Second); got.Load()+refused < messages && time.Now().Before(end); {
				time.Sleep(time.Millisecond)
			}
			t.Logf("%d delivered, %d refused of %d", got.Load(), refused, messages)
			if got.Load()+refused != messages {
				t.Errorf("%d delivered and %d refused of %d", got.Load(), refused, messages)
			}
		})
	}
}

func TestL06_BrokersLeaveNothing(t *testing.T) {
	for name, open := range kinds {
		t.Run(name, func(t *testing.T) {
			leaktest.Rounds(t, func() {
				b := open(registry.NewMemoryRegistry())
				if err := b.Connect(); err != nil {
					t.Fatal(err)
				}
				done := make(chan struct{}, 1)
				if _, err := b.Subscribe("t", func(broker.Event) error { done <- struct{}{}; return nil }); err != nil {
					t.Fatal(err)
				}
				if err := b.Publish("t", &broker.Message{}); err != nil {
					t.Fatal(err)
				}
				<-done
				if err := b.Disconnect(); err != nil {
					t.Fatal(err)
				}
			})
		})
	}
}
