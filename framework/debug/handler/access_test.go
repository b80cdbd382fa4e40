package handler

import (
	"context"
	"testing"

	"github.com/microtop/microtop/framework/internal/peer"
	"github.com/microtop/microtop/framework/metadata"
)

// A page from anywhere can make the browser on this host post to this host's ports.
func TestBrowsersAndProxiesAreNotLocal(t *testing.T) {
	d := New(Options{Token: "secret"})
	local := peer.NewContext(context.Background(), peer.Info{Local: "127.0.0.1:1", Remote: "127.0.0.1:2"})
	if err := d.authorize(metadata.NewContext(local, metadata.Metadata{"Micro-Id": "1", "Accept": "application/protobuf"}), "Log"); err != nil {
		t.Errorf("a local peer: %v", err)
	}
	for _, name := range []string{"Origin", "origin", "Sec-Fetch-Mode", "Accept-Encoding", "X-Forwarded-For", "Via"} {
		ctx := metadata.NewContext(local, metadata.Metadata{name: ""})
		if d.authorize(ctx, "Log") == nil {
			t.Errorf("a request with %s counts as local", name)
		}
		withToken := peer.NewContext(ctx, peer.Info{Local: "127.0.0.1:1", Remote: "127.0.0.1:2", Token: "secret"})
		if err := d.authorize(withToken, "Log"); err != nil {
			t.Errorf("%s with the token: %v", name, err)
		}
	}
}

func TestIsLocal(t *testing.T) {
	for _, c := range []struct {
		remote, local string
		want          bool
	}{
		{"127.0.0.1:1", "127.0.0.1:2", true},
		{"[::1]:1", "[::1]:2", true},
		{"10.0.0.5:1", "10.0.0.5:2", true},
		{"10.0.0.5:1", "[::ffff:10.0.0.5]:2", true},
		{"10.0.0.6:1", "10.0.0.5:2", false},
		{"127.0.0.1.evil:1", "10.0.0.5:2", false},
		{"", "", false},
		{"pipe", "pipe", false},
	} {
		if got := isLocal(c.remote, c.local); got != c.want {
			t.Errorf("isLocal(%q, %q) = %v", c.remote, c.local, got)
		}
	}
}
