package client_test

import (
	"strings"
	"testing"
	"time"

	"github.com/microtop/microtop/framework/client"
	"github.com/microtop/microtop/framework/transport"
)

// A server that answers a call twice gives the next call no answer of another's: the connection is not used again, or the
// call fails.
func TestASecondAnswerIsNobodyElses(t *testing.T) {
	for name, again := range map[string]func(asked, <-chan outcome) outcome{
		"together": func(a asked, done <-chan outcome) outcome {
			a.answer()
			a.answer()
			return <-done
		},
		"late": func(a asked, done <-chan outcome) outcome {
			a.answer()
			got := <-done
			a.answer()
			return got
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, transport.NewHTTPTransport())
			m, c := newManual(w, map[string]string{"protocol": "mucp"}), w.client(client.ContentType("application/json"))
			for range 20 {
				first := callAs(t.Context(), c, "first", client.WithRetries(0))
				asked := m.next()
				for asked.name != "first" { // of a second call that failed
					asked = m.next()
				}
				if got := again(asked, first); got.err == nil && got.message != "first" {
					t.Fatalf("the first call got %q", got.message)
				}
				second := callAs(t.Context(), c, "second", client.WithRetries(0))
				select {
				case got := <-second:
					if got.err == nil || !strings.Contains(got.err.Error(), "answered another call twice") {
						t.Fatalf("the second call: %q, %v", got.message, got.err)
					}
				case a := <-m.came:
					a.answer()
					if got := <-second; got.err == nil && got.message != "second" {
						t.Fatalf("the second call got %q", got.message)
					}
				case <-time.After(5 * time.Second):
					t.Fatal("nothing came of the second call")
				}
			}
		})
	}
}
