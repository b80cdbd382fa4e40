package load_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/microtop/microtop/introspect"
	"github.com/microtop/microtop/introspect/invoke"
	"github.com/microtop/microtop/introspect/load"
	"github.com/microtop/microtop/tui"
	"github.com/microtop/microtop/tui/frametest"
	"github.com/microtop/microtop/tui/theme"
	"github.com/microtop/microtop/views/compose/composetest"
	view "github.com/microtop/microtop/views/load"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func request() invoke.Request {
	return invoke.Request{Target: introspect.Target{Service: "shop.catalog"}, Endpoint: "Catalog.Get", Body: []byte(`{"id":"it's"}`)}
}

func open(t *testing.T, w, h int, f view.Fake, report *load.Report) *frametest.Terminal {
	t.Helper()
	return frametest.New(t, tui.Config{Name: "microtop", Start: tui.Open{Name: "load"}, Routes: []tui.Route{
		{Name: "load", New: func(any) (tui.Screen, error) {
			s := view.NewFake(t.Context(), request(), f)
			if report != nil {
				view.Show(s, load.Options{Duration: 10 * time.Second}, report)
			}
			return s, nil
		}},
	}}, w, h)
}

func TestFrames(t *testing.T) {
	report := &load.Report{Elapsed: 10 * time.Second, Done: 1000, Good: 995, Failed: 5, Bytes: 44_000, Ended: true,
		Failures: []load.Failure{{Kind: "503 Service Unavailable: no \x1b[2J disk", Count: 4}, {Kind: "408 Request Timeout", Count: 1}}}
	for i := range 1000 {
		d := time.Duration(2000+37*i%900) * time.Microsecond
		if i%50 == 0 {
			d *= 20
		}
		report.Latency.Add(d)
		report.Service.Add(d / 2)
	}
	for name, size := range map[string][2]int{"80x24": {80, 24}, "200x60": {200, 60}} {
		t.Run(name, func(t *testing.T) {
			x := open(t, size[0], size[1], view.Fake{}, report)
			x.WaitFor("1000 calls")
			x.Golden()
		})
	}
}

func TestALoadRunsAndIsShown(t *testing.T) {
	var n atomic.Int64
	x := open(t, 120, 40, view.Fake{Call: func(context.Context) load.Outcome {
		if n.Add(1)%4 == 0 {
			return load.Outcome{Kind: "503 no disk"}
		}
		return load.Outcome{Bytes: 10}
	}}, nil)
	x.WaitFor("nothing is sent before")
	x.Keys("enter", "ctrl+u", "40", "tab", "tab", "ctrl+u", "tab", "20", "enter")
	x.WaitFor("40 calls a second, 10 at once, 20 at most")
	x.Keys("ctrl+s")
	x.WaitFor("✗ 20 calls")
	x.WaitFor("5  503 no disk")
	x.WaitFor("ended after")
}

func TestALargeLoadIsAskedForFirst(t *testing.T) {
	var n atomic.Int64
	x := open(t, 120, 40, view.Fake{Call: func(context.Context) load.Outcome { n.Add(1); return load.Outcome{} }}, nil)
	x.Keys("enter", "ctrl+u", "5000", "enter")
	x.WaitFor("more than a modest load")
	x.Keys("ctrl+s")
	x.WaitFor("Make this load on shop.catalog Catalog.Get")
	x.Keys("enter") // no
	x.Settle()
	if n.Load() != 0 {
		t.Fatal("sent")
	}
	x.Keys("ctrl+s")
	x.WaitFor("Make this load")
	x.Keys("tab", "enter")
	x.WaitFor("esc ends it")
	x.Until("calls", func(string) bool { return n.Load() > 100 })
	x.Keys("esc")
	x.WaitFor("ended after")
}

func TestWhatIsWrongIsSaid(t *testing.T) {
	x := open(t, 120, 30, view.Fake{}, nil)
	x.Keys("enter", "x", "enter")
	x.WaitFor("write a number")
	x.Keys("ctrl+s")
	x.WaitFor("rate \"10x\"")
	x = open(t, 120, 30, view.Fake{Change: func() error { return introspect.ErrReadOnly }}, nil)
	x.Keys("ctrl+s")
	x.WaitFor("read only")
	x = open(t, 120, 30, view.Fake{Err: errors.New("no service")}, nil)
	x.Keys("ctrl+s")
	x.WaitFor("nothing was sent: no service")
}

func TestTheCommandLineIsTheSameLoad(t *testing.T) {
	got := view.Line(request(), load.Options{Rate: 100, Concurrency: 5, Duration: time.Minute, Count: 7})
	if want := `microtop load --rate 100 --concurrency 5 --duration 1m0s --count 7 --yes shop.catalog Catalog.Get '{"id":"it'\''s"}'`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestALiveServiceIsLoaded(t *testing.T) {
	session := composetest.Live(t)
	x := composetest.Open(t, tui.Open{Name: "load", With: composetest.Service + ` Greeter.Hello {"name": "Ada"}`}, view.Route(t.Context(), session, theme.Default()))
	x.WaitFor("nothing is sent before")
	x.Keys("jjj", "enter", "5", "enter", "ctrl+s")
	x.WaitFor("✓ 5 calls")
	if strings.Contains(x.Screen(), "✗") {
		t.Error(x.Screen())
	}
}

func TestALoadWhoseScreenIsLeftIsInTheLog(t *testing.T) {
	journal := tui.NewJournal(nil)
	fake := func(any) (tui.Screen, error) {
		return view.NewFake(t.Context(), request(), view.Fake{Call: func(context.Context) load.Outcome { return load.Outcome{} }}), nil
	}
	x := frametest.New(t, tui.Config{Name: "microtop", Journal: journal, Start: tui.Open{Name: "home"}, Routes: []tui.Route{{Name: "home", New: fake}, {Name: "load", New: fake}}}, 100, 30)
	x.WaitFor("Start")
	x.Keys(":load", "enter")
	x.WaitFor(" ▸ ")
	x.Keys("ctrl+s")
	x.WaitFor("esc ends it")
	x.Keys(":home", "enter")
	x.Until("the log has it", func(string) bool {
		kept, _ := journal.Entries()
		return len(kept) == 1 && strings.Contains(kept[0].Text.String(), "made a load on shop.catalog Catalog.Get") &&
			strings.Contains(kept[0].Text.String(), "its screen was left") && strings.HasPrefix(kept[0].Command, "microtop load ")
	})
}
