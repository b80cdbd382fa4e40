package services_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/microtop/microtop/introspect"
	"github.com/microtop/microtop/introspect/fleet"
	"github.com/microtop/microtop/tui"
	"github.com/microtop/microtop/tui/frametest"
	"github.com/microtop/microtop/tui/theme"
	"github.com/microtop/microtop/views/services"
	"github.com/microtop/microtop/views/show"
	"github.com/microtop/microtop/views/show/showtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func shop() *showtest.Fleet {
	return showtest.New(
		showtest.Endpoints(showtest.Service("ad", showtest.Up("1.0.0", "a1", "10.0.0.4:7001", 31.25, 0)), 1),
		showtest.Endpoints(showtest.Service("cart", showtest.Up("1.1.0", "c1", "10.0.0.4:7002", 120, 0.03), showtest.Up("1.1.0", "c2", "10.0.0.5:7002", 118, 0)), 3, "orders.placed"),
		showtest.Endpoints(showtest.Service("checkout",
			showtest.Up("1.4.0", "7f2c9e01-1111-4222-8333-444455556666", "10.0.0.4:7003", 402, 0.4), showtest.Up("1.5.0", "8a", "10.0.0.5:7003", 410, 31),
			showtest.Down("1.4.0", "9b", "10.0.0.6:7003", "dial tcp 10.0.0.6:7003: connect: connection refused")), 6, "orders.placed", "payments.settled"),
		showtest.Endpoints(showtest.Service("email", &fleet.Node{Version: "0.9.0", ID: "e1", State: fleet.Suspect, Problem: "no answer within 1s"}), 0, "orders.placed"),
		&fleet.Service{Name: "micro.http.broker", Versions: []string{"ff.http.broadcast"}, Internal: true},
		showtest.Endpoints(showtest.Service("pricing", &fleet.Node{Version: "2.0.0", ID: "p1", State: fleet.Unknown}), 2),
	)
}

func start(t *testing.T, f *showtest.Fleet, w, h int) (*frametest.Terminal, *showtest.Opened) {
	t.Helper()
	th := theme.Default()
	return showtest.Start(t, services.Route(t.Context(), showtest.Session(t, nil), f, th), nil, w, h)
}

func TestFrames(t *testing.T) {
	for _, size := range []struct{ w, h int }{{80, 24}, {200, 60}} {
		t.Run(fmt.Sprintf("%dx%d", size.w, size.h), func(t *testing.T) {
			x, _ := start(t, shop(), size.w, size.h)
			x.WaitFor("checkout")
			x.Keys("j", "j")
			x.WaitFor("9b down for 3m: connection refused")
			x.Keys("right")
			x.Golden()
		})
	}
}

func TestASCIISaysHealthInWords(t *testing.T) {
	th := theme.Plain().ASCII()
	x, _ := showtest.StartIn(t, th, services.Route(t.Context(), showtest.Session(t, nil), shop(), th), nil, 80, 24)
	x.WaitFor("** up")
	x.WaitFor("**o 1 down")
	if s := x.Screen(); strings.Contains(s, "??") {
		t.Errorf("a glyph without an ASCII form:\n%s", s)
	}
}

func TestKeysOpenScreens(t *testing.T) {
	f := shop()
	nodes := f.Snapshot().Service("checkout").Nodes
	for _, c := range []struct {
		keys []string
		want tui.Open
	}{
		{[]string{"enter"}, tui.Open{Name: "endpoints", With: introspect.Target{Service: "checkout"}}},
		{[]string{"c"}, tui.Open{Name: "endpoints", With: introspect.Target{Service: "checkout"}}},
		{[]string{"n"}, tui.Open{Name: "nodes", With: introspect.Target{Service: "checkout"}}},
		{[]string{"d"}, tui.Open{Name: "describe", With: introspect.Target{Service: "checkout"}}},
		{[]string{"right", "j", "enter"}, tui.Open{Name: "endpoints", With: introspect.Target{Service: "checkout", Version: "1.5.0"}}},
		{[]string{"t", "a"}, tui.Open{Name: "tail", With: []string{"orders.placed", "payments.settled"}}},
		{[]string{"k", "t"}, tui.Open{Name: "tail", With: []string{"orders.placed"}}},
		{[]string{"o", "p"}, tui.Open{Name: "profile", With: nodes}},
		{[]string{"space", "space", "o", "l"}, tui.Open{Name: "logs", With: append(append([]*fleet.Node(nil), nodes...), f.Snapshot().Service("email").Nodes...)}},
	} {
		t.Run(strings.Join(c.keys, " "), func(t *testing.T) {
			x, opened := start(t, f, 100, 30)
			x.WaitFor("checkout")
			x.Keys("j", "j")
			x.Keys(c.keys...)
			x.WaitFor("opened " + c.want.Name)
			if diff := cmp.Diff(c.want, opened.Last()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestInternalServicesAreHiddenUntilAsked(t *testing.T) {
	x, _ := start(t, shop(), 100, 30)
	x.WaitFor("pricing")
	x.WaitGone("micro.http.broker")
	x.Keys("I")
	x.WaitFor("micro.http.broker")
	x.Keys("I")
	x.WaitGone("micro.http.broker")
}

func TestNoServicesSaysWhatToDo(t *testing.T) {
	f := showtest.New()
	f.Store(&fleet.Snapshot{})
	x, _ := start(t, f, 80, 24)
	x.WaitFor("reading mdns")
	f.Store(&fleet.Snapshot{Problem: "list mdns: network is unreachable"})
	x.WaitFor("network is unreachable")
	x.WaitFor("microtop doctor   says")
	f.Set()
	x.WaitFor("no services in mdns")
	x.WaitFor("microtop demo")
	x.Keys("d")
	x.WaitFor("no service is selected")
	f.Set(shop().Snapshot().Services...)
	x.WaitFor("checkout")
}

func TestRefreshAsksTheFleet(t *testing.T) {
	f := shop()
	x, _ := start(t, f, 80, 24)
	x.Keys("r")
	x.WaitFor("reading mdns again")
	if f.Relists() != 1 {
		t.Errorf("%d re-lists, want 1", f.Relists())
	}
}

func TestARegistryThatIsSilentIsSaid(t *testing.T) {
	f := shop()
	x, _ := start(t, f, 80, 24)
	x.WaitFor("checkout")
	s := *f.Snapshot()
	s.Problem, s.Retry = "list mdns: broken", time.Now().Add(59*time.Second)
	f.Store(&s)
	x.WaitFor("the registry last answered ")
	left, first := regexp.MustCompile(`, asked again in (\d\d)s`), ""
	x.Until("it counts", func(screen string) bool {
		now := left.FindStringSubmatch(screen)
		if now != nil && first == "" {
			first = now[1]
		}
		return now != nil && now[1] < first
	})
}

func TestTheCursorStaysOnItsServiceWhenOthersCome(t *testing.T) {
	f := shop()
	x, opened := start(t, f, 100, 30)
	x.WaitFor("checkout")
	x.Keys("j", "j")
	first := showtest.Service("aaa", showtest.Up("1.0.0", "z", "h:1", 1, 0))
	f.Set(append([]*fleet.Service{first}, f.Snapshot().Services...)...)
	x.WaitFor("aaa")
	x.Keys("enter")
	x.WaitFor("opened endpoints")
	if got := opened.Last().With; got != (introspect.Target{Service: "checkout"}) {
		t.Errorf("opened %v", got)
	}
}

func TestSortingTakesEveryKeyUntilAColumnIsPicked(t *testing.T) {
	x, opened := start(t, shop(), 100, 30)
	x.WaitFor("checkout")
	x.Keys("s")
	x.WaitFor("enter sort  right next column  left column before  esc leave the order")
	x.Keys("q", "s", "right", "right", "right", "right", "right", "enter")
	x.WaitFor("REQ/S↓")
	x.Keys("S")
	x.WaitFor("REQ/S↑")
	x.Keys("S")
	x.WaitFor("REQ/S↓")
	x.Keys("g", "enter") // the busiest service
	x.WaitFor("opened endpoints")
	if got := opened.Last().With; got != (introspect.Target{Service: "checkout"}) {
		t.Errorf("opened %v", got)
	}
}

func TestHostileNamesStayInTheirCells(t *testing.T) {
	for name, evil := range map[string]string{
		"escape": "a\x1b[2J\x1b]52;c;ZXZpbA==\x07b", "wide": strings.Repeat("漢字", 200), "long": strings.Repeat("x", 10<<10),
		"bidi": "a\u202eb", "lines": "a\nb\r\nc", "c1": "a\u009b31mb", "marks": "z" + strings.Repeat("\u0301", 300),
	} {
		t.Run(name, func(t *testing.T) {
			node := showtest.Down(evil, evil, evil, evil)
			f := showtest.New(showtest.Endpoints(showtest.Service(evil, node), 1, evil))
			x, _ := start(t, f, 80, 24)
			x.WaitFor("1 down")
			screen := strings.Split(x.Screen(), "\n")
			for i, row := range screen[3:22] {
				if runes := []rune(row); runes[0] != '│' || runes[len(runes)-1] != '│' {
					t.Errorf("row %d left its frame: %q", i, row)
				}
			}
			if strings.Contains(x.Written(), "52;c") && strings.Contains(x.Written(), "\x1b]52") {
				t.Error("the clipboard was written")
			}
		})
	}
}

func big(n int) *showtest.Fleet {
	var all []*fleet.Service
	for i := range n {
		all = append(all, showtest.Endpoints(showtest.Service(fmt.Sprintf("service-%05d", i), showtest.Up("1.0.0", "n", "10.0.0.1:1", float64(i%900), 0.1)), 2))
	}
	return showtest.New(all...)
}

func BenchmarkTenThousandServices(b *testing.B) {
	session := showtest.Session(b, nil)
	for _, c := range []struct{ name, filter string }{{"all", ""}, {"filtered", "service-0[0-4]"}} {
		b.Run(c.name, func(b *testing.B) {
			screen := services.New(b.Context(), session, big(10_000), theme.Default())
			defer screen.Close()
			frame := showtest.Drive(screen, 198, 56)
			frame(show.Fresh{})
			if f, ok := screen.(tui.Filterer); ok {
				if err := f.SetFilter(c.filter); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportAllocs()
			for b.Loop() {
				frame(show.Fresh{})
			}
		})
	}
}

func TestThePreviewFollowsTheCursor(t *testing.T) {
	f := shop()
	f.Happen(fleet.Event{Time: f.Snapshot().Taken, Kind: fleet.Left, Node: *f.Snapshot().Service("checkout").Nodes[2]})
	x, _ := start(t, f, 80, 40)
	x.WaitFor("checkout")
	x.WaitGone("versions")
	x.Keys("p")
	x.WaitFor("─ ad ─")
	x.WaitFor("1.0.0 on 1 node")
	x.Keys("j", "j")
	x.WaitFor("─ checkout ─")
	x.WaitFor("1.5.0 on 1 node, 1.4.0 on 2 nodes")
	x.WaitFor("812 a second")
	x.Keys("+", "+")
	x.WaitGone("REQ/S")
	x.WaitFor("- left     9b            left the registry")
	x.WaitFor("Func → payments.settled")
	x.Keys("j")
	x.WaitFor("no answer within 1s")
	x.Keys("p")
	x.WaitGone("versions")
	x.WaitFor("REQ/S")
}

func BenchmarkMoveWithPreview(b *testing.B) {
	screen := services.New(b.Context(), showtest.Session(b, nil), big(10_000), theme.Default())
	defer screen.Close()
	frame := showtest.Drive(screen, 198, 56)
	frame(show.Fresh{})
	keys := []tea.Msg{tea.KeyPressMsg{Code: 'j', Text: "j"}, tea.KeyPressMsg{Code: 'k', Text: "k"}}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		frame(keys[i%2])
	}
}

func TestAFrameWithPreviewAllocatesLittle(t *testing.T) {
	screen := services.New(t.Context(), showtest.Session(t, nil), big(10_000), theme.Default())
	defer screen.Close()
	frame := showtest.Drive(screen, 198, 56)
	frame(show.Fresh{})
	keys := []tea.Msg{tea.KeyPressMsg{Code: 'j', Text: "j"}, tea.KeyPressMsg{Code: 'k', Text: "k"}}
	i := 0
	if n := testing.AllocsPerRun(100, func() { i++; frame(keys[i%2]) }); n > 200 {
		t.Errorf("%v allocations a frame, want 200 at most", n)
	}
}

func TestOnlyFaults(t *testing.T) {
	f := shop()
	x, _ := start(t, f, 100, 30)
	x.WaitFor("pricing")
	x.Keys("F")
	x.WaitFor("services with faults")
	x.WaitGone("pricing")
	for _, name := range []string{"checkout", "email"} { // one has a node down, one a suspect
		x.WaitFor(name)
	}
	if s := x.Screen(); strings.Contains(s, "ad  ") || strings.Contains(s, "cart") {
		t.Errorf("a service that is well is among the faults:\n%s", s)
	}
	f.Set(showtest.Service("ad", showtest.Up("1.0.0", "a1", "10.0.0.4:7001", 31.25, 0)), showtest.Service("cart", showtest.Up("1.1.0", "c1", "10.0.0.4:7002", 100, 2)))
	x.WaitFor("cart") // fails two requests of a hundred
	x.WaitGone("checkout")
	f.Set(showtest.Service("ad", showtest.Up("1.0.0", "a1", "10.0.0.4:7001", 31.25, 0)))
	x.WaitFor("no faults: 1 service, none down, suspect or failing")
	x.Keys("F")
	x.WaitGone("with faults")
	x.WaitFor("31")
}

func TestServicesAreFilteredByTheirNodesLabels(t *testing.T) {
	node := showtest.Up("1.0.0", "a1", "10.0.0.4:7001", 31.25, 0)
	node.Metadata = map[string]string{"region": "eu"}
	x, _ := start(t, showtest.New(showtest.Service("ad", node), showtest.Service("cart", showtest.Up("1.1.0", "c1", "10.0.0.4:7002", 100, 2))), 100, 30)
	x.WaitFor("cart")
	x.Keys("/", "-l region=eu", "enter")
	x.WaitFor("/-l region=eu [1/2]")
	x.WaitGone("cart")
}
