package events_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/microtop/microtop/introspect"
	"github.com/microtop/microtop/introspect/fleet"
	"github.com/microtop/microtop/tui/theme"
	"github.com/microtop/microtop/views/events"
	"github.com/microtop/microtop/views/show"
	"github.com/microtop/microtop/views/show/showtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func node(service, id, address string, meta ...string) fleet.Node {
	n := fleet.Node{Service: service, Version: "1.4.0", ID: service + "-" + id, Address: address, Metadata: map[string]string{"protocol": "mucp"}}
	for i := 0; i+1 < len(meta); i += 2 {
		n.Metadata[meta[i]] = meta[i+1]
	}
	return n
}

func history() *showtest.Fleet {
	at := func(s int) time.Time { return time.Date(2026, 3, 1, 3, 14, s, 0, time.UTC) }
	before := node("checkout", "8a", "10.0.0.5:7003", "weight", "1", "zone", "a")
	after := node("checkout", "8a", "10.0.0.5:7004", "weight", "5", "region", "eu")
	ad := node("ad", "a1", "10.0.0.4:7001")
	ad.Problem = "dial tcp 10.0.0.4:7001: connect: connection refused"
	f := showtest.New()
	f.Happen(
		fleet.Event{Time: at(1), Kind: fleet.Joined, Node: node("cart", "7f2c9e01-1111-4222-8333-444455556666", "10.0.0.4:7002")},
		fleet.Event{Time: at(2), Kind: fleet.Joined, Node: before},
		fleet.Event{Time: at(3), Kind: fleet.Changed, Node: after, Before: &before},
		fleet.Event{Time: at(10), Kind: fleet.WentDown, Node: ad}, fleet.Event{Time: at(12), Kind: fleet.CameBack, Node: ad},
		fleet.Event{Time: at(20), Kind: fleet.WentDown, Node: ad}, fleet.Event{Time: at(22), Kind: fleet.CameBack, Node: ad},
		fleet.Event{Time: at(30), Kind: fleet.WentDown, Node: ad},
		fleet.Event{Time: at(40), Kind: fleet.Left, Node: node("email", "e1", "10.0.0.9:7009")},
	)
	return f
}

func TestFrames(t *testing.T) {
	for _, size := range []struct{ w, h int }{{80, 24}, {200, 60}} {
		t.Run(fmt.Sprintf("%dx%d", size.w, size.h), func(t *testing.T) {
			th := theme.Default()
			x, _ := showtest.Start(t, events.Route(t.Context(), showtest.Session(t, nil), history(), th), nil, size.w, size.h)
			x.WaitFor("flapping: 3 times in 2m; conn")
			x.Keys("jjj", "jjj")
			x.WaitFor("address 10.0.0.5:7003 → 10.0.0.5:7004")
			x.Golden()
		})
	}
}

func TestTheNewestIsOnTopAndEnterOpensItsNodes(t *testing.T) {
	f := history()
	th := theme.Default()
	x, opened := showtest.Start(t, events.Route(t.Context(), showtest.Session(t, nil), f, th), nil, 120, 30)
	x.WaitFor("03:14:40")
	f.Happen(fleet.Event{Time: time.Date(2026, 3, 1, 3, 15, 0, 0, time.UTC), Kind: fleet.Joined, Node: node("pricing", "p1", "h:1")})
	x.WaitFor("pricing p1 joined: version 1.4.0") // the cursor, never moved, is on the newest
	x.Keys("j", "enter")
	x.WaitFor("opened nodes")
	if got := opened.Last().With; got != (introspect.Target{Service: "email"}) {
		t.Errorf("opened %v", got)
	}
}

func TestAServiceNarrows(t *testing.T) {
	th := theme.Default()
	x, _ := showtest.Start(t, events.Route(t.Context(), showtest.Session(t, nil), history(), th), "checkout", 120, 30)
	x.WaitFor("~ changed")
	if s := x.Screen(); strings.Contains(s, "email") || !strings.Contains(s, "events of checkout") {
		t.Error(s)
	}
}

func TestInternalServicesAreHiddenUntilAsked(t *testing.T) {
	f := history()
	f.Happen(fleet.Event{Time: time.Now(), Kind: fleet.Joined, Node: node("micro.http.broker", "b1", "h:1")})
	th := theme.Default()
	x, _ := showtest.Start(t, events.Route(t.Context(), showtest.Session(t, nil), f, th), nil, 120, 30)
	x.WaitFor("email")
	x.WaitGone("micro.http.broker")
	x.Keys("I")
	x.WaitFor("micro.http.broker")
	x.Keys("I")
	x.WaitGone("micro.http.broker")
}

func TestNothingHappenedIsSaid(t *testing.T) {
	th := theme.Default()
	x, _ := showtest.Start(t, events.Route(t.Context(), showtest.Session(t, nil), showtest.New(), th), nil, 120, 30)
	x.WaitFor("nothing happened in mdns")
}

func TestHostileNodesStayInTheirCells(t *testing.T) {
	evil := "a\x1b[2J\x1b]52;c;ZXZpbA==\x07b\n" + strings.Repeat("漢", 3000)
	f := showtest.New()
	was, is := node(evil, evil, evil, evil, "1"), node(evil, evil, evil, evil, "2")
	f.Happen(fleet.Event{Time: time.Now(), Kind: fleet.Changed, Node: is, Before: &was})
	th := theme.Default()
	x, _ := showtest.Start(t, events.Route(t.Context(), showtest.Session(t, nil), f, th), nil, 80, 24)
	x.WaitFor("~ changed")
	for i, row := range strings.Split(x.Screen(), "\n")[3:22] {
		if runes := []rune(row); runes[0] != '│' || runes[len(runes)-1] != '│' {
			t.Errorf("row %d left its frame: %q", i, row)
		}
	}
}

func BenchmarkAFullTimeline(b *testing.B) {
	f := showtest.New()
	var all []fleet.Event
	for i := range 1000 {
		all = append(all, fleet.Event{Time: time.Now(), Kind: fleet.Joined, Node: node("checkout", fmt.Sprint(i), "h:1")})
	}
	f.Happen(all...)
	screen, err := events.New(b.Context(), showtest.Session(b, nil), f, theme.Default(), nil)
	if err != nil {
		b.Fatal(err)
	}
	defer screen.Close()
	frame := showtest.Drive(screen, 198, 56)
	b.ReportAllocs()
	for b.Loop() {
		frame(show.Fresh{})
	}
}
