package publish_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/charmbracelet/x/exp/golden"
	"go.uber.org/goleak"

	"github.com/microtop/microtop/introspect"
	"github.com/microtop/microtop/introspect/schema"
	"github.com/microtop/microtop/introspect/topics"
	"github.com/microtop/microtop/tui"
	"github.com/microtop/microtop/tui/frametest"
	"github.com/microtop/microtop/views/publish"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func open(t *testing.T, w, h int, topic string, send func(context.Context, topics.Publication) error, change func() error) *frametest.Terminal {
	t.Helper()
	return frametest.New(t, tui.Config{Name: "microtop", Start: tui.Open{Name: "publish"}, Routes: []tui.Route{
		{Name: "publish", New: func(any) (tui.Screen, error) { return publish.NewFake(t.Context(), topic, send, change), nil }},
	}}, w, h)
}

func yes(x *frametest.Terminal) {
	x.WaitFor("Cancel")
	x.Keys("tab", "enter")
}

func TestFrames(t *testing.T) {
	for _, size := range []struct {
		name string
		w, h int
	}{{"80x24", 80, 24}, {"200x60", 200, 60}} {
		t.Run(size.name, func(t *testing.T) {
			x := open(t, size.w, size.h, "shop.orders\x1b[2J", func(context.Context, topics.Publication) error { return nil }, nil)
			x.Paste("{\n  \"id\": 7\n}")
			x.Keys("ctrl+s")
			x.WaitFor("Every subscriber gets it")
			yes(x)
			x.WaitFor("1 message so far")
			x.Settle()
			golden.RequireEqual(t, regexp.MustCompile(`\d\d:\d\d:\d\d`).ReplaceAllString(x.Screen(), "15:04:05"))
		})
	}
}

func TestPublishingAsksFirst(t *testing.T) {
	var sent atomic.Int32
	x := open(t, 100, 30, "", func(_ context.Context, p topics.Publication) error {
		if p.Topic != "orders" || string(p.Body) != `{"id": 1}` {
			return errors.New("wrong message: " + p.Topic + " " + string(p.Body))
		}
		sent.Add(1)
		return nil
	}, nil)
	x.WaitFor("publish to which topic?")
	x.Type("orders")
	x.Keys("enter")
	x.WaitFor("to topic orders")
	x.Type(`{"id": 1}`)
	x.Keys("ctrl+s")
	x.WaitFor("to topic orders? Every")
	x.Keys("enter") // the default is no
	x.WaitGone("Every subscriber")
	if sent.Load() != 0 {
		t.Fatal("published without a yes")
	}
	x.Keys("ctrl+s")
	yes(x)
	x.WaitFor("published to orders")
	if sent.Load() != 1 {
		t.Errorf("published %d times", sent.Load())
	}
}

func TestWhatIsWrongIsShown(t *testing.T) {
	err := error(&schema.BodyError{Path: "id", Reason: "want a string"})
	x := open(t, 100, 30, "orders", func(context.Context, topics.Publication) error { return err }, nil)
	x.Type(`{"id": 1}`)
	x.Keys("ctrl+s")
	yes(x)
	x.WaitFor("1:2 id: want a string")
	err = errors.New("no broker \x1b]0;x\a")
	x.Keys("ctrl+s")
	yes(x)
	x.WaitFor("not published at")
	x.WaitFor("no broker ␛]0;x")
	x.Type("{")
	x.WaitFor("not JSON")
}

func TestAHungBrokerCanBeLeft(t *testing.T) {
	x := open(t, 100, 30, "orders", func(ctx context.Context, _ topics.Publication) error {
		<-ctx.Done()
		return ctx.Err()
	}, nil)
	x.Keys("ctrl+s")
	yes(x)
	x.WaitFor("publishing …")
	x.Type("still typing")
	x.WaitFor("still typing")
	x.Keys("esc")
	x.WaitFor("given up")
}

func TestReadOnlySaysWhy(t *testing.T) {
	x := open(t, 100, 30, "orders", nil, func() error { return introspect.ErrReadOnly })
	x.WaitFor("! read only")
	x.Keys("ctrl+s")
	x.Settle()
	if strings.Contains(x.Screen(), "Every subscriber") {
		t.Error("it asks for what cannot be done")
	}
}

func TestAnyKeysPanicNot(t *testing.T) {
	s := publish.NewFake(t.Context(), "orders", func(context.Context, topics.Publication) error { return nil }, nil)
	defer s.Close()
	names := []string{"a", "{", "}", "\"", "enter", "backspace", "left", "up", "ctrl+k", "ctrl+u", "esc", "home", "漢", "pgdown"}
	r := rand.New(rand.NewPCG(5, 6))
	for range 3000 {
		key, err := tui.ParseKey(names[r.IntN(len(names))])
		if err != nil {
			t.Fatal(err)
		}
		s.Update(key)
		if actions := s.Actions(); r.IntN(9) == 0 {
			a := actions[r.IntN(len(actions))]
			if a.Disabled == nil || a.Disabled() == "" {
				a.Run()
			}
		}
		s.View(r.IntN(210), r.IntN(65))
	}
}
