package grpc_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	spb "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"

	"github.com/microtop/microtop/framework/internal/grpctest"
	"github.com/microtop/microtop/framework/server/servertest/fleet"
)

// v4's client, replayed, gets what v4's server answered (docs/wire.md §8).
func TestA087_ServerReplaysV4(t *testing.T) {
	s := start(t)
	for _, f := range grpctest.Fixtures(t, "grpc-") {
		t.Run(f.Name, func(t *testing.T) {
			want, got := f.Answered(t), f.Ask(t, s.Options().Address)
			switch f.Name {
			case "grpc-stream-panic": // v4's server died of it (§8.4)
				if got.Trailers["grpc-status"] != "13" && got.Headers["grpc-status"] != "13" {
					t.Errorf("a panic in a stream: %+v", got)
				}
				return
			case "grpc-headers":
				sameMetadata(t, want.Messages[0], got.Messages[0])
				want.Messages, got.Messages = nil, nil
			}
			want.Reset, got.Reset = false, false // whether an end that both know of is told again
			if diff := cmp.Diff(words(want.Messages), words(got.Messages)); diff != "" {
				t.Errorf("messages (-want +got):\n%s", diff)
			}
			if want.Ended != got.Ended {
				t.Errorf("ended: %v, want %v", got.Ended, want.Ended)
			}
			same(t, "headers", want.Headers, got.Headers)
			same(t, "trailers", want.Trailers, got.Trailers)
		})
	}
}

// words are messages as text, those of JSON without the spaces that protobuf's library varies from build to build.
func words(messages [][]byte) []string {
	var out []string
	for _, m := range messages {
		var dense bytes.Buffer
		if json.Compact(&dense, m) == nil {
			m = dense.Bytes()
		}
		out = append(out, string(m))
	}
	return out
}

// same compares headers; the details of an error are a message.
func same(t *testing.T, what string, want, got map[string]string) {
	t.Helper()
	const details = "grpc-status-details-bin"
	if diff := cmp.Diff(detailsOf(t, want[details]), detailsOf(t, got[details]), protocmp.Transform()); diff != "" {
		t.Errorf("details (-want +got):\n%s", diff)
	}
	delete(want, details)
	delete(got, details)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func detailsOf(t *testing.T, encoded string) *spb.Status {
	t.Helper()
	data, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(encoded, "="))
	if err != nil {
		t.Fatal(err)
	}
	s := new(spb.Status)
	if err := proto.Unmarshal(data, s); err != nil {
		t.Fatal(err)
	}
	return s
}

// sameMetadata compares what Greeter.Headers answered, but for the client's port and what v4 does not tell over gRPC.
func sameMetadata(t *testing.T, want, got []byte) {
	t.Helper()
	var a, b fleet.HeadersResponse
	if err := proto.Unmarshal(want, &a); err != nil {
		t.Fatal(err)
	}
	if err := proto.Unmarshal(got, &b); err != nil {
		t.Fatal(err)
	}
	for _, m := range []*fleet.HeadersResponse{&a, &b} {
		if m.GetHeaders()["Remote"] == "" {
			t.Error("nothing says who called")
		}
		delete(m.GetHeaders(), "Remote")
		delete(m.GetHeaders(), "Local")
	}
	if diff := cmp.Diff(a.GetHeaders(), b.GetHeaders()); diff != "" {
		t.Errorf("metadata (-want +got):\n%s", diff)
	}
}
