package logs_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/charmbracelet/x/exp/golden"
	"go.uber.org/goleak"

	"github.com/microtop/microtop/tui"
	"github.com/microtop/microtop/tui/frametest"
	"github.com/microtop/microtop/views/logs"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var start = time.Now().Add(-2 * time.Hour)

func open(t *testing.T, w, h int, nodes ...logs.Follow) *frametest.Terminal {
	t.Helper()
	return frametest.New(t, tui.Config{Name: "microtop", Start: tui.Open{Name: "logs"}, Routes: []tui.Route{
		{Name: "logs", New: func(any) (tui.Screen, error) { return logs.NewFake(t.Context(), nodes...), nil }},
	}}, w, h)
}

type yield = func(time.Time, map[string]string, string) bool

func tells(offset time.Duration, more func(ctx context.Context, y yield) error) logs.Follow {
	return func(ctx context.Context, _ int64, y func(time.Time, map[string]string, string) bool) error {
		at := start.Add(offset)
		y(at, map[string]string{"level": "info", "file": "cart/add.go:31"}, "added to cart")
		y(at.Add(10*time.Second), map[string]string{"level": "warn", "took": "4s"}, "slow answer of shop.catalog")
		y(at.Add(20*time.Second), map[string]string{"level": "error"}, "shop.payment: 500 \x1b[2J\x1b]52;c;eA==\a\nforged\u202e line")
		y(at.Add(30*time.Second), map[string]string{"level": "debug"}, "cache hit")
		if more != nil {
			return more(ctx, y)
		}
		<-ctx.Done()
		return nil
	}
}

func TestFrames(t *testing.T) {
	for _, size := range []struct {
		name string
		w, h int
	}{{"80x24", 80, 24}, {"200x60", 200, 60}} {
		t.Run(size.name, func(t *testing.T) {
			x := open(t, size.w, size.h, tells(0, nil), tells(time.Second, nil), func(context.Context, int64, func(time.Time, map[string]string, string) bool) error {
				return errors.New("profile and log need a debug token\x1b[2J")
			})
			x.WaitFor("2 of 3 nodes")
			x.WaitFor("[9]")
			x.Settle()
			golden.RequireEqual(t, regexp.MustCompile(`\d\d:\d\d:\d\d`).ReplaceAllString(x.Screen(), "15:04:05"))
		})
	}
}

func TestLevelFilterPauseAndSave(t *testing.T) {
	var say atomic.Pointer[yield]
	x := open(t, 110, 30, tells(0, func(ctx context.Context, y yield) error {
		say.Store(&y)
		<-ctx.Done()
		return nil
	}))
	x.WaitFor("cache hit")
	x.Keys("l")
	x.WaitGone("cache hit")
	x.Keys("l", "l")
	x.WaitGone("slow answer")
	x.WaitFor("error and worse")
	x.Keys("l")
	x.WaitFor("cache hit")
	x.Keys("/")
	x.Type("slow|cache")
	x.WaitFor("[2/4]")
	x.Keys("enter", "space")
	x.WaitFor("paused, 0 new")
	(*say.Load())(start.Add(time.Minute), nil, "slow again")
	x.WaitFor("paused, 1 new")
	file := filepath.Join(t.TempDir(), "out.ndjson")
	x.Keys("w")
	x.WaitFor("save logs to a new file")
	x.Keys("ctrl+u")
	x.Type(file)
	x.Keys("enter")
	x.WaitFor("saved ")
	data, err := os.ReadFile(file)
	if err != nil || strings.Count(string(data), "\n") != 3 || !strings.Contains(string(data), `"message":"slow again"`) {
		t.Errorf("%v: %s", err, data)
	}
}

func TestANodeThatEndsIsAskedAgain(t *testing.T) {
	var asked atomic.Int32
	x := open(t, 110, 30, tells(0, func(ctx context.Context, y yield) error {
		if asked.Add(1) == 1 {
			return errors.New("connection reset")
		}
		y(start.Add(time.Hour), nil, "back again")
		<-ctx.Done()
		return nil
	}))
	x.WaitFor("connection reset; r asks again")
	x.WaitFor("0 of 1 node")
	x.Keys("r")
	x.WaitFor("back again")
	x.WaitFor("1 of 1 node")
	if n := strings.Count(x.Screen(), "added to cart"); n != 1 {
		t.Errorf("the first record is shown %d times", n)
	}
}

func TestAFloodIsBounded(t *testing.T) {
	x := open(t, 110, 30, tells(0, func(ctx context.Context, y yield) error {
		for i := range 100_000 {
			if !y(start.Add(time.Minute), nil, fmt.Sprintf("line %d", i)) {
				return nil
			}
		}
		<-ctx.Done()
		return nil
	}))
	x.WaitFor("line 99999")
	x.Keys("space")
	x.WaitFor("paused")
}

func TestAnyKeysPanicNot(t *testing.T) {
	s := logs.NewFake(t.Context(), tells(0, nil))
	defer s.Close()
	names := []string{"space", "l", "f", "w", "W", "y", "r", "C", "t", "j", "k", "g", "G", "pgup", "pgdown", "H", "L", "n", "N"}
	r := rand.New(rand.NewPCG(9, 10))
	for range 2000 {
		key, err := tui.ParseKey(names[r.IntN(len(names))])
		if err != nil {
			t.Fatal(err)
		}
		acted := false
		for _, a := range s.Actions() {
			if a.Run != nil && (a.Disabled == nil || a.Disabled() == "") && a.Keys[0] == key.String() {
				a.Run()
				acted = true
				break
			}
		}
		if !acted {
			s.Update(key)
		}
		s.View(r.IntN(210), r.IntN(65))
	}
}
