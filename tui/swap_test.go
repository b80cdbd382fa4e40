package tui_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/microtop/microtop/tui"
	"github.com/microtop/microtop/tui/frametest"
	"github.com/microtop/microtop/tui/safetext"
)

// world is screens that a test swaps to, and whether what stands behind them was closed.
type world struct {
	*shop
	ended atomic.Int64
}

func newWorld(t *testing.T, header string, change ...func(*list)) *world {
	w := &world{shop: newShop(t, change...)}
	w.cfg.Header = func(int) []tui.Segment { return []tui.Segment{{Value: safetext.Clean(header)}} }
	w.cfg.Close = func() { w.ended.Add(1) }
	return w
}

func (w *world) screens() tui.Screens {
	return tui.Screens{Routes: w.cfg.Routes, Start: w.cfg.Start, Header: w.cfg.Header, Close: w.cfg.Close}
}

func TestASwapPutsOtherScreensInPlace(t *testing.T) {
	second := newWorld(t, "@second")
	swap := tui.Swap{To: safetext.Literal("second"), Command: "microshop --context second", Make: func(context.Context) (tui.Screens, error) { return second.screens(), nil }}
	first := newWorld(t, "@first", act(key("w", "swap", tui.Do(swap))))
	x := frametest.New(t, first.cfg, 80, 24)
	x.Keys(":nodes", "enter")
	x.WaitFor("services ▸ nodes")
	x.Keys("w")
	x.WaitFor("@second")
	x.WaitFor("✓ switched to second")
	x.WaitGone("▸ nodes")
	x.Until("the first world's end", func(string) bool { return first.closed.Load() == 2 && first.ended.Load() == 1 })
	if second.ended.Load() != 0 {
		t.Error("the second world was closed too")
	}
	kept, _ := first.cfg.Journal.Entries()
	if last := kept[len(kept)-1]; last.Command != swap.Command {
		t.Errorf("%+v", last)
	}
}

func TestASwapAsksAboutWhatRuns(t *testing.T) {
	var made atomic.Int64
	second := newWorld(t, "@second")
	swap := tui.Swap{To: safetext.Literal("second"), Make: func(context.Context) (tui.Screens, error) { made.Add(1); return second.screens(), nil }}
	first := newWorld(t, "@first", func(l *list) { l.busy = true }, act(key("w", "swap", tui.Do(swap))))
	x := frametest.New(t, first.cfg, 80, 24)
	x.Keys("w")
	x.WaitFor("services is still running. Cancel it and switch to second?")
	x.Keys("enter") // the answer is no unless one moves to yes
	x.WaitGone("still running")
	if made.Load() != 0 || first.closed.Load() != 0 {
		t.Fatal("it was switched without a yes")
	}
	x.Keys("w", "tab", "enter")
	x.WaitFor("@second")
}

func TestAFailedSwapLeavesEverything(t *testing.T) {
	fails := tui.Swap{To: safetext.Literal("second"), Make: func(context.Context) (tui.Screens, error) {
		return tui.Screens{}, errors.New("no such registry\x1b[2J")
	}}
	empty := newWorld(t, "@empty")
	empty.cfg.Routes = nil
	wrong := tui.Swap{To: safetext.Literal("empty"), Make: func(context.Context) (tui.Screens, error) { return empty.screens(), nil }}
	first := newWorld(t, "@first", act(key("w", "swap", tui.Do(fails)), key("e", "empty", tui.Do(wrong))))
	x := frametest.New(t, first.cfg, 80, 24)
	x.Keys("w")
	x.WaitFor("✗ second: no such registry␛[2J")
	x.Keys("e")
	x.WaitFor(`no screen "services" to start with`)
	x.Until("the end of what was made", func(string) bool { return empty.ended.Load() == 1 })
	x.Keys("j")
	x.WaitFor(`last="j"`)
	if first.closed.Load() != 0 || first.ended.Load() != 0 || !strings.Contains(x.Screen(), "@first") {
		t.Error(x.Screen())
	}
}

// Of two swaps under way the one asked for last counts, whichever is made first.
func TestTheLastSwapCounts(t *testing.T) {
	slow, quick := newWorld(t, "@slow"), newWorld(t, "@quick")
	gate := make(chan struct{})
	first := newWorld(t, "@first", act(
		key("1", "slow", tui.Do(tui.Swap{To: safetext.Literal("slow"), Make: func(context.Context) (tui.Screens, error) { <-gate; return slow.screens(), nil }})),
		key("2", "quick", tui.Do(tui.Swap{To: safetext.Literal("quick"), Make: func(context.Context) (tui.Screens, error) { return quick.screens(), nil }}))))
	x := frametest.New(t, first.cfg, 80, 24)
	x.Keys("1", "2")
	x.WaitFor("@quick")
	close(gate)
	x.Until("the end of what came late", func(string) bool { return slow.ended.Load() == 1 })
	if !strings.Contains(x.Screen(), "@quick") || quick.ended.Load() != 0 {
		t.Error(x.Screen())
	}
}
