package client_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"

	"github.com/microtop/microtop/framework/client"
	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/framework/server/servertest/fleet"
	"github.com/microtop/microtop/framework/transport"
)

// holes is a transport for which some addresses refuse connections.
type holes struct{ transport.Transport }

func (h holes) Dial(addr string, opts ...transport.DialOption) (transport.Client, error) {
	if strings.HasPrefix(addr, "gone-") {
		return nil, syscall.ECONNREFUSED
	}
	return h.Transport.Dial(addr, opts...)
}

// refusing returns an address that refuses connections.
func refusing(_ *testing.T, i int) string { return fmt.Sprintf("gone-%d:1", i) }

// draining returns the address of a server that refuses every request as one that stops does.
func draining(t *testing.T, _ int) string {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Micro-Id", r.Header.Get("Micro-Id"))
		w.Header().Set("Micro-Draining", "1")
		w.Header().Set("Micro-Error", `{"id":"go.micro.server","code":500,"detail":"draining: not run","status":"Internal Server Error"}`)
	}))
	t.Cleanup(s.Close)
	return s.Listener.Addr().String()
}

// add registers nodes at addresses.
func (w *world) add(addresses ...string) {
	w.t.Helper()
	s := &registry.Service{Name: fleet.Service, Version: "latest"}
	for i, a := range addresses {
		s.Nodes = append(s.Nodes, &registry.Node{Id: fmt.Sprint("gone-", i), Address: a, Metadata: map[string]string{"protocol": "mucp"}})
	}
	if err := w.registry.Register(s); err != nil {
		w.t.Fatal(err)
	}
}

// A request that did not run goes on to the other nodes, whatever the number of retries.
func TestAttemptsThatDidNotRunUseUpNoRetry(t *testing.T) {
	for name, gone := range map[string]func(*testing.T, int) string{"refused": refusing, "draining": draining} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, holes{transport.NewHTTPTransport()})
			w.add(gone(t, 1), gone(t, 2), gone(t, 3), gone(t, 4))
			w.serve()
			for retries := range 2 {
				for range 10 { // each client learns anew who is gone
					if err := hello(t, w.client(), client.WithRetries(retries)); err != nil {
						t.Errorf("%d retries: %v", retries, err)
					}
				}
			}
		})
	}
}

// When all nodes are gone a call asks each once, and then uses up its retries.
func TestAttemptsThatDidNotRunAreBounded(t *testing.T) {
	for name, c := range map[string]struct {
		nodes, attempts int
		opts            []client.CallOption
	}{
		"no retries":  {4, 4, []client.CallOption{client.WithRetries(0)}},
		"one retry":   {4, 5, []client.CallOption{client.WithRetries(1)}},
		"one node":    {1, 2, []client.CallOption{client.WithRetries(1)}},
		"no policy":   {4, 1, []client.CallOption{client.WithRetry(nil)}},
		"a big fleet": {40, 17, []client.CallOption{client.WithRetries(0)}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, holes{transport.NewHTTPTransport()})
			addresses := make([]string, c.nodes)
			for i := range addresses {
				addresses[i] = refusing(t, i)
			}
			w.add(addresses...)
			asked, attempts := map[string]bool{}, 0
			err := hello(t, w.client(), append(c.opts, client.OnAttempt(func(a client.Attempt) {
				attempts++
				asked[a.Node.Address] = true
			}))...)
			if !client.NotRun(err) || attempts != c.attempts || len(asked) != min(c.nodes, c.attempts) {
				t.Errorf("%d attempts on %d nodes, want %d: %v", attempts, len(asked), c.attempts, err)
			}
		})
	}
}
