package server_test

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/microtop/microtop/framework/limits"
	"github.com/microtop/microtop/framework/server"
	"github.com/microtop/microtop/framework/transport"
)

// Deaf is a handler that reads nothing of its stream.
type Deaf struct{ ran, live atomic.Int64 }

// Listen waits for the stream's end.
func (d *Deaf) Listen(ctx context.Context, _ server.Stream) error {
	d.live.Add(1)
	d.ran.Add(1)
	defer d.live.Add(-1)
	<-ctx.Done()
	return ctx.Err()
}

// A peer that fills a stream which nobody reads, and leaves, must not hold the handler and the connection for good: the
// connection's only reader waits for room, and would never see that it is gone.
func TestAStreamThatNobodyReadsEnds(t *testing.T) {
	t.Parallel()
	deaf := new(Deaf)
	bounded := transport.NewHTTPTransport(transport.WithLimits(limits.Limits{IdleTimeout: 200 * time.Millisecond}))
	p := connect(t, start(t, []any{deaf}, server.Transport(bounded)))
	for range 200 {
		p.write(post(`{}`, "Micro-Endpoint: Deaf.Listen", "Micro-Id: 1", "Micro-Stream: 1"))
	}
	for deadline := time.Now().Add(5 * time.Second); deaf.ran.Load() == 0; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the handler did not run")
		}
	}
	_ = p.conn.Close()
	for deadline := time.Now().Add(5 * time.Second); deaf.live.Load() > 0; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the handler still runs")
		}
	}
}

// A web page can make its visitor's browser post without asking first, but only without a content type and headers of
// ours: such a request must not pass for an old peer's.
func TestS06_AWebPageIsNoOldPeer(t *testing.T) {
	t.Parallel()
	call := `{"method":"Greeter.Hello","params":[{"name":"x"}],"id":"1"}`
	for name, c := range map[string]struct {
		headers []string
		refused bool
	}{
		"an old peer":         {[]string{"Content-Type: application/json"}, false},
		"no content type":     {[]string{"X-Content-Type: none"}, true},
		"with an origin":      {[]string{"Content-Type: application/json", "Origin: http://evil.example"}, true},
		"from a page":         {[]string{"Content-Type: application/json", "Referer: http://evil.example/"}, true},
		"with fetch metadata": {[]string{"Content-Type: application/json", "Sec-Fetch-Mode: no-cors"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			p := connect(t, start(t, all()))
			p.write(post(call, c.headers...))
			f, _ := p.read()
			if refused := strings.Contains(f.Error, `"code":403`); refused != c.refused {
				t.Errorf("got %+v", f)
			}
		})
	}
}
