package publish_test

import (
	"context"
	"encoding/base64"
	"errors"
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

	"github.com/microtop/microtop/introspect"
	"github.com/microtop/microtop/introspect/schema"
	"github.com/microtop/microtop/introspect/topics"
	"github.com/microtop/microtop/tui"
	"github.com/microtop/microtop/tui/frametest"
	"github.com/microtop/microtop/views/publish"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// bodies are the messages of a batch.
func bodies(b topics.Batch) (out []string) {
	for range b.Count {
		for l := range b.From {
			out = append(out, string(l.Body))
		}
	}
	return out
}

// each publishes the messages of a batch one by one.
func each(send func(context.Context, topics.Publication) error) func(context.Context, topics.Batch, func(int)) (int, error) {
	return func(ctx context.Context, b topics.Batch, sent func(int)) (int, error) {
		n := 0
		for _, body := range bodies(b) {
			p := b.Publication
			p.Body = []byte(body)
			if err := send(ctx, p); err != nil {
				return n, err
			}
			n++
			sent(n)
		}
		return n, nil
	}
}

func open(t *testing.T, w, h int, topic string, send func(context.Context, topics.Publication) error, change func() error) *frametest.Terminal {
	t.Helper()
	return on(t, w, h, topic, publish.Fake{Publish: each(send), Change: change})
}

func on(t *testing.T, w, h int, topic string, f publish.Fake) *frametest.Terminal {
	t.Helper()
	return logged(t, tui.NewJournal(nil), w, h, topic, f)
}

func logged(t *testing.T, journal *tui.Journal, w, h int, topic string, f publish.Fake) *frametest.Terminal {
	t.Helper()
	return frametest.New(t, tui.Config{Name: "microtop", Journal: journal, Start: tui.Open{Name: "publish"}, Routes: []tui.Route{
		{Name: "publish", New: func(any) (tui.Screen, error) { return publish.NewFake(t.Context(), topic, f), nil }},
	}}, w, h)
}

// The log has the command that publishes again, without the message's secrets.
func TestWhatIsPublishedIsLogged(t *testing.T) {
	journal := tui.NewJournal(nil)
	x := logged(t, journal, 120, 30, "orders", publish.Fake{Publish: each(func(context.Context, topics.Publication) error { return nil })})
	x.WaitFor("publish to orders")
	x.Type(`{"id":7,"password":"hunter2"}`)
	x.WaitFor("hunter2")
	x.Keys("ctrl+s")
	yes(x)
	x.WaitFor("published to orders")
	kept, _ := journal.Entries()
	last := kept[len(kept)-1].Command
	if !strings.HasPrefix(last, "microtop publish orders ") || !strings.Contains(last, `"id":7`) || !strings.Contains(last, "--registry file") || strings.Contains(last, "hunter2") {
		t.Errorf("the log has %q", last)
	}
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
			x.Keys("tab", "enter")
			x.Type("tenant=t1 trace={{uuid}}")
			x.Keys("tab", "enter")
			x.Type("5")
			x.Keys("down", "down", "space", "down", "down", "up", "up")
			x.WaitFor("fills {{count}}")
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

func TestOptions(t *testing.T) {
	file := filepath.Join(t.TempDir(), "orders.ndjson")
	if err := os.WriteFile(file, []byte("{\"id\":1}\n{\"id\":2}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	batches := make(chan topics.Batch, 4)
	x := on(t, 100, 30, "orders", publish.Fake{Publish: func(_ context.Context, b topics.Batch, sent func(int)) (int, error) {
		batches <- b
		for n := range bodies(b) {
			sent(n + 1)
		}
		return len(bodies(b)), nil
	}})
	x.Type(`{"n": {{count}}}`)
	x.WaitFor("not JSON")
	x.Keys("tab", "enter")
	x.Type("tenant=t1 note='a b'")
	x.Keys("tab", "enter")
	x.Type("0")
	x.Keys("enter")
	x.WaitFor(`count "0": 1 to 1000000`)
	x.Keys("ctrl+s")
	x.WaitFor(`count "0"`)
	x.Keys("enter", "backspace")
	x.Type("3")
	x.Keys("tab", "enter")
	x.Type("1ms")
	x.Keys("tab", "space", "tab")
	x.Keys("end") // the message checks itself anew as a template
	x.Type(" ")
	x.WaitGone("not JSON")
	x.Keys("ctrl+s")
	x.WaitFor("Publish 3 messages of 17 B to topic orders?")
	yes(x)
	x.WaitFor("3 messages so far")
	b := <-batches
	if b.Count != 3 || b.Interval != time.Millisecond || !b.Template || b.Unchecked || b.Header["tenant"] != "t1" || b.Header["note"] != "a b" || b.Topic != "orders" {
		t.Errorf("%+v", b)
	}
	x.Keys("tab", "down", "enter")
	x.Type(file)
	x.Keys("tab", "right", "ctrl+s")
	x.WaitFor("times,")
	yes(x)
	x.WaitFor("9 messages so far")
	if b = <-batches; !b.Unchecked || len(bodies(b)) != 6 || bodies(b)[1] != `{"id":2}` {
		t.Errorf("%+v: %v", b, bodies(b))
	}
	x.Keys("ctrl+y")
	want := "microtop publish orders --metadata 'note=a b' --metadata 'tenant=t1' --count 3 --interval 1ms --file " + file + " --template --force --registry file"
	x.Until("the command on the clipboard", func(string) bool {
		return strings.Contains(x.Written(), base64.StdEncoding.EncodeToString([]byte(want)))
	})
	x.Keys("esc")
	x.WaitFor("tab goes there and back")
	x.Type("typed again")
	x.WaitFor("typed again")
}

func TestTheSubscribersCheckWhatIsTyped(t *testing.T) {
	x := on(t, 100, 30, "orders", publish.Fake{Skeleton: "{\n  \"id\": \"\"\n}", Check: func(p topics.Publication) error {
		if strings.Contains(string(p.Body), "idd") {
			return &topics.MismatchError{Topic: "orders", Service: "mail", Body: &schema.BodyError{Path: "idd", Reason: "no such field"}}
		}
		return nil
	}})
	x.WaitFor("ctrl+n skeleton")
	x.Type(`{"idd": 1}`)
	x.WaitFor("no such field (what mail takes from orders)")
	x.Keys("ctrl+n", "ctrl+u") // what is typed stays until it is taken away
	x.WaitGone("no such field")
	x.Keys("ctrl+n")
	x.WaitFor(`"id": ""`)
}

func TestABatchThatIsGivenUp(t *testing.T) {
	x := on(t, 100, 30, "orders", publish.Fake{Publish: func(ctx context.Context, _ topics.Batch, sent func(int)) (int, error) {
		sent(37)
		<-ctx.Done()
		return 37, ctx.Err()
	}})
	x.Keys("ctrl+s")
	yes(x)
	x.WaitFor("published 37 messages; esc gives up")
	x.Keys("esc")
	x.WaitFor("given up after 37 messages")
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
	s := publish.NewFake(t.Context(), "orders", publish.Fake{Publish: each(func(context.Context, topics.Publication) error { return nil }), Check: func(topics.Publication) error { return nil }, Skeleton: "{}"})
	defer s.Close()
	names := []string{"a", "{", "}", "\"", "enter", "backspace", "left", "up", "ctrl+k", "ctrl+u", "esc", "home", "漢", "pgdown", "tab", "space", "down"}
	r := rand.New(rand.NewPCG(5, 6))
	for range 3000 {
		key, err := tui.ParseKey(names[r.IntN(len(names))])
		if err != nil {
			t.Fatal(err)
		}
		s.Update(key)
		if actions := s.Actions(); r.IntN(9) == 0 {
			a := actions[r.IntN(len(actions))]
			if a.Run != nil && (a.Disabled == nil || a.Disabled() == "") {
				a.Run()
			}
		}
		s.View(r.IntN(210), r.IntN(65))
	}
}
