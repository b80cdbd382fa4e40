package main

import (
	"context"
	"errors"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"

	"github.com/microtop/microtop/framework/broker"
	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/internal/bench"
)

const topic = "bench.events"

// flooded floods a pair of brokers, which may be one.
func flooded(from, to broker.Broker, count int, pause time.Duration) (bench.Figures, error) {
	for _, b := range []broker.Broker{to, from} {
		if err := b.Connect(); err != nil {
			return nil, err
		}
		defer b.Disconnect() //nolint:errcheck // the process ends
	}
	return bench.Flood(bench.Broker{
		Publish: func(body []byte) error {
			err := from.Publish(topic, &broker.Message{Header: map[string]string{"Content-Type": "application/json"}, Body: body})
			if errors.Is(err, broker.ErrSlowConsumer) {
				return bench.ErrFull
			}
			return err
		},
		Subscribe: func(heard func([]byte)) error {
			_, err := to.Subscribe(topic, func(e broker.Event) error {
				heard(e.Message().Body)
				return nil
			})
			return err
		},
	}, count, 32, pause)
}

// httpPair are two http brokers that share a registry.
func httpPair() (from, to broker.Broker) {
	reg := registry.NewMemoryRegistry()
	return broker.NewBroker(broker.Registry(reg)), broker.NewBroker(broker.Registry(reg))
}

// probeHTTPBroker is the http broker, or raw nats.go, as fast as it goes.
func probeHTTPBroker(_ context.Context, system string, long bool) (bench.Figures, error) {
	count := 20_000
	if long {
		count *= 10
	}
	if system == bench.NATS {
		return floodNATS(count)
	}
	from, to := httpPair()
	return flooded(from, to, count, 0)
}

// probeHTTPPaced is the http broker at 10,000 messages a second.
func probeHTTPPaced(context.Context, string, bool) (bench.Figures, error) {
	from, to := httpPair()
	return flooded(from, to, 10_000, 100*time.Microsecond)
}

// probeMemoryBroker is the memory broker as fast as it goes.
func probeMemoryBroker(_ context.Context, _ string, long bool) (bench.Figures, error) {
	count := 200_000
	if long {
		count *= 10
	}
	b := broker.NewMemoryBroker()
	return flooded(b, b, count, 0)
}

// floodNATS floods a NATS server in this process through two connections.
func floodNATS(count int) (bench.Figures, error) {
	s, err := server.NewServer(&server.Options{Host: "127.0.0.1", Port: server.RANDOM_PORT, NoSigs: true, NoLog: true})
	if err != nil {
		return nil, err
	}
	s.Start()
	defer s.Shutdown()
	if !s.ReadyForConnections(5 * time.Second) {
		return nil, errors.New("nats-server is not ready after 5 s")
	}
	var conns [2]*nats.Conn
	for i := range conns {
		if conns[i], err = nats.Connect(s.ClientURL()); err != nil {
			return nil, err
		}
		defer conns[i].Close()
	}
	return bench.Flood(bench.Broker{
		Publish: func(body []byte) error { return conns[0].Publish(topic, body) },
		Subscribe: func(heard func([]byte)) error {
			sub, err := conns[1].Subscribe(topic, func(m *nats.Msg) { heard(m.Data) })
			if err != nil {
				return err
			}
			return errors.Join(sub.SetPendingLimits(-1, -1), conns[1].Flush())
		},
	}, count, 32, 0)
}
