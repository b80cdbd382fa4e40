package client_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/microtop/microtop/framework/broker"
	"github.com/microtop/microtop/framework/client"
	frames "github.com/microtop/microtop/framework/codec/bytes"
	"github.com/microtop/microtop/framework/metadata"
	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/framework/server/servertest/fleet"
)

// post is a publication as a subscriber's broker gets it.
type post struct {
	Method, URI, ContentType string
	Header                   map[string]string
	Body                     []byte
	Keys                     []string // of the envelope, as spelt
}

func readPost(t *testing.T, r *bufio.Reader) post {
	t.Helper()
	req, err := http.ReadRequest(r)
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(req.Body)
	if err != nil {
		t.Fatal(err)
	}
	p := post{Method: req.Method, URI: req.RequestURI, ContentType: req.Header.Get("Content-Type")}
	if err := json.Unmarshal(data, &p); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{`"Header":`, `"Body":`} {
		if bytes.Contains(data, []byte(key)) {
			p.Keys = append(p.Keys, key)
		}
	}
	if id := p.Header["Micro-Id"]; uuid.Validate(id) == nil {
		p.Header["Micro-Id"] = "some uuid"
	}
	return p
}

// events are what the captures publish.
var events = map[string]any{
	"publish-json":          &fleet.Event{Id: "j1", Message: "json event", Stamp: 7},
	"publish-json-rawframe": &frames.Frame{Data: []byte(`{"id":"j2","message":"json raw frame"}`)},
	"publish-proto":         &fleet.Event{Id: "p1", Message: "proto event", Stamp: 7, Attrs: map[string]string{"a": "b"}},
	"publish-proto-func":    &fleet.Event{Id: "f1", Message: "fn"},
	"publish-protorpc":      &fleet.Event{Id: "pr1", Message: "protorpc"},
	"publish-jsonrpc":       &fleet.Event{Id: "jr1", Message: "jsonrpc"},
	"publish-grpc":          &fleet.Event{Id: "g1", Message: "grpc"},
}

// Every captured publication of v4 is published anew to a subscriber that answers with v4's bytes: it gets the same
// request (docs/wire.md §7.2).
func TestPublicationsOfV4(t *testing.T) {
	files, err := filepath.Glob("../broker/testdata/publish-*.request.bin")
	if err != nil || len(files) != len(events)+1 {
		t.Fatalf("%d captures, %v", len(files), err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".request.bin")
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			want := readPost(t, bufio.NewReader(bytes.NewReader(data)))
			_, node, _ := strings.Cut(want.URI, "?id=")
			got := publishTo(t, name, node, want)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-v4 +ours):\n%s", diff)
			}
		})
	}
}

// publishTo publishes what the capture says to one subscriber and gives what that one got.
func publishTo(t *testing.T, name, node string, want post) post {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	topic, r := want.Header["Micro-Topic"], registry.NewMemoryRegistry()
	if err := r.Register(&registry.Service{Name: broker.ServiceName, Version: "ff.http.broadcast", Nodes: []*registry.Node{{
		Id: node, Address: l.Addr().String(), Metadata: map[string]string{"broker": "http", "secure": "false", "topic": topic},
	}}}); err != nil {
		t.Fatal(err)
	}
	b := broker.NewBroker(broker.Registry(r))
	if event := events[name]; event != nil {
		ctx := t.Context()
		if tenant := want.Header["X-Tenant"]; tenant != "" {
			ctx = metadata.Set(ctx, "X-Tenant", tenant)
		}
		cl := client.NewClient(client.Broker(b), client.Registry(r))
		err = cl.Publish(ctx, cl.NewMessage(topic, event, client.WithMessageContentType(want.Header["Content-Type"])))
		defer func() { _ = cl.(io.Closer).Close() }()
	} else if err = b.Connect(); err == nil {
		err = b.Publish(topic, &broker.Message{Header: map[string]string{"k": "v"}, Body: []byte("hello")})
	}
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := b.Disconnect(); err != nil {
			t.Error(err)
		}
	}()
	conn, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if err := conn.SetDeadline(time.Now().Add(5 * time.Second)); err != nil {
		t.Fatal(err)
	}
	got := readPost(t, bufio.NewReader(conn))
	answer, err := os.ReadFile("testdata/" + name + ".response.bin")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Write(answer); err != nil {
		t.Fatal(err)
	}
	return got
}
