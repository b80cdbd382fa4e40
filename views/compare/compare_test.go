package compare_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	microerrors "github.com/microtop/microtop/framework/errors"
	"github.com/microtop/microtop/introspect"
	"github.com/microtop/microtop/introspect/invoke"
	"github.com/microtop/microtop/tui"
	"github.com/microtop/microtop/tui/frametest"
	"github.com/microtop/microtop/tui/theme"
	"github.com/microtop/microtop/views/compare"
	"github.com/microtop/microtop/views/compose/composetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func request() invoke.Request {
	return invoke.Request{Target: introspect.Target{Service: "shop.catalog"}, Endpoint: "Catalog.Get", Body: []byte(`{"id":"kettle"}`)}
}

func results() []invoke.NodeResult {
	at := func(d time.Duration, body string, err error) *invoke.Result {
		return &invoke.Result{Body: []byte(body), Size: len(body), Duration: d, Err: err}
	}
	return []invoke.NodeResult{
		{Node: "shop.catalog-1", Version: "1.1.0", Result: at(4*time.Millisecond, `{"id":"kettle","stock":7}`, nil), Same: true},
		{Node: "shop.catalog-2", Version: "1.1.0", Result: at(40*time.Millisecond, `{"id":"kettle","stock":9}`, nil)},
		{Node: "shop.catalog-3", Version: "1.0.0", Result: at(9*time.Millisecond, "", microerrors.New("shop.catalog", "no \x1b[2J disk\u202e", 503))},
		{Node: "shop.catalog-4", Version: "1.0.0", Result: at(5*time.Millisecond, `{"stock":7,"id":"kettle"}`, nil), Same: true},
	}
}

func open(t *testing.T, w, h int, call func(context.Context, invoke.Request) ([]invoke.NodeResult, error)) *frametest.Terminal {
	t.Helper()
	return frametest.New(t, tui.Config{Name: "microtop", Start: tui.Open{Name: "compare"}, Routes: []tui.Route{
		{Name: "compare", New: func(any) (tui.Screen, error) { return compare.NewFake(t.Context(), request(), call), nil }},
	}}, w, h)
}

func TestFrames(t *testing.T) {
	for name, size := range map[string][2]int{"80x24": {80, 24}, "200x60": {200, 60}} {
		t.Run(name, func(t *testing.T) {
			x := open(t, size[0], size[1], func(context.Context, invoke.Request) ([]invoke.NodeResult, error) { return results(), nil })
			x.WaitFor("4 nodes: 1 failed, 1 differ, the slowest took 40 ms")
			x.Golden()
		})
	}
}

func TestAnswersAreReadAndCompared(t *testing.T) {
	var calls atomic.Int32
	x := open(t, 120, 30, func(context.Context, invoke.Request) ([]invoke.NodeResult, error) {
		calls.Add(1)
		return results(), nil
	})
	x.WaitFor("differs:")
	x.Keys("j", "enter")
	x.WaitFor(`"stock": 9`)
	x.Keys("esc", "=")
	x.WaitFor(`-   "stock": 7`)
	x.WaitFor(`+   "stock": 9`)
	x.Keys("esc", "j", "=")
	x.WaitFor("no two answers")
	x.Keys(".")
	x.Until("called again", func(string) bool { return calls.Load() == 2 })
	if strings.Contains(x.Screen(), "\u202e") {
		t.Error("not clean")
	}
}

func TestHungNodesCanBeLeft(t *testing.T) {
	ended := make(chan struct{})
	x := open(t, 80, 24, func(ctx context.Context, _ invoke.Request) ([]invoke.NodeResult, error) {
		<-ctx.Done()
		close(ended)
		return nil, ctx.Err()
	})
	x.WaitFor("calling every node")
	x.Keys("esc")
	x.WaitFor("cancelled")
	<-ended
	x = open(t, 80, 24, func(context.Context, invoke.Request) ([]invoke.NodeResult, error) {
		return nil, errors.New("read only: no")
	})
	x.WaitFor("nothing was sent")
}

func TestALiveServiceIsCompared(t *testing.T) {
	session := composetest.Live(t)
	x := composetest.Open(t, tui.Open{Name: "compare", With: composetest.Service + ` Greeter.Hello {"name": "Ada"}`}, compare.Route(t.Context(), session, theme.Default()))
	x.WaitFor("1 node: 0 failed")
	x.WaitFor("Hello Ada")
}
