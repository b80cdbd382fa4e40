package broker_test

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/microtop/microtop/framework/broker"
	"github.com/microtop/microtop/framework/limits"
	"github.com/microtop/microtop/framework/logger"
	"github.com/microtop/microtop/framework/registry"
)

// register makes known a broadcast subscriber to the topic t at each address.
func register(t *testing.T, r registry.Registry, secure bool, addresses ...string) {
	t.Helper()
	service := &registry.Service{Name: broker.ServiceName, Version: "ff.http.broadcast"}
	for i, address := range addresses {
		service.Nodes = append(service.Nodes, &registry.Node{Id: fmt.Sprintf("t-%s-%d", address, i), Address: address, Metadata: map[string]string{
			"broker": "http", "secure": strconv.FormatBool(secure), "topic": "t",
		}})
	}
	if err := r.Register(service); err != nil {
		t.Fatal(err)
	}
}

func send(t *testing.T, b broker.Broker, n int) {
	t.Helper()
	for i := range n {
		if err := b.Publish("t", &broker.Message{Body: []byte(fmt.Sprint(i))}); err != nil {
			t.Fatalf("publish %d: %v", i, err)
		}
	}
}

func published(b broker.Broker) broker.PublisherStats {
	return b.(broker.PublisherStatsReader).PublisherStats()
}

// settled waits until nothing is pending.
func settled(t *testing.T, b broker.Broker) broker.PublisherStats {
	t.Helper()
	for end := time.Now().Add(8 * time.Second); ; time.Sleep(time.Millisecond) {
		stats := published(b)
		if stats.Pending == 0 {
			return stats
		}
		if time.Now().After(end) {
			t.Fatalf("not settled: %+v", stats)
		}
	}
}

// quiet keeps the warnings that are meant out of the tests' output.
func quiet() broker.Option {
	return broker.Logger(logger.NewLogger(logger.WithOutput(io.Discard)))
}

// Whatever a subscriber answers, and if it answers nothing: what may have arrived is not posted again.
func TestAtMostOnce(t *testing.T) {
	for name, c := range map[string]struct {
		answer http.HandlerFunc
		want   broker.PublisherStats
	}{
		"taken":      {func(http.ResponseWriter, *http.Request) {}, broker.PublisherStats{Sent: 1}},
		"redirected": {func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Location", "/x"); w.WriteHeader(307) }, broker.PublisherStats{Refused: 1}},
		"not found":  {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(404) }, broker.PublisherStats{Refused: 1}},
		"failed":     {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) }, broker.PublisherStats{Refused: 1}},
		"no room":    {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(503) }, broker.PublisherStats{Refused: 1}},
		"hung up":    {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, broker.PublisherStats{Lost: 1}},
	} {
		t.Run(name, func(t *testing.T) {
			var posts atomic.Int64
			peer := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				_, _ = io.Copy(io.Discard, r.Body)
				posts.Add(1)
				c.answer(w, r)
			}))
			defer peer.Close()
			b, r := open(t, quiet())
			register(t, r, false, peer.Listener.Addr().String())
			send(t, b, 1)
			if diff := cmp.Diff(c.want, settled(t, b)); diff != "" {
				t.Error(diff)
			}
			if n := posts.Load(); n != 1 {
				t.Errorf("posted %d times", n)
			}
		})
	}
}

// closesFirst closes the first connection at once.
type closesFirst struct {
	net.Listener
	once sync.Once
}

func (l *closesFirst) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err == nil {
		l.once.Do(func() { _ = conn.Close() })
	}
	return conn, err
}

// What cannot have arrived is tried again: here the first handshake fails.
func TestNoConnectionIsTriedAgain(t *testing.T) {
	var posts atomic.Int64
	peer := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { posts.Add(1) }))
	peer.Config.ErrorLog = log.New(io.Discard, "", 0)
	peer.Listener = &closesFirst{Listener: peer.Listener}
	peer.StartTLS()
	defer peer.Close()
	roots := x509.NewCertPool()
	roots.AddCert(peer.Certificate())
	config := &tls.Config{RootCAs: roots, Certificates: peer.TLS.Certificates, MinVersion: tls.VersionTLS12}
	b, r := open(t, quiet(), broker.TLSConfig(config))
	register(t, r, true, peer.Listener.Addr().String())
	send(t, b, 1)
	if got := settled(t, b); got != (broker.PublisherStats{Sent: 1}) || posts.Load() != 1 {
		t.Errorf("%+v, %d posts", got, posts.Load())
	}
}

// A subscriber that cannot be connected to is set aside with what waits for it, and all of it is counted.
func TestSetAside(t *testing.T) {
	b, r := open(t, quiet())
	register(t, r, false, "127.0.0.1:1")
	send(t, b, 10)
	if got := settled(t, b); got != (broker.PublisherStats{Dropped: 10}) {
		t.Errorf("%+v", got)
	}
	send(t, b, 1)
	if got := published(b); got != (broker.PublisherStats{Dropped: 11}) {
		t.Errorf("one that is set aside is given a message: %+v", got)
	}
}

// A subscriber that comes back is posted to again.
func TestBackFromAside(t *testing.T) {
	var well atomic.Bool
	peer := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		if !well.Load() {
			panic(http.ErrAbortHandler)
		}
	}))
	defer peer.Close()
	b, r := open(t, quiet())
	register(t, r, false, peer.Listener.Addr().String())
	send(t, b, 1)
	settled(t, b)
	well.Store(true)
	for end := time.Now().Add(5 * time.Second); settled(t, b).Sent == 0; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("still aside: %+v", published(b))
		}
		send(t, b, 1)
	}
}

// A connection that breaks costs a subscriber that has answered before what was under way, and not the rest: here a
// burst of at most two.
func TestOneMoreChance(t *testing.T) {
	var posts atomic.Int64
	peer := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		if posts.Add(1) == 2 {
			panic(http.ErrAbortHandler)
		}
	}))
	defer peer.Close()
	b, r := open(t, quiet())
	register(t, r, false, peer.Listener.Addr().String())
	send(t, b, 1)
	settled(t, b)
	send(t, b, 10)
	got := settled(t, b)
	if got.Lost < 1 || got.Lost > 2 || got.Sent+got.Lost != 11 || posts.Load() > 11 {
		t.Errorf("%+v, %d posts", got, posts.Load())
	}
}

// Subscribers are remembered up to the limit of nodes.
func TestTooManySubscribers(t *testing.T) {
	var posts atomic.Int64
	peer := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { posts.Add(1) }))
	defer peer.Close()
	b, r := open(t, quiet(), broker.WithLimits(limits.Limits{NodesPerService: 2}))
	address := peer.Listener.Addr().String()
	register(t, r, false, address, address, address)
	send(t, b, 1)
	if got := settled(t, b); got != (broker.PublisherStats{Sent: 2, Dropped: 1}) || posts.Load() != 2 {
		t.Errorf("%+v, %d posts", got, posts.Load())
	}
}

// S-04, S-06: many subscribers that take connections and never answer cost little, and those that answer, and our
// own, get everything at once.
func TestSilentSubscribersHoldNobody(t *testing.T) {
	const fakes, messages = 500, 20
	var conns atomic.Int64
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var accepting sync.WaitGroup
	accepting.Go(func() {
		var held []net.Conn
		for {
			conn, err := silent.Accept()
			if err != nil {
				break
			}
			conns.Add(1)
			held = append(held, conn)
		}
		for _, conn := range held {
			_ = conn.Close()
		}
	})
	var got atomic.Int64
	peer := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { got.Add(1) }))
	b, r := open(t, quiet())
	t.Cleanup(func() { // before the broker's, which then has nothing to wait for
		_ = silent.Close()
		accepting.Wait()
		peer.Close()
	})
	register(t, r, false, peer.Listener.Addr().String())
	send(t, b, 1)
	settled(t, b)
	got.Store(0)
	before := runtime.NumGoroutine()
	register(t, r, false, slices.Repeat([]string{silent.Addr().String()}, fakes)...)
	other, err := b.Subscribe("t", func(broker.Event) error { got.Add(1); return nil })
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = other.Unsubscribe() }()
	for end := time.Now().Add(5 * time.Second); published(b).Pending == 0; time.Sleep(time.Millisecond) { // they have become known
		send(t, b, 1)
		if time.Now().After(end) {
			t.Fatal("nothing is posted to the silent ones")
		}
	}
	for end := time.Now().Add(3 * time.Second); got.Load() < 2; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("the first message arrived %d times, want both", got.Load())
		}
	}
	base := got.Load()
	start := time.Now()
	send(t, b, messages)
	for got.Load() < base+2*messages {
		if time.Since(start) > 3*time.Second {
			t.Fatalf("%d messages arrived, want %d", got.Load()-base, 2*messages)
		}
		time.Sleep(time.Millisecond)
	}
	if more := runtime.NumGoroutine() - before; more > 300 {
		t.Errorf("%d goroutines more", more)
	}
	if n := conns.Load(); n > 100 {
		t.Errorf("%d connections", n)
	}
	t.Logf("%v for %d messages, %d goroutines more, %d connections", time.Since(start), messages, runtime.NumGoroutine()-before, conns.Load())
}
