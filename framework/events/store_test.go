package events_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"testing"
	"testing/synctest"
	"time"

	"github.com/microtop/microtop/framework/events"
	"github.com/microtop/microtop/framework/events/eventstest"
	"github.com/microtop/microtop/framework/limits"
	"github.com/microtop/microtop/framework/store"
)

func TestMemoryStoreConformance(t *testing.T) {
	eventstest.RunStore(t, func(*testing.T) events.Store { return events.NewStore() }, eventstest.Caps{})
}

func TestByDefaultAnEventLivesADay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := events.NewStore()
		must(t, s.Write(&events.Event{ID: "1", Topic: "t"}))
		time.Sleep(24*time.Hour - 1)
		if got, err := s.Read("t"); len(got) != 1 || err != nil {
			t.Errorf("before the end: %v, %v", got, err)
		}
		time.Sleep(time.Nanosecond)
		if got, err := s.Read("t"); len(got) != 0 || err != nil {
			t.Errorf("at the end: %v, %v", got, err)
		}
	})
}

func TestAStoreIsBounded(t *testing.T) {
	s := events.NewStore(events.StoreLimits(limits.Limits{PendingMessages: 10, PendingBytes: 500, MessageBytes: 200}))
	for i := range 100 {
		must(t, s.Write(&events.Event{ID: fmt.Sprint(i), Topic: "many"}))
		must(t, s.Write(&events.Event{ID: fmt.Sprint(i), Topic: "large", Payload: make([]byte, 100)}))
	}
	many, _ := s.Read("many")
	large, _ := s.Read("large")
	if len(many) != 10 || many[9].ID != "99" || len(large) != 4 || large[3].ID != "99" {
		t.Errorf("%d and %d events kept", len(many), len(large))
	}
	if err := s.Write(&events.Event{ID: "1", Topic: "t", Payload: make([]byte, 200)}); !errors.Is(err, events.ErrTooLarge) {
		t.Errorf("Write = %v, want %v", err, events.ErrTooLarge)
	}
}

func TestTopicsThatEndedAreForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := events.NewStore()
		for i := range 5000 {
			must(t, s.Write(&events.Event{ID: "1", Topic: fmt.Sprint(i)}, events.WithTTL(time.Second)))
			time.Sleep(10 * time.Millisecond)
		}
		if n := events.Topics(s); n > 1000 {
			t.Errorf("%d topics kept, 100 have an event", n)
		}
	})
}

type backup struct{ snapshots []map[string]string }

func (b *backup) Snapshot(s store.Store) error {
	records, err := s.Read("", store.ReadPrefix())
	all := map[string]string{}
	for _, r := range records {
		var e events.Event
		if err := json.Unmarshal(r.Value, &e); err != nil {
			return err
		}
		all[r.Key] = string(e.Payload)
	}
	b.snapshots = append(b.snapshots, all)
	return err
}

func TestABackupGetsASnapshotAnHour(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		kept := &backup{}
		s := events.NewStore(events.StoreBackup(kept))
		must(t, s.Write(&events.Event{ID: "1", Topic: "t", Payload: []byte("a")}))
		must(t, s.Write(&events.Event{ID: "2", Topic: "t", Payload: []byte("b")}, events.WithTTL(90*time.Minute)))
		time.Sleep(2*time.Hour + time.Minute)
		for range 2 {
			must(t, s.(io.Closer).Close())
		}
		if fmt.Sprint(kept.snapshots) != "[map[t/1:a t/2:b] map[t/1:a]]" {
			t.Errorf("snapshots: %v", kept.snapshots)
		}
		_, err := s.Read("t")
		if write := s.Write(&events.Event{ID: "1", Topic: "t"}); !errors.Is(err, events.ErrClosed) || !errors.Is(write, events.ErrClosed) {
			t.Errorf("after Close: %v, %v", err, write)
		}
	})
}
