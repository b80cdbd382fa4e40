package runtime_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/microtop/microtop/framework/debug/log"
	"github.com/microtop/microtop/framework/logger"
	"github.com/microtop/microtop/framework/runtime"
)

// timetable is a scheduler whose events the test writes.
type timetable struct {
	events        chan runtime.Event
	refuse        error
	asked, closed atomic.Int32
	closesChannel bool
}

var _ runtime.Scheduler = (*timetable)(nil)

func (s *timetable) Notify() (<-chan runtime.Event, error) {
	s.asked.Add(1)
	return s.events, s.refuse
}

func (s *timetable) Close() error {
	if s.closed.Add(1); s.closesChannel {
		close(s.events)
	}
	return nil
}

func (s *timetable) say(t *testing.T, event runtime.Event) {
	t.Helper()
	select {
	case s.events <- event:
	case <-time.After(10 * time.Second):
		t.Fatalf("nobody takes the event %s", event.ID)
	}
}

func serving(namespace string) *runtime.CreateOptions {
	return &runtime.CreateOptions{Command: []string{os.Args[0]}, Env: []string{"RUNTIME_TEST_ROLE=serve"}, Namespace: namespace}
}

func read(t *testing.T, r runtime.Runtime, opts ...runtime.ReadOption) []*runtime.Service {
	t.Helper()
	services, err := r.Read(opts...)
	if err != nil {
		t.Fatal(err)
	}
	return services
}

func TestA261_EventsCreateUpdateAndDelete(t *testing.T) {
	events := &timetable{events: make(chan runtime.Event)}
	r := open(t, runtime.WithScheduler(events))
	shop := &runtime.Service{Name: "shop", Version: "1"}
	pid := func() string {
		services := read(t, r, runtime.ReadNamespace("east"))
		if len(services) != 1 {
			return ""
		}
		return services[0].Metadata["pid"]
	}

	events.say(t, runtime.Event{ID: "1", Type: runtime.Create, Service: shop, Options: serving("east")})
	eventually(t, "it runs", func() bool { return pid() != "" })
	first := pid()
	events.say(t, runtime.Event{ID: "2", Type: runtime.Update, Service: shop, Options: serving("east")})
	eventually(t, "it runs anew", func() bool { return pid() != "" && pid() != first && gone(first) })
	second := pid()
	events.say(t, runtime.Event{ID: "3", Type: runtime.Delete, Service: shop, Options: serving("east")})
	eventually(t, "it is gone", func() bool { return len(read(t, r, runtime.ReadNamespace("east"))) == 0 && gone(second) })
}

func TestFailedEventsAreLogged(t *testing.T) {
	var out buffer
	l := logger.NewLogger(logger.WithOutput(&out), logger.WithLog(log.NewLog()))
	events := &timetable{events: make(chan runtime.Event), closesChannel: true}
	r := open(t, runtime.WithScheduler(events), runtime.WithLogger(l))
	for _, c := range []struct {
		event runtime.Event
		want  string
	}{
		{runtime.Event{ID: "a", Type: runtime.Delete, Service: &runtime.Service{Name: "x"}}, "service not found"},
		{runtime.Event{ID: "b", Type: runtime.Create, Service: &runtime.Service{Name: "x"}}, "nothing to run"},
		{runtime.Event{ID: "c", Type: runtime.Create}, "names no service"},
		{runtime.Event{ID: "d", Type: 9, Service: &runtime.Service{}}, "event type 9 is unknown"},
	} {
		events.say(t, c.event)
		eventually(t, c.want, func() bool {
			return strings.Contains(out.String(), c.want) && strings.Contains(out.String(), "id="+c.event.ID)
		})
	}
	if err := r.Stop(); err != nil {
		t.Error(err)
	}
}

// Start asks once, Stop closes once, and a runtime that starts again asks again.
func TestSchedulerFollowsStartAndStop(t *testing.T) {
	events := &timetable{events: make(chan runtime.Event)}
	r := open(t, runtime.WithScheduler(events))
	for round := int32(1); round <= 2; round++ {
		for range 2 {
			if err := r.Start(); err != nil {
				t.Fatal(err)
			}
		}
		if events.asked.Load() != round || events.closed.Load() != round-1 {
			t.Fatalf("round %d: asked %d times, closed %d times", round, events.asked.Load(), events.closed.Load())
		}
		for range 2 {
			if err := r.Stop(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if events.closed.Load() != 2 {
		t.Errorf("closed %d times", events.closed.Load())
	}
}

func TestSchedulerThatRefuses(t *testing.T) {
	refusal := errors.New("no timetable")
	events := &timetable{refuse: refusal}
	r := runtime.NewRuntime(runtime.WithScheduler(events))
	t.Cleanup(func() { _ = r.Stop() })
	create(t, r, "serve")
	if err := r.Start(); !errors.Is(err, refusal) {
		t.Errorf("got %v", err)
	}
	if now := state(t, r, "serve"); now["status"] != "running" {
		t.Errorf("the service is %v all the same", now)
	}
	if err := r.Stop(); err != nil || events.closed.Load() != 0 {
		t.Errorf("%v; what gave no events was closed %d times", err, events.closed.Load())
	}
}

func TestEventTypes(t *testing.T) {
	var out bytes.Buffer
	for _, kind := range []runtime.EventType{runtime.Create, runtime.Delete, runtime.Update, -1, 3} {
		out.WriteString(kind.String() + " ")
	}
	if got, want := out.String(), "create delete update unknown unknown "; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// Whatever happens at the same time, a stopped runtime has no processes.
func TestNothingRunsAfterStop(t *testing.T) {
	r := open(t)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for i := range 20 {
			s := &runtime.Service{Name: "serve", Version: string(rune('a' + i))}
			err := r.Create(s, func(o *runtime.CreateOptions) { *o = *serving("") })
			if err == nil && i%2 == 0 {
				err = r.Update(s)
			}
			if err != nil {
				t.Error(err)
			}
		}
	}()
	eventually(t, "some run", func() bool { return len(read(t, r)) > 5 })
	if err := r.Stop(); err != nil {
		t.Error(err)
	}
	<-done
	for _, s := range read(t, r) {
		if s.Metadata["pid"] != "" {
			t.Errorf("%s runs: %v", s.Version, s.Metadata)
		}
	}
}

func TestContextsBound(t *testing.T) {
	r := open(t, runtime.WithStopTimeout(time.Minute))
	over, cancel := context.WithCancel(t.Context())
	cancel()
	err := r.Create(&runtime.Service{Name: "x"}, runtime.WithCommand("true"), runtime.CreateContext(over))
	if !errors.Is(err, context.Canceled) {
		t.Errorf("create: %v", err)
	}
	if _, err := r.Read(runtime.ReadContext(over)); !errors.Is(err, context.Canceled) {
		t.Errorf("read: %v", err)
	}
	if left := read(t, r); len(left) != 0 {
		t.Errorf("created: %v", left)
	}

	var out buffer
	s := create(t, r, "stubborn", runtime.WithOutput(&out))
	eventually(t, "it runs", func() bool { return strings.Contains(out.String(), "\n") })
	first := state(t, r, "stubborn")["pid"]
	short, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := r.Update(s, runtime.UpdateContext(short)); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("update: %v", err)
	}
	second := state(t, r, "stubborn")["pid"]
	if second == "" || second == first || !gone(first) {
		t.Errorf("not started anew: %s, then %s", first, second)
	}
	if err := r.Delete(s, runtime.DeleteContext(short)); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("delete: %v", err)
	}
	if !gone(second) || len(read(t, r)) != 0 {
		t.Error("it is still there")
	}
}
