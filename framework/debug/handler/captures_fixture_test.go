package handler_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/microtop/microtop/framework/debug/handler"
	"github.com/microtop/microtop/framework/debug/log"
	pb "github.com/microtop/microtop/framework/debug/proto"
)

// answers reads the answers of a connection until it says no more for a while, or the stream ends.
func answers(t *testing.T, r *bufio.Reader) (list []*http.Response, bodies []string) {
	t.Helper()
	for {
		rsp, err := http.ReadResponse(r, nil)
		if err != nil {
			return list, bodies
		}
		body, err := io.ReadAll(rsp.Body)
		if err != nil {
			t.Fatal(err)
		}
		list, bodies = append(list, rsp), append(bodies, string(body))
	}
}

// fields are the names of the fields that an answer has values for.
func fields(t *testing.T, name, body string) []string {
	t.Helper()
	if !strings.HasSuffix(name, "-proto") {
		var values map[string]any
		if err := json.Unmarshal([]byte(body), &values); err != nil {
			t.Fatalf("%q: %v", body, err)
		}
		return slices.Sorted(maps.Keys(values))
	}
	var m proto.Message = new(pb.StatsResponse)
	if strings.Contains(name, "health") {
		m = new(pb.HealthResponse)
	}
	if err := proto.Unmarshal([]byte(body), m); err != nil {
		t.Fatal(err)
	}
	if unknown := m.ProtoReflect().GetUnknown(); len(unknown) > 0 {
		t.Errorf("fields that v4 does not have: %x", unknown)
	}
	data, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return fields(t, "json", string(data))
}

// What a v4 client sends to a debug service of v4, this one answers in the same form (docs/wire.md §10).
func TestCapturedRequests(t *testing.T) {
	f := start(t, handler.Options{})
	if err := f.log.Write(log.Record{Message: "hello"}); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("testdata/*-conn0.c2s.bin")
	if err != nil || len(files) < 8 {
		t.Fatalf("%d captures, %v", len(files), err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), "-conn0.c2s.bin")
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sent, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			recorded, err := os.ReadFile(strings.Replace(file, "c2s", "s2c", 1))
			if err != nil {
				t.Fatal(err)
			}
			wantHeads, want := answers(t, bufio.NewReader(bytes.NewReader(recorded)))
			conn, err := net.Dial("tcp", f.address)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = conn.Close() }()
			if err := conn.SetDeadline(time.Now().Add(300 * time.Millisecond)); err != nil {
				t.Fatal(err)
			}
			if _, err := conn.Write(sent); err != nil {
				t.Fatal(err)
			}
			gotHeads, got := answers(t, bufio.NewReader(conn))
			if len(got) == 0 {
				t.Fatal("no answer")
			}
			if id := gotHeads[0].Header.Get("Micro-Id"); id != wantHeads[0].Header.Get("Micro-Id") || gotHeads[0].Header.Get("Content-Type") != wantHeads[0].Header.Get("Content-Type") {
				t.Errorf("id %q, headers %v", id, gotHeads[0].Header)
			}
			switch {
			case strings.Contains(name, "health") && got[0] != want[0]:
				t.Errorf("got %q, v4 said %q", got[0], want[0])
			case strings.Contains(name, "stats"):
				if extra := subtract(fields(t, name, got[0]), fields(t, name, want[0])); len(extra) > 0 {
					t.Errorf("fields that v4 does not have: %v", extra)
				}
			case strings.Contains(name, "log"):
				if end := gotHeads[len(gotHeads)-1].Header.Get("Micro-Error"); end != "EOS" || !strings.Contains(got[0], "hello") {
					t.Errorf("got %q, end %q", got, end)
				}
			}
			if reason := gotHeads[0].Header.Get("Micro-Error"); reason != "" {
				t.Errorf("error %s", reason)
			}
		})
	}
}

func subtract(a, b []string) (rest []string) {
	for _, name := range a {
		if !slices.Contains(b, name) {
			rest = append(rest, name)
		}
	}
	return rest
}
