package topics_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"testing"
	"testing/synctest"
	"time"

	"github.com/microtop/microtop/framework/broker"
	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/introspect"
	"github.com/microtop/microtop/introspect/topics"
)

func TestMeter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, b := registry.NewMemoryRegistry(), broker.NewMemoryBroker()
		s := session(t, r, b)
		ctx, cancel := context.WithCancel(t.Context())
		m := topics.NewMeter(s)
		m.SetTopics([]string{"calm", "busy"})
		ended := make(chan error, 1)
		go func() { ended <- m.Run(ctx) }()
		synctest.Wait()
		if got := m.Rates()["calm"]; !math.IsNaN(got.PerSecond) {
			t.Errorf("before the first second: %v", got)
		}
		publish := func(topic string, n int) {
			for i := range n {
				if err := b.Publish(topic, &broker.Message{Body: []byte("12345")}); err != nil {
					t.Error(err)
				}
				if i%100 == 99 {
					synctest.Wait() // nothing is dropped
				}
			}
		}
		second := func() map[string]topics.Rate {
			time.Sleep(time.Second)
			synctest.Wait()
			return m.Rates()
		}
		time.Sleep(time.Second / 2) // between the meter's own seconds
		publish("calm", 3)
		publish("busy", 1500)
		got := second()
		if c := got["calm"]; c.PerSecond != 3 || c.BytesPerSecond != 15 || c.Messages != 3 || c.Sampled {
			t.Errorf("calm: %+v", c)
		}
		if c := got["busy"]; c.PerSecond != 1500 || !c.Sampled || c.Bytes != 7500 {
			t.Errorf("busy: %+v", c)
		}
		for range 9 { // nobody listens to the busy one
			publish("busy", 1500)
			publish("calm", 1)
			got = second()
		}
		if c := got["busy"]; c.Messages != 1500 || c.PerSecond != 1500 || len(c.Recent) != 1 {
			t.Errorf("busy, at rest: %+v", c)
		}
		if c := got["calm"]; c.PerSecond != 1 || c.Messages != 12 || len(c.Recent) != 10 || c.Recent[0] != 3 {
			t.Errorf("calm, ten seconds on: %+v", c)
		}
		publish("busy", 10)
		got = second()
		if c := got["busy"]; c.PerSecond != 10 || c.Sampled || c.Messages != 1510 {
			t.Errorf("busy, calm again: %+v", c)
		}
		if messages, bytes := got["busy"].Mean(); messages != 755 || bytes != 3775 {
			t.Errorf("mean %v, %v", messages, bytes)
		}
		m.SetTopics([]string{"busy", "other"})
		publish("calm", 1)
		got = second()
		if _, there := got["calm"]; there || len(got) != 2 {
			t.Errorf("another choice of topics: %v", got)
		}
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		before := m.Rates()["busy"].Messages
		publish("busy", 5)
		synctest.Wait()
		if m.Rates()["busy"].Messages != before {
			t.Error("it still counts")
		}
	})
}

// A meter leaves nothing in the registry, and listens to no more topics than it may.
func TestAMeterIsBounded(t *testing.T) {
	r := registry.NewMemoryRegistry()
	s := session(t, r, broker.NewBroker(broker.Registry(r)))
	m := topics.NewMeter(s)
	names := make([]string, topics.MeterTopics+10)
	for i := range names {
		names[i] = fmt.Sprintf("topic%d", i)
	}
	m.SetTopics(names)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- m.Run(ctx) }()
	eventually(t, func() error {
		if found, err := topics.List(t.Context(), s); err != nil || len(found) != topics.MeterTopics {
			return fmt.Errorf("%d topics are listened to, %w", len(found), err)
		}
		return nil
	})
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if found, err := topics.List(t.Context(), s); err != nil || len(found) != 0 {
		t.Errorf("afterwards: %v, %v", found, err)
	}
}

func TestAReadOnlySessionIsNotMeasured(t *testing.T) {
	s := session(t, registry.NewMemoryRegistry(), broker.NewMemoryBroker(), func(c *introspect.Config) { c.ReadOnly = true })
	if err := topics.NewMeter(s).Run(t.Context()); !errors.Is(err, introspect.ErrReadOnly) {
		t.Error(err)
	}
}
