package broker_test

import (
	"errors"
	"runtime"
	"testing"

	"github.com/microtop/microtop/framework/broker"
	"github.com/microtop/microtop/framework/registry"
)

// From Publish to the handler, within one process, as fast as it goes.
func BenchmarkPublish(b *testing.B) {
	for name, open := range kinds {
		b.Run(name, func(b *testing.B) {
			br := open(registry.NewMemoryRegistry())
			if err := br.Connect(); err != nil {
				b.Fatal(err)
			}
			defer func() { _ = br.Disconnect() }()
			got, want, done := 0, b.N, make(chan struct{})
			if _, err := br.Subscribe("t", func(broker.Event) error {
				if got++; got == want {
					close(done)
				}
				return nil
			}); err != nil {
				b.Fatal(err)
			}
			m := &broker.Message{Header: map[string]string{"Content-Type": "application/json"}, Body: make([]byte, 32)}
			b.ReportAllocs()
			b.ResetTimer()
			for range b.N {
				for errors.Is(br.Publish("t", m), broker.ErrSlowConsumer) {
					runtime.Gosched()
				}
			}
			<-done
		})
	}
}
