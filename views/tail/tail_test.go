package tail_test

import (
	"context"
	"encoding/json"
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

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/exp/golden"
	"go.uber.org/goleak"

	"github.com/microtop/microtop/introspect"
	"github.com/microtop/microtop/introspect/topics"
	"github.com/microtop/microtop/tui"
	"github.com/microtop/microtop/tui/frametest"
	"github.com/microtop/microtop/views/tail"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// topic is a subscription whose publisher is the test.
type topic struct {
	c        chan *topics.Message
	received atomic.Uint64
	dropped  atomic.Uint64
	closed   atomic.Bool
}

func newTopic() *topic { return &topic{c: make(chan *topics.Message, 4096)} }

func (f *topic) Next(ctx context.Context) (*topics.Message, error) {
	select {
	case m := <-f.c:
		return m, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (f *topic) Counts() (received, bytes, dropped uint64) {
	return f.received.Load(), 100 * f.received.Load(), f.dropped.Load()
}

func (f *topic) Close() error {
	f.closed.Store(true)
	return nil
}

func message(name, body string) *topics.Message {
	m := &topics.Message{Time: time.Date(2026, 11, 21, 6, 0, 0, 123e6, time.Local), Topic: name, Raw: []byte(body), ContentType: "application/json", Header: map[string]string{"Micro-Id": "7", "Content-Type": "application/json"}}
	if json.Valid(m.Raw) {
		m.JSON = m.Raw
	}
	return m
}

func (f *topic) publish(list ...*topics.Message) {
	for _, m := range list {
		f.received.Add(1)
		f.c <- m
	}
}

func open(t *testing.T, w, h int, follow func(context.Context) (tail.Source, error)) *frametest.Terminal {
	t.Helper()
	return frametest.New(t, tui.Config{Name: "microtop", Start: tui.Open{Name: "tail"}, Routes: []tui.Route{
		{Name: "tail", New: func(any) (tui.Screen, error) {
			return tail.NewFake(t.Context(), []string{"shop.orders", "shop.carts"}, follow), nil
		}},
		{Name: "publish", New: func(with any) (tui.Screen, error) { return nil, fmt.Errorf("asked for %v", with) }},
	}}, w, h)
}

func on(f *topic) func(context.Context) (tail.Source, error) {
	return func(context.Context) (tail.Source, error) { return f, nil }
}

func TestFrames(t *testing.T) {
	for _, size := range []struct {
		name string
		w, h int
	}{{"80x24", 80, 24}, {"200x60", 200, 60}} {
		t.Run(size.name, func(t *testing.T) {
			f := newTopic()
			f.dropped.Store(12)
			x := open(t, size.w, size.h, on(f))
			x.WaitFor("nothing was published")
			for i := range 4 {
				f.publish(message("shop.orders", fmt.Sprintf(`{"id": %d, "items": [{"sku": "a", "n": 2}], "total": {"currency": "EUR", "units": 12}}`, i)), message("shop.carts", fmt.Sprintf(`{"cart": %d}`, i)))
			}
			f.publish(message("shop.orders", "\x00\x01\xff\xfe"), message("evil\x1b[2J\u202e", "\x1b]52;c;eA==\a\r\u202e"))
			x.WaitFor("kept 10 of 10")
			x.Keys("k")
			t.Run("list", func(t *testing.T) { golden.RequireEqual(t, settled(x)) })
			x.Keys("k", "k", "enter")
			x.WaitFor("Micro-Id")
			t.Run("whole", func(t *testing.T) { golden.RequireEqual(t, settled(x)) })
		})
	}
}

func settled(x *frametest.Terminal) string {
	x.Settle()
	return regexp.MustCompile(`─+ ([▁▂▃▄▅▆▇█]+  )?\d+/s`).ReplaceAllString(x.Screen(), "─ N/s")
}

func TestFilters(t *testing.T) {
	m := message("shop.orders", `{"total": {"units": 12345678901234567, "name": "Ada"}, "list": [1, 2.5]}`)
	raw := message("shop.orders", "plain text")
	for _, c := range []struct {
		expr string
		m    *topics.Message
		want bool
	}{
		{"", m, true}, {"ada", m, true}, {"!ada", m, false}, {"orders", raw, true}, {"plain", raw, true},
		{"re:^shop.*Ada", m, true}, {"re:x{3}", m, false}, {"ad[ae]", m, true},
		{`.total.name=="Ada"`, m, true}, {`.total.name=="Bob"`, m, false}, {`.total.units==12345678901234567`, m, true},
		{`.total.units==12345678901234568`, m, false}, {`.list[1] > 2`, m, true}, {`.missing`, m, false}, {`.total`, m, true},
		{`.total`, raw, false}, {`.list | length == 2`, m, true}, {`.total.name | error`, m, false},
	} {
		if got, err := tail.Match(t.Context(), c.expr, c.m); err != nil || got != c.want {
			t.Errorf("%s: %v, %v", c.expr, got, err)
		}
	}
	for _, expr := range []string{".[", "re:(", `.a | nosuch`, "." + strings.Repeat("x", 600)} {
		if _, err := tail.Match(t.Context(), expr, m); err == nil {
			t.Errorf("%.20s compiles", expr)
		}
	}
	start := time.Now()
	if got, err := tail.Match(t.Context(), `. as $x | def f: f; f`, m); err != nil || got {
		t.Errorf("an endless expression: %v, %v", got, err)
	}
	if took := time.Since(start); took > 2*time.Second {
		t.Errorf("an endless expression ran for %v", took)
	}
}

func FuzzFilter(f *testing.F) {
	for _, s := range []string{"x", "re:a|b", ".a==1", ".[]", "..", ".a|range(10)", "!-f z"} {
		f.Add(s, `{"a": [1, 2, {"b": null}]}`)
	}
	f.Fuzz(func(t *testing.T, expr, body string) {
		if len(expr) > 100 || len(body) > 1000 {
			return
		}
		_, _ = tail.Match(t.Context(), expr, message("t", body))
	})
}

func TestFilterKeysAndErrors(t *testing.T) {
	f := newTopic()
	x := open(t, 100, 30, on(f))
	x.WaitFor("nothing was published")
	for i := range 100 {
		f.publish(message("shop.orders", fmt.Sprintf(`{"id": %d}`, i)))
	}
	x.WaitFor("kept 100 of 100")
	x.Keys("/")
	x.Type(".id==")
	x.WaitFor("jq:")
	x.Type("42")
	x.WaitFor("[1/100]")
	x.Keys("enter")
	f.publish(message("shop.orders", `{"id": 42, "second": true}`), message("shop.orders", `{"id": 43}`))
	x.WaitFor("[2/102]")
	x.WaitFor(`"second":true`)
	x.Keys("esc")
	x.WaitFor("[102]")
	x.WaitFor(`{"id":99}`)
}

func TestPauseLosesNothing(t *testing.T) {
	f := newTopic()
	x := open(t, 100, 30, on(f))
	x.WaitFor("nothing was published")
	f.publish(message("shop.orders", `{"id": "first"}`))
	x.WaitFor("first")
	x.Keys("space")
	x.WaitFor("paused, 0 new")
	for range 214 {
		f.publish(message("shop.orders", `{"id": "later"}`))
	}
	x.WaitFor("paused, 214 new")
	x.Keys("G")
	x.WaitFor("following")
}

func TestAFloodIsBoundedAndTheKeysWork(t *testing.T) {
	f := newTopic()
	x := open(t, 100, 30, on(f))
	x.WaitFor("nothing was published")
	done := make(chan struct{})
	go func() {
		defer close(done)
		for i := range 25_000 {
			f.received.Add(1)
			f.c <- message("shop.orders", fmt.Sprintf(`{"id": %d, "pad": "%s"}`, i, strings.Repeat("x", 500)))
		}
	}()
	x.Keys("space")
	x.WaitFor("paused,")
	x.Keys("f")
	x.WaitFor("following")
	<-done
	x.WaitFor(`{"id":24999`)
	x.WaitFor("kept 10000 of 25000  dropped 15000")
}

func TestWhyThereIsNoTail(t *testing.T) {
	fails := true
	f := newTopic()
	x := open(t, 100, 30, func(context.Context) (tail.Source, error) {
		if fails {
			return nil, fmt.Errorf("a tail registers a subscriber: %w", introspect.ErrReadOnly)
		}
		return f, nil
	})
	x.WaitFor("read only: start without --readonly")
	x.WaitFor("r tries again")
	fails = false
	x.Keys("r")
	x.WaitFor("nothing was published")
}

func TestASubscriptionEndsWithTheScreen(t *testing.T) {
	f := newTopic()
	s := tail.NewFake(t.Context(), []string{"a"}, on(f))
	done := make(chan struct{})
	for _, cmd := range s.Init()().(tea.BatchMsg)[:1] {
		go func() { defer close(done); cmd() }()
	}
	s.Close()
	<-done
	if !f.closed.Load() {
		t.Error("the subscription is left open")
	}
	hung := tail.NewFake(t.Context(), []string{"a"}, func(ctx context.Context) (tail.Source, error) {
		<-ctx.Done()
		return nil, errors.New("gone")
	})
	cmd := hung.Init()().(tea.BatchMsg)[0]
	hung.Close()
	cmd()
}

func TestSaveAndPublish(t *testing.T) {
	f := newTopic()
	x := open(t, 100, 30, on(f))
	x.WaitFor("nothing was published")
	f.publish(message("shop.orders", `{"id": 1}`), message("shop.carts", "\xff\xfe"))
	x.WaitFor("kept 2 of 2")
	file := filepath.Join(t.TempDir(), "out.ndjson")
	for range 2 {
		x.Keys("w")
		x.WaitFor("all that is shown")
		x.Keys("a")
		x.WaitFor("save tail to a new file")
		x.Keys("ctrl+u")
		x.Type(file)
		x.Keys("enter")
		x.WaitGone("save tail to a new file")
		x.WaitFor("save")
	}
	x.WaitFor("exists: name another file")
	data, err := os.ReadFile(file)
	if want := `"topic":"shop.carts","size":2,"header":{"Content-Type":"application/json","Micro-Id":"7"},"contentType":"application/json","bodyBase64":"//4="}`; err != nil || !strings.Contains(string(data), want) || strings.Count(string(data), "\n") != 2 {
		t.Errorf("%v: %s", err, data)
	}
	one := filepath.Join(t.TempDir(), "one.ndjson")
	x.Keys("k", "w")
	x.WaitFor("this one")
	x.Keys("o")
	x.WaitFor("save tail to a new file")
	x.Keys("ctrl+u")
	x.Type(one)
	x.Keys("enter")
	x.WaitFor("saved " + one)
	if data, err = os.ReadFile(one); err != nil || !strings.HasSuffix(string(data), `"header":{"Content-Type":"application/json","Micro-Id":"7"},"body":{"id":1}}`+"\n") {
		t.Errorf("%v: %s", err, data)
	}
	x.Keys("P")
	x.WaitFor("asked for shop.orders")
}

func TestBodiesAreReadInOtherWays(t *testing.T) {
	f := newTopic()
	x := open(t, 120, 30, on(f))
	x.WaitFor("nothing was published")
	for i := range 40 {
		f.publish(message("shop.orders", fmt.Sprintf(`{"id": %d}`, i)))
	}
	x.WaitFor(`{"id":39}`)
	x.Keys("pgup")
	x.WaitFor("paused, 0 new")
	x.WaitFor(`{"id":4}`)
	for _, want := range []string{
		"as json", "(no subscriber tells the protobuf message)", "(decode msgpack: ", `{"id": 4}`, "7b 22 69 64 22 3a 20 34 7d", "eyJpZCI6IDR9", "(it is not gzip)",
	} {
		x.Keys("b")
		x.WaitFor(want)
	}
	x.Keys("b", "b", "b", "b", "b")
	x.WaitFor("as text")
	x.Keys("b", "enter")
	x.WaitFor("|{\"id\": ")
	x.WaitFor("read as       hex")
	x.Keys("b")
	x.WaitFor("read as       base64")
	x.Keys("esc")
	f.publish(message("shop.orders", `{"id": 40}`))
	x.WaitFor("paused, 1 new")
	x.Keys("G")
	x.WaitFor("eyJpZCI6IDQwfQ==")
	x.Keys("/")
	x.Type("eyJpZCI6IDM5fQ==") // what is shown is what is filtered
	x.WaitFor("[1/41]")
	x.Keys("enter", "b", "b")
	x.WaitFor("[0/41]")
}

func TestAMarkStands(t *testing.T) {
	f := newTopic()
	x := open(t, 100, 30, on(f))
	x.WaitFor("nothing was published")
	f.publish(message("shop.orders", `{"id": 1}`))
	x.WaitFor("kept 1 of 1")
	x.Keys("m")
	x.WaitFor("marked at ")
	f.publish(message("shop.orders", `{"id": 2}`))
	x.WaitFor("kept 2 of 2")
	x.Keys("/")
	x.Type("id...2") // a filter leaves marks where they are
	x.WaitGone(`{"id":1}`)
	x.WaitFor("marked at ")
	x.Keys("enter", "k")
	x.Keys("R")
	x.WaitFor("there is no message any more")
}

func TestRepublishingAsks(t *testing.T) {
	f := newTopic()
	sent := make(chan *topics.Message, 4)
	var refuse atomic.Bool
	x := frametest.New(t, tui.Config{Name: "microtop", Start: tui.Open{Name: "tail"}, Routes: []tui.Route{
		{Name: "tail", New: func(any) (tui.Screen, error) {
			return tail.NewFakeBroker(t.Context(), []string{"shop.orders"}, on(f), func(_ context.Context, m *topics.Message) error {
				sent <- m
				return nil
			}, func() error {
				if refuse.Load() {
					return introspect.ErrReadOnly
				}
				return nil
			}), nil
		}},
	}}, 160, 30)
	x.WaitFor("nothing was published")
	m := message("shop.orders", `{"id": 1}`)
	m.Header["Tenant"] = "t1"
	f.publish(m)
	x.WaitFor(`Tenant=t1  {"id":1}`)
	x.Keys("R")
	x.WaitFor("Publish this message, 9 B of 06:00:00, to topic shop.orders again?")
	x.WaitFor("Every subscriber gets it.")
	x.Keys("enter") // the default is no
	x.WaitGone("Every subscriber")
	if len(sent) != 0 {
		t.Fatal("published without a yes")
	}
	x.Keys("R")
	x.WaitFor("Cancel")
	x.Keys("tab", "enter")
	x.WaitFor("published to shop.orders again")
	if got := <-sent; got != m {
		t.Errorf("published %v", got)
	}
	x.Keys("y")
	x.WaitFor(`microtop publish shop.orders '{"id": 1}' --metadata 'Tenant`)
	x.WaitFor("microtop tail shop.orders --registry file")
	x.Keys("esc")
	refuse.Store(true)
	x.Keys("R")
	x.WaitFor("read only")
}

func TestAnyKeysPanicNot(t *testing.T) {
	f := newTopic()
	s := tail.NewFake(t.Context(), []string{"a"}, on(f))
	defer s.Close()
	names := []string{"enter", "space", "f", "w", "W", "y", "P", "r", "b", "m", "C", "t", "j", "k", "g", "G", "pgup", "pgdown", "H", "L", "n", "N", "up", "down"}
	r := rand.New(rand.NewPCG(7, 8))
	filters := []string{"", "x", ".id==1", "re:[", ".", "!x"}
	for i := range 3000 {
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
		if i%13 == 0 {
			_ = s.(tui.Filterer).SetFilter(filters[r.IntN(len(filters))])
			s.(tui.Escaper).Escape()
		}
		s.View(r.IntN(210), r.IntN(65))
	}
}

func TestHeadersOfAMessageLineUp(t *testing.T) {
	m := message("shop.orders", "{}")
	m.Header = map[string]string{"Micro-Endpoint": "Checkout.PlaceOrder", "Local": "10.0.0.1:1"}
	f := newTopic()
	x := open(t, 80, 24, on(f))
	x.WaitFor("nothing was published")
	f.publish(m)
	x.WaitFor("kept 1 of 1")
	x.Keys("enter")
	x.WaitFor("Micro-Endpoint  Checkout.PlaceOrder")
	x.WaitFor("Local           10.0.0.1:1")
	x.WaitFor("topic           shop.orders")
	x.WaitFor("read as         json")
}

func TestATailOfOneTopicDoesNotRepeatIt(t *testing.T) {
	f := newTopic()
	x := frametest.New(t, tui.Config{Name: "microtop", Start: tui.Open{Name: "tail"}, Routes: []tui.Route{{Name: "tail", New: func(any) (tui.Screen, error) {
		return tail.NewFake(t.Context(), []string{"shop.orders"}, on(f)), nil
	}}}}, 80, 24)
	x.WaitFor("nothing was published")
	f.publish(message("shop.orders", `{"id": 7}`))
	x.WaitFor("06:00:00.123     9 B  {\"id\":7}")
}
