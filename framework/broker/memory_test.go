package broker_test

import (
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/microtop/microtop/framework/broker"
	"github.com/microtop/microtop/framework/broker/brokertest"
	"github.com/microtop/microtop/framework/limits"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestA120_A121_MemoryConformance(t *testing.T) {
	brokers := map[*testing.T]broker.Broker{} // brokers of one test reach each other: they are one
	brokertest.Run(t, func(t *testing.T) broker.Broker {
		if brokers[t] == nil {
			brokers[t] = broker.NewMemoryBroker()
		}
		return brokers[t]
	}, brokertest.Caps{Queues: true})
}

// published = delivered + dropped + pending, exactly; a slow subscriber holds nobody.
func TestR17_SlowSubscriberIsCountedAndHoldsNobody(t *testing.T) {
	reported := make(chan error, 16)
	b := broker.NewMemoryBroker(
		broker.WithLimits(limits.Limits{PendingMessages: 100}),
		broker.ErrorHandler(func(e broker.Event) error { reported <- e.Error(); return nil }))
	if err := b.Connect(); err != nil {
		t.Fatal(err)
	}
	release := make(chan struct{})
	slow, err := b.Subscribe("t", func(broker.Event) error { <-release; return nil })
	if err != nil {
		t.Fatal(err)
	}
	var fast atomic.Int64
	if _, err := b.Subscribe("t", func(broker.Event) error { fast.Add(1); return nil }); err != nil {
		t.Fatal(err)
	}
	const published = 1000
	var dropped uint64
	for i := range published {
		for deadline := time.Now().Add(10 * time.Second); fast.Load() < int64(i)-50 && time.Now().Before(deadline); {
			time.Sleep(10 * time.Microsecond) // the publisher's pace is within the fast one's limit
		}
		if err := b.Publish("t", &broker.Message{Body: make([]byte, 10)}); errors.Is(err, broker.ErrSlowConsumer) {
			dropped++
		} else if err != nil {
			t.Fatal(err)
		}
	}
	stats := slow.(broker.StatsReader).Stats()
	if stats.Dropped != dropped || stats.Delivered+stats.Dropped+stats.Pending != published || dropped == 0 {
		t.Errorf("%+v; Publish reported %d drops of %d", stats, dropped, published)
	}
	select {
	case err := <-reported:
		if !errors.Is(err, broker.ErrSlowConsumer) {
			t.Errorf("reported %v", err)
		}
	default:
		t.Error("the slow subscriber was not reported")
	}
	for deadline := time.Now().Add(10 * time.Second); fast.Load() < published && time.Now().Before(deadline); {
		time.Sleep(time.Millisecond)
	}
	if got := fast.Load(); got != published {
		t.Errorf("the fast subscriber got %d of %d", got, published)
	}
	close(release)
	if err := b.Disconnect(); err != nil {
		t.Fatal(err)
	}
}
