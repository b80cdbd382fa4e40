package events_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/microtop/microtop/framework/events"
	"github.com/microtop/microtop/framework/events/eventstest"
	"github.com/microtop/microtop/framework/limits"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func open(t *testing.T, opts ...events.Option) events.Stream {
	t.Helper()
	s, err := events.NewStream(opts...)
	must(t, err)
	t.Cleanup(func() { must(t, s.(io.Closer).Close()) })
	return s
}

func TestMemoryConformance(t *testing.T) {
	eventstest.Run(t, func(t *testing.T) events.Stream { return open(t) }, eventstest.Caps{Context: true})
}

func TestAckWaitToTheMoment(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := events.NewStream()
		defer s.(io.Closer).Close()
		c, err := s.Consume("t", events.WithAutoAck(false, 0), events.WithRetryLimit(1))
		must(t, err)
		must(t, s.Publish("t", 1))
		<-c
		start := time.Now()
		late := <-c
		if waited := time.Since(start); waited != 30*time.Second {
			t.Errorf("it came again after %v, want 30 s", waited)
		}
		time.Sleep(30*time.Second - 1)
		must(t, late.Ack())
		time.Sleep(time.Hour)
		synctest.Wait()
		want := events.Stats{Topic: "t", Delivered: 1, Again: 1, Acknowledged: 1}
		if diff := cmp.Diff([]events.Stats{want}, s.(events.StatsReader).Stats()); diff != "" {
			t.Errorf("stats (-want +got):\n%s", diff)
		}
	})
}

func TestALateAckCounts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := events.NewStream()
		defer s.(io.Closer).Close()
		c, err := s.Consume("t", events.WithAutoAck(false, time.Second))
		must(t, err)
		must(t, s.Publish("t", 1))
		first := <-c
		time.Sleep(2 * time.Second) // held out again, and nobody takes it
		must(t, first.Ack())
		must(t, first.Nack()) // too late to refuse
		must(t, s.Publish("t", 2))
		again := <-c // it was on its way already
		if string(again.Payload) != "1" {
			t.Errorf("got %s", again.Payload)
		}
		if e := <-c; string(e.Payload) != "2" {
			t.Errorf("got %s", e.Payload)
		}
	})
}

// A slow consumer costs the stream a bounded amount of memory, and what it misses is counted.
func TestASlowGroupMissesAndCounts(t *testing.T) {
	s := open(t, events.WithLimits(limits.Limits{PendingMessages: 100}))
	slow, err := s.Consume("t", events.WithGroup("slow"))
	must(t, err)
	const n = 1000
	for i := range n {
		must(t, s.Publish("t", i))
	}
	got := 0
	for e := range slow {
		got++
		if string(e.Payload) == fmt.Sprint(n-1) {
			break
		}
	}
	stats := waitStats(t, s, func(all []events.Stats) bool { return all[0].Unacknowledged == 0 })[0]
	if stats.Missed == 0 || int(stats.Missed)+got != n || int(stats.Acknowledged) != got || stats.Group != "slow" {
		t.Errorf("got %d of %d: %+v", got, n, stats)
	}
}

func TestBytesAreBoundedToo(t *testing.T) {
	s := open(t, events.WithLimits(limits.Limits{PendingBytes: 10_000, MessageBytes: 2000}))
	_, err := s.Consume("t")
	must(t, err)
	for range 100 {
		must(t, s.Publish("t", make([]byte, 1000)))
	}
	if stats := s.(events.StatsReader).Stats()[0]; stats.Waiting > 10 || stats.Missed < 85 {
		t.Errorf("%+v", stats)
	}
	if err := s.Publish("t", make([]byte, 2000)); !errors.Is(err, events.ErrTooLarge) {
		t.Errorf("Publish = %v, want %v", err, events.ErrTooLarge)
	}
}

func TestAGroupThatAcknowledgesNothingIsPaused(t *testing.T) {
	s := open(t, events.WithLimits(limits.Limits{PendingMessages: 5}))
	c, err := s.Consume("t", events.WithAutoAck(false, time.Minute))
	must(t, err)
	var taken []events.Event
	for i := range 5 {
		must(t, s.Publish("t", i))
		taken = append(taken, <-c)
	}
	must(t, s.Publish("t", 5))
	select {
	case e := <-c:
		t.Fatalf("a sixth event came: %s", e.Payload)
	case <-time.After(30 * time.Millisecond):
	}
	must(t, taken[0].Ack())
	if e := <-c; string(e.Payload) != "5" {
		t.Errorf("got %s", e.Payload)
	}
}

func TestManyConsumersOfAGroupSettleEverything(t *testing.T) {
	s := open(t)
	const n, members = 2000, 8
	var mu sync.Mutex
	handled := map[string]int{}
	var wg, done sync.WaitGroup
	done.Add(n)
	for m := range members {
		c, err := s.Consume("t", events.WithGroup("g"), events.WithAutoAck(false, time.Minute))
		must(t, err)
		wg.Go(func() {
			for i := 0; ; i++ {
				e, open := <-c
				switch {
				case !open:
					return
				case (i+m)%7 == 0:
					_ = e.Nack()
					continue
				}
				mu.Lock()
				if handled[string(e.Payload)]++; handled[string(e.Payload)] == 1 {
					done.Done()
				}
				mu.Unlock()
				_ = e.Ack()
			}
		})
	}
	for i := range n {
		must(t, s.Publish("t", i))
	}
	done.Wait()
	stats := waitStats(t, s, func(all []events.Stats) bool { return all[0].Unacknowledged == 0 })[0]
	must(t, s.(io.Closer).Close())
	wg.Wait()
	if stats.Acknowledged != n || stats.Again == 0 || stats.Missed != 0 || len(handled) != n {
		t.Errorf("%d handled: %+v", len(handled), stats)
	}
	for payload, times := range handled {
		if times != 1 {
			t.Errorf("%s was handled %d times", payload, times)
		}
	}
}

func TestCloseEndsConsumersAndCalls(t *testing.T) {
	s := open(t)
	c, err := s.Consume("t", events.WithAutoAck(false, time.Minute))
	must(t, err)
	must(t, s.Publish("t", 1))
	e := <-c
	for range 2 {
		must(t, s.(io.Closer).Close())
	}
	if _, open := <-c; open {
		t.Error("the channel is open")
	}
	must(t, e.Ack())
	must(t, e.Nack())
	_, consume := s.Consume("t")
	for call, err := range map[string]error{"Publish": s.Publish("t", 1), "Consume": consume} {
		if !errors.Is(err, events.ErrClosed) {
			t.Errorf("%s = %v, want %v", call, err, events.ErrClosed)
		}
	}
}

func TestNoContextIsNoEnd(t *testing.T) {
	s, err := events.NewStream()
	if err != nil {
		t.Fatal(err)
	}
	got, err := s.Consume("t", events.WithContext(nil)) //nolint:staticcheck // a program that has none to give
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Publish("t", []byte("x")); err != nil {
		t.Fatal(err)
	}
	if e := <-got; string(e.Payload) != "x" {
		t.Errorf("got %q", e.Payload)
	}
	if err := s.(io.Closer).Close(); err != nil {
		t.Error(err)
	}
}

func TestARetryLimitBelowZeroIsRefused(t *testing.T) {
	if _, err := open(t).Consume("t", events.WithRetryLimit(-1)); err == nil || !strings.Contains(err.Error(), "leave WithRetryLimit out") {
		t.Errorf("Consume = %v", err)
	}
	if n := events.NewConsumeOptions().GetRetryLimit(); n != -1 {
		t.Errorf("by default %d retries", n)
	}
}

// The JSON is that of docs/wire.md §12.
func TestAnEventsJSON(t *testing.T) {
	e := events.Event{ID: "1", Topic: "t", Timestamp: time.Unix(0, 0).UTC(), Metadata: map[string]string{"a": "b"}, Payload: []byte("x")}
	e.SetAckFunc(func() error { return nil })
	data, err := json.Marshal(&e)
	want := `{"ID":"1","Topic":"t","Timestamp":"1970-01-01T00:00:00Z","Metadata":{"a":"b"},"Payload":"eA=="}`
	if err != nil || string(data) != want {
		t.Errorf("JSON is %s, %v\nwant %s", data, err, want)
	}
}

func FuzzEvent(f *testing.F) {
	f.Add([]byte(`{"ID":"1","Topic":"t","Timestamp":"1970-01-01T00:00:00Z","Metadata":{"a":"b"},"Payload":"eA=="}`))
	f.Add([]byte(`{"Payload":[1,2],"Metadata":null}`))
	f.Add([]byte(`null`))
	f.Fuzz(func(t *testing.T, data []byte) {
		var e events.Event
		if err := json.Unmarshal(data, &e); err != nil {
			return
		}
		if len(e.Payload) > len(data) {
			t.Fatalf("%d bytes became a payload of %d", len(data), len(e.Payload))
		}
		var v any
		_ = e.Unmarshal(&v) // any bytes are well
		again, err := json.Marshal(&e)
		if err != nil {
			t.Fatal(err)
		}
		var back events.Event
		if err := json.Unmarshal(again, &back); err != nil || back.ID != e.ID || string(back.Payload) != string(e.Payload) {
			t.Fatalf("%s became %+v: %v", again, back, err)
		}
	})
}

func BenchmarkPublish(b *testing.B) {
	s, _ := events.NewStream()
	defer s.(io.Closer).Close()
	c, err := s.Consume("t")
	if err != nil {
		b.Fatal(err)
	}
	go func() {
		for range c {
			continue
		}
	}()
	payload := make([]byte, 128)
	b.ReportAllocs()
	for b.Loop() {
		if err := s.Publish("t", payload); err != nil {
			b.Fatal(err)
		}
	}
}

func waitStats(t *testing.T, s events.Stream, ok func([]events.Stats) bool) []events.Stats {
	t.Helper()
	for deadline := time.Now().Add(5 * time.Second); ; time.Sleep(time.Millisecond) {
		all := s.(events.StatsReader).Stats()
		if ok(all) {
			return all
		}
		if time.Now().After(deadline) {
			t.Fatalf("stats: %+v", all)
		}
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
