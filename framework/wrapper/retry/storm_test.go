package retry_test

import (
	"context"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/microtop/microtop/framework/client"
	errs "github.com/microtop/microtop/framework/errors"
	"github.com/microtop/microtop/framework/logger"
	"github.com/microtop/microtop/framework/server"
	"github.com/microtop/microtop/framework/server/servertest/fleet"
	"github.com/microtop/microtop/framework/transport"
	"github.com/microtop/microtop/framework/wrapper/retry"
	"github.com/microtop/microtop/framework/wrapper/wrappertest"
)

// Sick is on every node. It fails with a code until that is zero.
type Sick struct {
	asked atomic.Int64
	code  atomic.Int32
}

// Call fails while the nodes are not well.
func (s *Sick) Call(context.Context, *fleet.Empty, *fleet.Empty) error {
	s.asked.Add(1)
	if code := s.code.Load(); code != 0 {
		return errs.New("sick", "down", code)
	}
	return nil
}

// Three nodes fail for a second, 30 s nightly, at 300 calls a second: they are asked 1.1 times as often, and ten times a
// second more. A second after they are well no call fails. So with this budget and a client that always tries again, and
// with the client's own.
func TestR18_RetryStormOfThreeNodes(t *testing.T) {
	storm := time.Second
	if os.Getenv("NIGHTLY") == "1" {
		storm = 30 * time.Second
	}
	for _, c := range []struct {
		name   string
		code   int32
		client []client.Option
		wrap   client.Wrapper
	}{
		{"budget of the wrapper", 503, []client.Option{client.Retry(client.RetryAlways)}, retry.NewClientWrapper()},
		{"budget of the client", 500, []client.Option{client.Retry(client.RetrySafe)}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			nodes := new(Sick)
			nodes.code.Store(c.code)
			w := wrappertest.New(t, wrappertest.Config{
				Wrappers: wrappertest.Wrappers{Client: c.wrap}, Handlers: []any{nodes}, Client: append(c.client, client.Retries(3), client.Backoff(nil)),
			})
			for range 2 {
				another(t, w, nodes)
			}
			began := time.Now()
			calls, _ := load(t, w.Client, storm)
			asked, took := nodes.asked.Load(), time.Since(began).Seconds()
			most := int64(1.1*float64(calls)+10*took) + 21 // what the client has saved up, and the one that rounding costs
			t.Logf("R-18: %d calls in %.1f s, %d attempts, %.3f a call (limit %d)", calls, took, asked, float64(asked)/float64(calls), most)
			if asked > most || asked <= int64(calls) {
				t.Errorf("the nodes were asked %d times, want more than %d and at most %d", asked, calls, most)
			}

			nodes.code.Store(0)
			well := time.Now()
			calls, last := load(t, w.Client, 1500*time.Millisecond)
			if last.IsZero() {
				last = well
			}
			t.Logf("R-18: of %d calls the last failed %v after the nodes were well", calls, last.Sub(well).Round(time.Millisecond))
			if last.Sub(well) > time.Second {
				t.Errorf("a call failed %v after the nodes were well", last.Sub(well))
			}
		})
	}
}

// another starts one more node of the world.
func another(t *testing.T, w *wrappertest.World, handler any) {
	t.Helper()
	s := server.NewServer(server.Name(fleet.Service), server.Address("127.0.0.1:0"), server.Registry(w.Registry),
		server.Transport(transport.NewHTTPTransport()), server.WithLogger(logger.NewLogger(logger.WithHandler(slog.DiscardHandler))))
	if err := s.Handle(s.NewHandler(handler)); err != nil {
		t.Fatal(err)
	}
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Stop(); err != nil {
			t.Errorf("stop: %v", err)
		}
	})
}

// load makes 300 calls a second, waits for their ends, and says when the last one that failed began.
func load(t *testing.T, c client.Client, length time.Duration) (calls int, failed time.Time) {
	t.Helper()
	const rate = 300
	tick := time.NewTicker(time.Second / rate)
	defer tick.Stop()
	var mu sync.Mutex
	var running sync.WaitGroup
	for calls = 0; calls < int(length.Seconds()*rate); calls++ {
		<-tick.C
		began := time.Now()
		running.Go(func() {
			err := c.Call(t.Context(), c.NewRequest(fleet.Service, "Sick.Call", &fleet.Empty{}), new(fleet.Empty), client.Idempotent())
			if err == nil {
				return
			}
			mu.Lock()
			defer mu.Unlock()
			if began.After(failed) {
				failed = began
			}
		})
	}
	running.Wait()
	return calls, failed
}
