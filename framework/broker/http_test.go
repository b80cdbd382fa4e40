package broker_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/microtop/microtop/framework/broker"
	"github.com/microtop/microtop/framework/broker/brokertest"
	"github.com/microtop/microtop/framework/limits"
	"github.com/microtop/microtop/framework/registry"
)

func TestA120_A121_HTTPConformance(t *testing.T) {
	registries := map[*testing.T]registry.Registry{}
	brokertest.Run(t, func(t *testing.T) broker.Broker {
		if registries[t] == nil {
			registries[t] = registry.NewMemoryRegistry()
		}
		return broker.NewBroker(broker.Registry(registries[t]))
	}, brokertest.Caps{Queues: true})
}

func open(t *testing.T, opts ...broker.Option) (broker.Broker, registry.Registry) {
	t.Helper()
	r := registry.NewMemoryRegistry()
	b := broker.NewBroker(append(opts, broker.Registry(r))...)
	if err := b.Connect(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Disconnect() })
	return b, r
}

func post(t *testing.T, method, target, body string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(context.Background(), method, target, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer http.DefaultClient.CloseIdleConnections()
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(text)
}

// What a subscriber looks like in the registry: docs/wire.md §7.1.
func TestA125_A128_SubscriberRecord(t *testing.T) {
	b, r := open(t)
	s, err := b.Subscribe("fleet.events", func(broker.Event) error { return nil }, broker.Queue("q"))
	if err != nil {
		t.Fatal(err)
	}
	services, err := r.GetService(broker.ServiceName)
	if err != nil || len(services) != 1 || len(services[0].Nodes) != 1 {
		t.Fatalf("%v, %v", services, err)
	}
	node := services[0].Nodes[0]
	want := map[string]string{"broker": "http", "secure": "false", "topic": "fleet.events"}
	if diff := cmp.Diff(want, node.Metadata); diff != "" || services[0].Version != "q" || node.Address != b.Address() || !strings.HasPrefix(node.Id, "fleet.events-") {
		t.Errorf("version %q, node %+v\n%s", services[0].Version, node, diff)
	}
	if err := s.Unsubscribe(); err != nil {
		t.Fatal(err)
	}
	if services, err := r.GetService(broker.ServiceName); err == nil && len(services) > 0 && len(services[0].Nodes) > 0 {
		t.Errorf("still registered: %+v", services[0].Nodes[0])
	}
}

// What a receiver answers: docs/wire.md §7.2, and the wrong shapes of S-03.
func TestReceiverAnswers(t *testing.T) {
	b, r := open(t, broker.WithLimits(limits.Limits{MessageBytes: 1000}))
	var got atomic.Int64
	if _, err := b.Subscribe("t", func(broker.Event) error { got.Add(1); return nil }); err != nil {
		t.Fatal(err)
	}
	services, _ := r.GetService(broker.ServiceName)
	id := url.QueryEscape(services[0].Nodes[0].Id)
	good := `{"Header":{"Micro-Topic":"t"},"Body":"aGk="}`
	for _, c := range []struct {
		name, method, query, body string
		status                    int
		want                      string
		delivered                 int64
	}{
		{"accepted", "POST", id, good, 200, "", 1},
		{"lower-case keys", "POST", id, `{"header":{"Micro-Topic":"t"},"body":"aGk="}`, 200, "", 1},
		{"no such id", "POST", "other", good, 200, "", 0},
		{"no id", "POST", "", good, 200, "", 0},
		{"another topic", "POST", id, `{"Header":{"Micro-Topic":"u"},"Body":""}`, 200, "", 0},
		{"not a post", "GET", id, "", 405, `"code":400,"detail":"Method not allowed"`, 0},
		{"not JSON", "POST", id, "{", 500, "Error parsing request body", 0},
		{"no topic", "POST", id, `{"Header":{},"Body":""}`, 500, "Topic not found", 0},
		{"null", "POST", id, "null", 500, "Topic not found", 0},
		{"null header", "POST", id, `{"Header":null}`, 500, "Topic not found", 0},
		{"a list", "POST", id, "[]", 500, "Error parsing", 0},
		{"a string", "POST", id, `"x"`, 500, "Error parsing", 0},
		{"bad base64", "POST", id, `{"Header":{"Micro-Topic":"t"},"Body":"?"}`, 500, "Error parsing", 0},
		{"too big", "POST", id, `{"Header":{"Micro-Topic":"t"},"Body":"` + strings.Repeat("aaaa", 10_000) + `"}`, 413, "too large", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			before := got.Load()
			status, text := post(t, c.method, "http://"+b.Address()+"/any/path?id="+c.query, c.body)
			if status != c.status || !strings.Contains(text, c.want) {
				t.Errorf("%d %q, want %d %q", status, text, c.status, c.want)
			}
			for deadline := time.Now().Add(5 * time.Second); got.Load()-before < c.delivered && time.Now().Before(deadline); {
				time.Sleep(time.Millisecond)
			}
			if n := got.Load() - before; n != c.delivered {
				t.Errorf("delivered %d, want %d", n, c.delivered)
			}
		})
	}
}

// A publication of v4.9.0, as captured, reaches the handler as it was meant.
func TestFixturesAreReceived(t *testing.T) {
	names, err := filepath.Glob("testdata/*.request.bin")
	if err != nil || len(names) == 0 {
		t.Fatalf("no fixtures: %v", err)
	}
	for _, name := range names {
		t.Run(filepath.Base(name), func(t *testing.T) {
			raw, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			_, body, _ := bytes.Cut(raw, []byte("\r\n\r\n"))
			var want broker.Message
			if err := json.Unmarshal(body, &want); err != nil {
				t.Fatal(err)
			}
			b, r := open(t)
			events := make(chan *broker.Message, 1)
			if _, err := b.Subscribe(want.Header["Micro-Topic"], func(e broker.Event) error { events <- e.Message(); return nil }); err != nil {
				t.Fatal(err)
			}
			services, _ := r.GetService(broker.ServiceName)
			target := "http://" + b.Address() + "/?id=" + url.QueryEscape(services[0].Nodes[0].Id)
			if status, text := post(t, "POST", target, string(body)); status != 200 || text != "" {
				t.Fatalf("%d %q", status, text)
			}
			select {
			case got := <-events:
				if diff := cmp.Diff(want, *got); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
			case <-time.After(5 * time.Second):
				t.Fatal("not delivered")
			}
		})
	}
}

// What a v4.9.0 subscriber is sent: path, query, content type and envelope as in the captures.
func TestA123_A126_PublicationOnTheWire(t *testing.T) {
	requests := make(chan *http.Request, 1)
	bodies := make(chan string, 1)
	peer := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		requests <- r
		bodies <- string(body)
	}))
	defer peer.Close()
	b, r := open(t)
	if err := r.Register(&registry.Service{Name: broker.ServiceName, Version: "ff.http.broadcast", Nodes: []*registry.Node{{
		Id: "fleet events-1", Address: strings.TrimPrefix(peer.URL, "http://"),
		Metadata: map[string]string{"broker": "http", "secure": "false", "topic": "fleet.events"},
	}}}); err != nil {
		t.Fatal(err)
	}
	m := &broker.Message{Header: map[string]string{"Content-Type": "application/json", "Micro-Topic": "overwritten"}, Body: []byte("hi")}
	if err := b.Publish("fleet.events", m); err != nil {
		t.Fatal(err)
	}
	select {
	case req := <-requests:
		if req.Method != "POST" || req.URL.Path != "/" || req.URL.Query().Get("id") != "fleet events-1" || req.Header.Get("Content-Type") != "application/json" {
			t.Errorf("%s %s %v", req.Method, req.URL, req.Header)
		}
	case <-time.After(5 * time.Second):
		t.Fatal("nothing was posted")
	}
	want := `{"Header":{"Content-Type":"application/json","Micro-Topic":"fleet.events"},"Body":"aGk="}`
	if got := strings.TrimSpace(<-bodies); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if m.Header["Micro-Topic"] != "overwritten" {
		t.Error("the caller's message was changed")
	}
}

func TestA124_PublishWithoutAnySubscriberIsKept(t *testing.T) {
	b, _ := open(t)
	for i := range 70 {
		if err := b.Publish("t", &broker.Message{Body: []byte(fmt.Sprint(i))}); !errors.Is(err, registry.ErrNotFound) {
			t.Fatalf("publish %d: %v", i, err)
		}
	}
	got := make(chan string, 100)
	if _, err := b.Subscribe("t", func(e broker.Event) error { got <- string(e.Message().Body); return nil }); err != nil {
		t.Fatal(err)
	}
	if err := b.Publish("t", &broker.Message{Body: []byte("last")}); err != nil {
		t.Fatal(err)
	}
	var all []string
	for len(all) == 0 || all[len(all)-1] != "last" {
		select {
		case body := <-got:
			all = append(all, body)
		case <-time.After(5 * time.Second):
			t.Fatalf("got %v", all)
		}
	}
	if len(all) != 65 || all[0] != "0" || all[63] != "63" {
		t.Errorf("%d messages: %v", len(all), all)
	}
}

// A subscriber that cannot be reached costs the publisher nothing, and the others get theirs.
func TestUnreachableSubscriber(t *testing.T) {
	b, r := open(t)
	if err := r.Register(&registry.Service{Name: broker.ServiceName, Version: "ff.http.broadcast", Nodes: []*registry.Node{{
		Id: "t-dead", Address: "127.0.0.1:1", Metadata: map[string]string{"broker": "http", "topic": "t"},
	}}}); err != nil {
		t.Fatal(err)
	}
	got := make(chan struct{}, 10)
	if _, err := b.Subscribe("t", func(broker.Event) error { got <- struct{}{}; return nil }); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if err := b.Publish("t", &broker.Message{}); err != nil {
			t.Fatal(err)
		}
	}
	for range 3 {
		select {
		case <-got:
		case <-time.After(5 * time.Second):
			t.Fatal("the reachable subscriber did not get its message")
		}
	}
}

func FuzzReceiver(f *testing.F) {
	f.Add(`{"Header":{"Micro-Topic":"t"},"Body":"aGk="}`)
	f.Add(`null`)
	f.Add(`{"Header":{"Micro-Topic":"t","":"x"},"Body":null}`)
	b := broker.NewBroker(broker.Registry(registry.NewMemoryRegistry()))
	if err := b.Connect(); err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = b.Disconnect() })
	if _, err := b.Subscribe("t", func(broker.Event) error { return nil }); err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, body string) {
		if status, _ := post(t, "POST", "http://"+b.Address()+"/?id=t", body); status >= 600 {
			t.Errorf("status %d", status)
		}
	})
}

// S-06: a map costs many times its text, so the text alone does not bound what a subscription holds.
func TestEnvelopeHeadersAreBounded(t *testing.T) {
	b, r := open(t)
	var got atomic.Int64
	if _, err := b.Subscribe("x", func(broker.Event) error { got.Add(1); return nil }); err != nil {
		t.Fatal(err)
	}
	services, err := r.GetService(broker.ServiceName)
	if err != nil {
		t.Fatal(err)
	}
	target := "http://" + b.Address() + "/?id=" + url.QueryEscape(services[0].Nodes[0].Id)
	many := map[string]string{"Micro-Topic": "x"}
	for i := range 100 {
		many[fmt.Sprint(i)] = ""
	}
	for name, header := range map[string]map[string]string{
		"101 headers": many,
		"17 KiB":      {"Micro-Topic": "x", "A": strings.Repeat("a", 17<<10)},
	} {
		body, err := json.Marshal(broker.Message{Header: header, Body: []byte("{}")})
		if err != nil {
			t.Fatal(err)
		}
		if status, text := post(t, http.MethodPost, target, string(body)); status != http.StatusRequestHeaderFieldsTooLarge {
			t.Errorf("%s: %d %s", name, status, text)
		}
		delete(header, "Micro-Topic")
		if err := b.Publish("x", &broker.Message{Header: header}); err == nil {
			t.Errorf("%s: Publish takes what no receiver does", name)
		}
	}
	if n := got.Load(); n != 0 {
		t.Errorf("%d messages were delivered", n)
	}
}

// S-04.
func TestReceiverConnectionsAreBounded(t *testing.T) {
	b, _ := open(t, broker.WithLimits(limits.Limits{Conns: 2}))
	dial := func() net.Conn {
		conn, err := net.Dial("tcp", b.Address())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.Close() })
		if err := conn.SetDeadline(time.Now().Add(5 * time.Second)); err != nil {
			t.Fatal(err)
		}
		return conn
	}
	answered := func(conn net.Conn) bool {
		_, _ = io.WriteString(conn, "GET / HTTP/1.1\r\nHost: x\r\n\r\n") // the read tells
		n, _ := conn.Read(make([]byte, 16))
		return n > 0
	}
	first, second := dial(), dial()
	if !answered(first) || !answered(second) {
		t.Fatal("not answered within the limit")
	}
	if answered(dial()) {
		t.Error("a third connection was served")
	}
	_ = first.Close()
	for end := time.Now().Add(5 * time.Second); !answered(dial()); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("a place that came free is not given again")
		}
	}
}
