package topics_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/microtop/microtop/framework/broker"
	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/introspect/schema"
	"github.com/microtop/microtop/introspect/topics"
)

// batch is messages of bodies.
func batch(list ...string) topics.Batch {
	var lines []topics.Line
	for i, body := range list {
		lines = append(lines, topics.Line{Body: []byte(body), Number: i + 1})
	}
	return topics.Batch{From: topics.All(lines...)}
}

func TestABatchOfMessages(t *testing.T) {
	b := broker.NewMemoryBroker()
	s := session(t, registry.NewMemoryRegistry(), b)
	tail, err := topics.Follow(t.Context(), s, "orders")
	if err != nil {
		t.Fatal(err)
	}
	defer closed(t, tail)
	to, err := topics.NewPublisher(t.Context(), s, "orders")
	if err != nil {
		t.Fatal(err)
	}
	var told []int
	all := batch(`{"n":{{count}}}`, `{"n":{{count}},"of":"b"}`)
	all.Template, all.Count, all.Interval = true, 2, time.Millisecond
	all.Header = map[string]string{"Trace": "t-{{count}}"}
	n, err := to.Run(t.Context(), all, func(n int) { told = append(told, n) })
	if n != 4 || err != nil || fmt.Sprint(told) != "[1 2 3 4]" {
		t.Errorf("%d, %v, told %v", n, err, told)
	}
	for i, want := range []string{`{"n":1}`, `{"n":2,"of":"b"}`, `{"n":3}`, `{"n":4,"of":"b"}`} {
		if m := next(t, tail); string(m.JSON) != want || m.Header["Trace"] != fmt.Sprintf("t-%d", i+1) {
			t.Errorf("message %d is %s with %v", i+1, m.JSON, m.Header)
		}
	}
	received, _, _ := tail.Counts()
	var wrong *schema.BodyError
	var line *topics.LineError
	if n, err := to.Run(t.Context(), batch(`1`, `2`, `{`), nil); n != 0 || !errors.As(err, &wrong) || !errors.As(err, &line) || line.Number != 3 {
		t.Errorf("a wrong one: %d, %v", n, err)
	}
	if after, _, _ := tail.Counts(); after != received {
		t.Error("something was sent before all were checked")
	}
	follow := batch(`1`, `{`, `3`)
	follow.Follow = true
	if n, err := to.Run(t.Context(), follow, nil); n != 1 || !errors.As(err, &line) || line.Number != 2 {
		t.Errorf("a wrong one of those that come: %d, %v", n, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	slow := batch(`1`, `2`, `3`)
	slow.Interval = time.Hour
	if n, err := to.Run(ctx, slow, func(int) { cancel() }); n != 1 || !errors.Is(err, context.Canceled) {
		t.Errorf("one that is given up: %d, %v", n, err)
	}
}

// A batch without a pause loses nothing: it goes as fast as the subscribers take its messages.
func TestABatchWaitsForItsSubscribers(t *testing.T) {
	r := registry.NewMemoryRegistry()
	s := session(t, r, broker.NewBroker(broker.Registry(r)))
	tail, err := topics.Follow(t.Context(), session(t, r, broker.NewBroker(broker.Registry(r))), "orders")
	if err != nil {
		t.Fatal(err)
	}
	defer closed(t, tail)
	to, err := topics.NewPublisher(t.Context(), s, "orders")
	if err != nil {
		t.Fatal(err)
	}
	const all = 3000
	many := batch(`{}`)
	many.Count = all
	if n, err := to.Run(t.Context(), many, nil); n != all || err != nil {
		t.Fatalf("%d, %v", n, err)
	}
	eventually(t, func() error {
		if received, _, dropped := tail.Counts(); received != all || dropped != 0 {
			return fmt.Errorf("%d of %d came, %d dropped", received, all, dropped)
		}
		return nil
	})
}

func TestLines(t *testing.T) {
	path := filepath.Join(t.TempDir(), "orders.ndjson")
	if err := os.WriteFile(path, []byte("{\"n\":1}\r\n\n  {\"n\":2}  \n{\"n\":3}"), 0o600); err != nil {
		t.Fatal(err)
	}
	lines, err := topics.ReadLines(path)
	want := []topics.Line{{Body: []byte(`{"n":1}`), Number: 1}, {Body: []byte(`{"n":2}`), Number: 3}, {Body: []byte(`{"n":3}`), Number: 4}}
	if diff := cmp.Diff(want, lines); err != nil || diff != "" {
		t.Errorf("%v\n%s", err, diff)
	}
	if _, err := topics.ReadLines(path + "x"); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
	if err := os.Truncate(path, 65<<20); err != nil {
		t.Fatal(err)
	}
	if _, err := topics.ReadLines(path); err == nil || !strings.Contains(err.Error(), "over 64 MB") {
		t.Error(err)
	}
	for _, err := range topics.Lines(io.MultiReader(strings.NewReader("x"), failing{}), "pipe") {
		if err != nil && err.Error() != "read pipe: broken" {
			t.Error(err)
		}
	}
}

// failing is an input that breaks.
type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, errors.New("broken") }

// A message that was tailed goes out again as it came.
func TestRepublish(t *testing.T) {
	b := broker.NewMemoryBroker()
	s := session(t, registry.NewMemoryRegistry(), b)
	tail, err := topics.Follow(t.Context(), s, "orders")
	if err != nil {
		t.Fatal(err)
	}
	defer closed(t, tail)
	if err := b.Publish("orders", &broker.Message{Header: map[string]string{"Tenant": "t1", "Micro-Id": "7", "Content-Type": "application/x"}, Body: []byte("\xff")}); err != nil {
		t.Fatal(err)
	}
	first := next(t, tail)
	if err := topics.Republish(t.Context(), s, first); err != nil {
		t.Fatal(err)
	}
	m := next(t, tail)
	if string(m.Raw) != "\xff" || m.Header["Tenant"] != "t1" || m.ContentType != "application/x" || m.Header["Micro-Id"] == "7" || m.Header["Micro-Id"] == "" || first.Header["Micro-Id"] != "7" {
		t.Errorf("%q with %v", m.Raw, m.Header)
	}
}
