package main

import (
	"context"
	"time"

	v4broker "go-micro.dev/v4/broker"
	v4logger "go-micro.dev/v4/logger"
	v4registry "go-micro.dev/v4/registry"

	"github.com/microtop/microtop/internal/bench"
)

const topic = "bench.events"

func flooded(from, to v4broker.Broker, count int, pause time.Duration) (bench.Figures, error) {
	v4logger.DefaultLogger = v4Logger()
	for _, b := range []v4broker.Broker{to, from} {
		if err := b.Connect(); err != nil {
			return nil, err
		}
	}
	return bench.Flood(bench.Broker{
		Publish: func(body []byte) error {
			return from.Publish(topic, &v4broker.Message{Header: map[string]string{"Content-Type": "application/json"}, Body: body})
		},
		Subscribe: func(heard func([]byte)) error {
			_, err := to.Subscribe(topic, func(e v4broker.Event) error {
				heard(e.Message().Body)
				return nil
			})
			return err
		},
	}, count, 32, pause)
}

func httpPair() (from, to v4broker.Broker) {
	reg := v4registry.NewMemoryRegistry()
	return v4broker.NewBroker(v4broker.Registry(reg)), v4broker.NewBroker(v4broker.Registry(reg))
}

// probeHTTPBroker floods the http broker with less than the others, since it takes a second for a few hundred.
func probeHTTPBroker(context.Context, string, bool) (bench.Figures, error) {
	from, to := httpPair()
	return flooded(from, to, 2000, 0)
}

func probeMemoryBroker(_ context.Context, _ string, long bool) (bench.Figures, error) {
	count := 200_000
	if long {
		count *= 10
	}
	b := v4broker.NewMemoryBroker()
	return flooded(b, b, count, 0)
}
