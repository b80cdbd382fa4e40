package server_test

import (
	"bufio"
	"bytes"
	"context"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/microtop/microtop/framework/metadata"
	"github.com/microtop/microtop/framework/server/servertest/fleet"
)

// head is what a caller may rely on in an answer beside its Micro-Id, its Micro-Error and its body (docs/wire.md §2.4).
type head struct {
	Status, ContentType string
	Twin                bool // X-Micro-Error says what Micro-Error says
}

func heads(t *testing.T, r *bufio.Reader, n int) (list []head) {
	t.Helper()
	for range n {
		rsp, err := http.ReadResponse(r, nil)
		if err != nil {
			t.Fatalf("answer %d: %v", len(list), err)
		}
		var body bytes.Buffer
		if _, err := body.ReadFrom(rsp.Body); err != nil {
			t.Fatal(err)
		}
		h := head{Status: rsp.Proto + " " + rsp.Status, Twin: rsp.Header.Get("Micro-Error") == rsp.Header.Get("X-Micro-Error")}
		if body.Len() > 0 {
			h.ContentType = rsp.Header.Get("Content-Type")
		}
		if rsp.ContentLength < 0 {
			t.Errorf("answer %d has no Content-Length", len(list))
		}
		list = append(list, h)
	}
	return list
}

// The heads of this server's answers are those of v4's, where v4 answered at all and in the right number.
func TestHeadsOfAnswers(t *testing.T) {
	s := start(t, all())
	files, err := filepath.Glob("testdata/*.s2c.bin")
	if err != nil || len(files) < 28 {
		t.Fatalf("%d captures, %v", len(files), err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), "-conn0.s2c.bin")
		if differently[name] != nil {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v4, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			sent, err := os.ReadFile(strings.Replace(file, "s2c", "c2s", 1))
			if err != nil {
				t.Fatal(err)
			}
			n := len(recorded(t, file))
			want := heads(t, bufio.NewReader(bytes.NewReader(v4)), n)
			if name == "unary-json-unencodable" {
				want[0].Twin = true // v4 leaves the twin out here
			}
			p := connect(t, s)
			p.write(sent)
			if diff := cmp.Diff(want, heads(t, p.r, n)); diff != "" {
				t.Errorf("(-v4 +ours):\n%s", diff)
			}
		})
	}
}

// Greeter has the endpoint that the capture unary-relay-metadata calls.
type Greeter struct{ *fleet.Greeter }

// Relay tells what metadata it would forward.
func (Greeter) Relay(ctx context.Context, _ *fleet.FailRequest, rsp *fleet.HeadersResponse) error {
	rsp.Headers, _ = metadata.FromContext(ctx)
	return nil
}

// A handler sees a v4 caller's metadata under the names that v4's handlers see (docs/wire.md §11.5).
func TestMetadataOfAV4Caller(t *testing.T) {
	s := start(t, []any{Greeter{new(fleet.Greeter)}})
	sent, err := os.ReadFile("testdata/relay/unary-relay-metadata-conn0.c2s.bin")
	if err != nil {
		t.Fatal(err)
	}
	p := connect(t, s)
	p.write(sent)
	got, _ := p.read()
	if got.Error != "" {
		t.Fatal(got.Error)
	}
	for _, want := range []string{`"X-Tenant":"t1"`, `"Mixedcase":"2"`, `"Lower-Case":"3"`, `"Micro-Id":"0"`, `"Local":"` + s.Options().Address + `"`, `"Remote":"127.0.0.1:`} {
		if !strings.Contains(got.Body, want) {
			t.Errorf("no %s in %s", want, got.Body)
		}
	}
}
