package cli_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/microtop/microtop/framework/registry"
)

// startWeb starts a web application and returns its address, and what it was asked for so far.
func startWeb(t *testing.T) (string, func() []string) {
	t.Helper()
	var mu sync.Mutex
	var asked []string
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		asked = append(asked, r.Method+" "+r.URL.Path)
		body, err := io.ReadAll(r.Body)
		if r.URL.Path != "/orders" || err != nil {
			http.Error(w, "no such page", http.StatusNotFound)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"tenant":"`+r.Header.Get("X-Tenant")+`","got":`+string(body)+`}`) // the client will say
	}))
	t.Cleanup(s.Close)
	return strings.TrimPrefix(s.URL, "http://"), func() []string {
		mu.Lock()
		defer mu.Unlock()
		return append([]string(nil), asked...)
	}
}

// A node that speaks plain HTTP is called by a POST to the path that the endpoint names, and asked for nothing else.
func TestCallsToPlainHTTP(t *testing.T) {
	address, asked := startWeb(t)
	w := newWorld(t)
	w.claim(t, &registry.Service{Name: "shop.web", Version: "1", Nodes: []*registry.Node{
		{Id: "web-1", Address: address, Metadata: map[string]string{"protocol": "http"}},
	}})
	const want = `{"tenant":"a","got":{"n":1}}`
	for name, where := range map[string][]string{
		"registered":   {"shop.web", "/orders"},
		"at_address":   {"--address", address, "--protocol", "http", "shop.web", "/orders"},
		"without_a_/":  {"shop.web", "orders"},
		"by_its_node":  {"--node", "web-1", "shop.web", "/orders"},
		"by_every_one": {"--all-nodes", "shop.web", "/orders"},
	} {
		t.Run(name, func(t *testing.T) {
			got := w.run(t, append([]string{"call", "--metadata", "x-tenant=a"}, append(where, `{"n":1}`)...)...).status(t, 0)
			if text := strings.ReplaceAll(strings.ReplaceAll(got.out, " ", ""), "\n", ""); !strings.Contains(text, want) {
				t.Errorf("%s, not %s", got.out, want)
			}
		})
	}
	if got := w.run(t, "stream", "bidi", "shop.web", "/orders", `{"n":2}`).status(t, 0); got.out != `{"tenant":"","got":{"n":2}}`+"\n" {
		t.Errorf("a stream, which is a post a message: %s", got.out)
	}
	for _, request := range asked() {
		if request != "POST /orders" {
			t.Errorf("asked for %s", request)
		}
	}
	if got := w.run(t, "call", "shop.web", "/nowhere", `{}`).status(t, 1); !strings.Contains(got.err, "404") || !strings.Contains(got.err, "no such page") {
		t.Errorf("a page that is not there: %s", got.err)
	}
	if got := w.run(t, "call", "--address", address, "--protocol", "https", "shop.web", "/orders").status(t, 2); !strings.Contains(got.err, "http") {
		t.Errorf("a protocol that nobody knows: %s", got.err)
	}
}
