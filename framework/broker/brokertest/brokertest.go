// Package brokertest states what a broker owes its users, one sentence a rule, for any implementation to run.
package brokertest

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/microtop/microtop/framework/broker"
)

// patience is how long an asynchronous broker may take on a busy machine.
const patience = 10 * time.Second

// Caps says what a broker can do beyond the rules that all keep.
type Caps struct {
	// Queues: members of a queue share a topic's messages.
	Queues bool
}

// Run holds the brokers that open makes to the rules. Open returns a broker that is not connected; brokers of one
// test reach each other.
func Run(t *testing.T, open func(t *testing.T) broker.Broker, caps Caps) {
	rules := []struct {
		rule string
		test func(*testing.T, func(*testing.T) broker.Broker)
		skip bool
	}{
		{"a subscriber gets every message of its topic, whole, once and in order", inOrder, false},
		{"a subscriber gets nothing of other topics", otherTopics, false},
		{"every plain subscriber gets its own copy", ownCopy, false},
		{"members of a queue share the messages, plain subscribers get all", queues, !caps.Queues},
		{"after Unsubscribe returns the handler runs no more", unsubscribe, false},
		{"a handler that fails or panics goes to the error handler and the next message still comes", failing, false},
		{"publishing and subscribing need a connection and say so", unconnected, false},
		{"connecting, disconnecting and unsubscribing twice is no error", twice, false},
		{"a broker can be connected again", again, false},
		{"publishers and subscribers may come and go at once", concurrent, false},
		{"the publisher may change the message after Publish", aliasing, false},
	}
	for _, r := range rules {
		t.Run(r.rule, func(t *testing.T) {
			if r.skip {
				t.Skip("not a capability of this broker")
			}
			r.test(t, open)
		})
	}
}

func connect(t *testing.T, b broker.Broker) broker.Broker {
	t.Helper()
	if err := b.Connect(); err != nil {
		t.Fatalf("connect: %v", err)
	}
	t.Cleanup(func() {
		if err := b.Disconnect(); err != nil {
			t.Errorf("disconnect: %v", err)
		}
	})
	return b
}

// inbox collects what a subscription gets.
type inbox struct {
	mu   sync.Mutex
	msgs []string
	head []map[string]string
}

func (i *inbox) handle(e broker.Event) error {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.msgs = append(i.msgs, string(e.Message().Body))
	i.head = append(i.head, e.Message().Header)
	return nil
}

func (i *inbox) all() []string {
	i.mu.Lock()
	defer i.mu.Unlock()
	return slices.Clone(i.msgs)
}

func (i *inbox) wait(t *testing.T, n int) []string {
	t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		if got := i.all(); len(got) >= n {
			return got
		}
	}
	t.Fatalf("got %d messages %.100q, want %d", len(i.all()), i.all(), n)
	return nil
}

func subscribe(t *testing.T, b broker.Broker, topic string, opts ...broker.SubscribeOption) (*inbox, broker.Subscriber) {
	t.Helper()
	in := new(inbox)
	s, err := b.Subscribe(topic, in.handle, opts...)
	if err != nil {
		t.Fatalf("subscribe: %v", err)
	}
	return in, s
}

func publish(t *testing.T, b broker.Broker, topic, body string) {
	t.Helper()
	m := &broker.Message{Header: map[string]string{"X-Body": body}, Body: []byte(body)}
	if err := b.Publish(topic, m); err != nil {
		t.Fatalf("publish: %v", err)
	}
}

func inOrder(t *testing.T, open func(*testing.T) broker.Broker) {
	sub, pub := connect(t, open(t)), connect(t, open(t))
	in, s := subscribe(t, sub, "a.topic")
	if s.Topic() != "a.topic" || !s.Options().AutoAck {
		t.Errorf("topic %q, options %+v", s.Topic(), s.Options())
	}
	const n = 500
	want := make([]string, n)
	for i := range n {
		want[i] = fmt.Sprint("message ", i, " \x00\xff")
		publish(t, pub, "a.topic", want[i])
	}
	if got := in.wait(t, n); !slices.Equal(got, want) {
		t.Errorf("got %d messages, first %q, last %q", len(got), got[0], got[len(got)-1])
	}
	if got := in.head[1]["X-Body"]; got == "" {
		t.Errorf("headers %v", in.head[1])
	}
}

func otherTopics(t *testing.T, open func(*testing.T) broker.Broker) {
	b := connect(t, open(t))
	in, _ := subscribe(t, b, "a")
	other, _ := subscribe(t, b, "b")
	publish(t, b, "b", "x")
	publish(t, b, "a", "y")
	if got := in.wait(t, 1); !slices.Equal(got, []string{"y"}) {
		t.Errorf("a got %q", got)
	}
	if got := other.wait(t, 1); !slices.Equal(got, []string{"x"}) {
		t.Errorf("b got %q", got)
	}
}

func ownCopy(t *testing.T, open func(*testing.T) broker.Broker) {
	b := connect(t, open(t))
	spoil := func(e broker.Event) error {
		e.Message().Body[0] = '!'
		e.Message().Header["X-Body"] = "!"
		return nil
	}
	if _, err := b.Subscribe("t", spoil); err != nil {
		t.Fatal(err)
	}
	in, _ := subscribe(t, b, "t")
	for range 20 {
		publish(t, b, "t", "clean")
	}
	for i, got := range in.wait(t, 20) {
		if got != "clean" || in.head[i]["X-Body"] != "clean" {
			t.Fatalf("another subscriber's handler changed this one's message to %q %v", got, in.head[i])
		}
	}
}

func queues(t *testing.T, open func(*testing.T) broker.Broker) {
	one, two, pub := connect(t, open(t)), connect(t, open(t)), connect(t, open(t))
	first, _ := subscribe(t, one, "t", broker.Queue("workers"))
	second, _ := subscribe(t, two, "t", broker.Queue("workers"))
	all, _ := subscribe(t, one, "t")
	const n = 60
	for i := range n {
		publish(t, pub, "t", fmt.Sprint(i))
	}
	all.wait(t, n)
	for deadline := time.Now().Add(patience); len(first.all())+len(second.all()) < n && time.Now().Before(deadline); {
		time.Sleep(time.Millisecond)
	}
	a, b := len(first.all()), len(second.all())
	if a+b != n || a == 0 || b == 0 || len(all.all()) != n {
		t.Errorf("queue members got %d and %d of %d, the plain subscriber %d", a, b, n, len(all.all()))
	}
}

func unsubscribe(t *testing.T, open func(*testing.T) broker.Broker) {
	b := connect(t, open(t))
	in, s := subscribe(t, b, "t")
	keeper, _ := subscribe(t, b, "t")
	publish(t, b, "t", "1")
	in.wait(t, 1)
	if err := s.Unsubscribe(); err != nil {
		t.Fatal(err)
	}
	before := len(in.all())
	publish(t, b, "t", "2")
	keeper.wait(t, 2)
	if after := len(in.all()); after != before {
		t.Errorf("%d messages after Unsubscribe", after-before)
	}
}

func failing(t *testing.T, open func(*testing.T) broker.Broker) {
	b := open(t)
	failed := new(inbox)
	if err := b.Init(broker.ErrorHandler(func(e broker.Event) error {
		if e.Error() == nil {
			t.Error("the error handler's event has no error")
		}
		return failed.handle(e)
	})); err != nil {
		t.Fatal(err)
	}
	connect(t, b)
	in := new(inbox)
	if _, err := b.Subscribe("t", func(e broker.Event) error {
		switch string(e.Message().Body) {
		case "fail":
			return errors.New("no")
		case "panic":
			panic("no")
		}
		return in.handle(e)
	}); err != nil {
		t.Fatal(err)
	}
	for _, body := range []string{"fail", "panic", "ok"} {
		publish(t, b, "t", body)
	}
	in.wait(t, 1)
	if got := failed.wait(t, 2); !slices.Equal(got, []string{"fail", "panic"}) {
		t.Errorf("the error handler got %q", got)
	}
}

func unconnected(t *testing.T, open func(*testing.T) broker.Broker) {
	b := open(t)
	if err := b.Publish("t", &broker.Message{}); !errors.Is(err, broker.ErrNotConnected) {
		t.Errorf("publish: %v", err)
	}
	if _, err := b.Subscribe("t", func(broker.Event) error { return nil }); !errors.Is(err, broker.ErrNotConnected) {
		t.Errorf("subscribe: %v", err)
	}
}

func twice(t *testing.T, open func(*testing.T) broker.Broker) {
	b := connect(t, open(t))
	_, s := subscribe(t, b, "t")
	for _, do := range []func() error{b.Connect, s.Unsubscribe, s.Unsubscribe, b.Disconnect, b.Disconnect} {
		if err := do(); err != nil {
			t.Error(err)
		}
	}
}

func again(t *testing.T, open func(*testing.T) broker.Broker) {
	b := connect(t, open(t))
	if err := b.Disconnect(); err != nil {
		t.Fatal(err)
	}
	if err := b.Connect(); err != nil {
		t.Fatal(err)
	}
	in, _ := subscribe(t, b, "t")
	publish(t, b, "t", "x")
	in.wait(t, 1)
}

func concurrent(t *testing.T, open func(*testing.T) broker.Broker) {
	b := connect(t, open(t))
	in, _ := subscribe(t, b, "t")
	const workers, each = 4, 50
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for i := range each {
				if err := b.Publish("t", &broker.Message{Body: []byte(fmt.Sprint(i))}); err != nil {
					t.Error(err)
				}
				if i%10 == 0 {
					s, err := b.Subscribe("t", func(broker.Event) error { return nil })
					if err != nil {
						t.Error(err)
						return
					}
					if err := s.Unsubscribe(); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	wg.Wait()
	in.wait(t, workers*each)
}

func aliasing(t *testing.T, open func(*testing.T) broker.Broker) {
	b := connect(t, open(t))
	in, _ := subscribe(t, b, "t")
	m := &broker.Message{Header: map[string]string{"K": "v"}, Body: []byte("before")}
	if err := b.Publish("t", m); err != nil {
		t.Fatal(err)
	}
	copy(m.Body, "after!")
	m.Header["K"] = "changed"
	if got := in.wait(t, 1); got[0] != "before" || in.head[0]["K"] != "v" {
		t.Errorf("got %q %v", got[0], in.head[0])
	}
}
