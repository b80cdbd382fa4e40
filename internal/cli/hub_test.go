package cli_test

import (
	"fmt"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/microtop/microtop/framework/server/servertest/fleet"
	"github.com/microtop/microtop/internal/cli"
	"github.com/microtop/microtop/introspect"
	introspectfleet "github.com/microtop/microtop/introspect/fleet"
	"github.com/microtop/microtop/tui"
)

// shown is the header as text.
func shown(s tui.Screens) string {
	var out []string
	for _, g := range s.Header(200) {
		out = append(out, strings.TrimSpace(g.Label.String()+" "+g.Value.String()))
	}
	return strings.Join(out, " | ")
}

// A connection that others took the place of leaves nothing behind: no goroutine here, so none of its connections, and
// none at the service.
func TestASwitchLeavesNothingBehind(t *testing.T) {
	one, other := newWorld(t), newWorld(t)
	configure(t, fmt.Sprintf("contexts:\n  one:\n    registry: file\n    registryAddress: %q\n    colour: red\n    readonly: true\n  other:\n    registry: file\n    registryAddress: %q\n", one.dir, other.dir))
	before := goleak.IgnoreCurrent()
	hub, err := cli.NewHub(t.Context(), tui.NewJournal(nil))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"one", "other", "one", "other"} {
		screens, err := hub.To(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		eventually(t, "the fleet of "+name, func() bool {
			head := shown(screens)
			return strings.Contains(head, "ctx "+name) && strings.Contains(head, "nodes 1") && strings.Contains(head, "live") && strings.Contains(head, "read only") == (name == "one")
		})
		screens.Close()
		screens.Close()
	}
	screens, err := hub.To(t.Context(), "one") // still there when the console ends
	if err != nil {
		t.Fatal(err)
	}
	if err := hub.End(); err != nil {
		t.Error(err)
	}
	if _, err := hub.To(t.Context(), "other"); err == nil || !strings.Contains(err.Error(), "closing") {
		t.Error(err)
	}
	screens.Close()
	goleak.VerifyNone(t, before)
}

func TestASwitchThatFails(t *testing.T) {
	configure(t, "contexts:\n  a:\n    registry: zookeeper\n  b:\n    ca: none.pem\n    registry: memory\n")
	hub, err := cli.NewHub(t.Context(), tui.NewJournal(nil))
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"a": `unknown registry "zookeeper"`, "b": "none.pem", "d": `no context "d"`} {
		if _, err := hub.To(t.Context(), name); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := hub.End(); err != nil {
		t.Error(err)
	}
}

// What a screen shows has its command.
func TestTwins(t *testing.T) {
	node := &introspectfleet.Node{Service: "shop.cart", ID: "shop.cart-1"}
	for _, c := range []struct {
		screen string
		with   any
		want   string
	}{
		{"services", nil, "microtop services --context a"},
		{"nodes", introspect.Target{Service: "shop.cart", Node: "x"}, "microtop nodes --context a shop.cart"},
		{"endpoints", introspect.Target{Service: "shop.cart", Version: "1"}, "microtop describe --context a shop.cart --service-version 1"},
		{"describe", "it's", `microtop describe --context a 'it'\''s'`},
		{"describe", nil, ""},
		{"tail", []string{"a", "b"}, "microtop tail --context a a b"},
		{"tail", "a b", "microtop tail --context a a b"},
		{"logs", []*introspectfleet.Node{node}, "microtop logs --context a shop.cart --node shop.cart-1"},
		{"logs", []*introspectfleet.Node{node, node}, "microtop logs --context a shop.cart"},
		{"logs", []*introspectfleet.Node{node, {Service: fleet.Service}}, ""},
		{"events", introspect.Target{Service: "shop.cart"}, "microtop watch --context a"},
		{"call", "shop.cart Cart.Get", ""},
		{"log", nil, ""},
		{"profile", nil, ""},
		{"profile", 7, ""},
	} {
		if got := cli.Twin(c.screen, c.with, "--context", "a"); got != c.want {
			t.Errorf("%s %v: %q, want %q", c.screen, c.with, got, c.want)
		}
	}
}
