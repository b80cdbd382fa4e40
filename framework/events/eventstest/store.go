package eventstest

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/google/uuid"

	"github.com/microtop/microtop/framework/events"
)

// storeSuite is one run of one rule on a store.
type storeSuite struct {
	*testing.T
	unit  time.Duration
	store events.Store
	topic string
}

// RunStore holds the event stores that open returns against the contract, one rule a subtest. What open opens it closes
// itself (t.Cleanup).
func RunStore(t *testing.T, open func(t *testing.T) events.Store, caps Caps) {
	t.Helper()
	if caps.Unit == 0 {
		caps.Unit = 30 * time.Millisecond
	}
	rules := []struct {
		rule string
		hold func(*storeSuite)
	}{
		{"an event that was written is read with all it had", storeKeeps},
		{"events are read in the order they were written, cut by offset and limit", storePages},
		{"topics are apart, also those whose names begin alike", storeTopics},
		{"an event ends after its TTL", storeTTL},
		{"an event with the same ID takes the place of the old one", storeReplaces},
		{"an event without a topic or an ID, and no event, are refused", storeRefuses},
		{"the caller may change the event after Write and what it got from Read", storeNotAliased},
	}
	for _, r := range rules {
		t.Run(r.rule, func(t *testing.T) {
			r.hold(&storeSuite{T: t, unit: caps.Unit, store: open(t), topic: "suite-" + uuid.NewString()})
		})
	}
}

func (s *storeSuite) event(i int) *events.Event {
	return &events.Event{
		ID: fmt.Sprintf("id-%d", i), Topic: s.topic, Timestamp: time.Now().Truncate(time.Microsecond),
		Metadata: map[string]string{"k": "v"}, Payload: []byte(fmt.Sprint(i)),
	}
}

func (s *storeSuite) write(e *events.Event, opts ...events.WriteOption) {
	s.Helper()
	if err := s.store.Write(e, opts...); err != nil {
		s.Fatalf("Write: %v", err)
	}
}

func (s *storeSuite) read(topic string, opts ...events.ReadOption) []*events.Event {
	s.Helper()
	got, err := s.store.Read(topic, opts...)
	if err != nil {
		s.Fatalf("Read: %v", err)
	}
	return got
}

func (s *storeSuite) want(topic string, opts []events.ReadOption, from, to int) {
	s.Helper()
	var want []string
	for i := from; i < to; i++ {
		want = append(want, fmt.Sprint(i))
	}
	var got []string
	for _, e := range s.read(topic, opts...) {
		got = append(got, string(e.Payload))
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		s.Errorf("Read (-want +got):\n%s", diff)
	}
}

func storeKeeps(s *storeSuite) {
	want := s.event(0)
	s.write(want)
	if diff := cmp.Diff([]*events.Event{want}, s.read(s.topic), cmpopts.IgnoreUnexported(events.Event{})); diff != "" {
		s.Errorf("Read (-want +got):\n%s", diff)
	}
	if got := s.read(s.topic + "-never"); len(got) > 0 {
		s.Errorf("Read of an unknown topic = %v", got)
	}
}

func storePages(s *storeSuite) {
	for i := range 300 {
		s.write(s.event(i))
	}
	s.want(s.topic, nil, 0, 250)
	s.want(s.topic, []events.ReadOption{events.ReadLimit(2)}, 0, 2)
	s.want(s.topic, []events.ReadOption{events.ReadOffset(290)}, 290, 300)
	s.want(s.topic, []events.ReadOption{events.ReadOffset(10), events.ReadLimit(5)}, 10, 15)
	s.want(s.topic, []events.ReadOption{events.ReadLimit(1000)}, 0, 300)
	s.want(s.topic, []events.ReadOption{events.ReadOffset(1000)}, 0, 0)
}

func storeTopics(s *storeSuite) {
	s.write(s.event(0))
	for _, suffix := range []string{"/sub", "x"} {
		other := s.event(1)
		other.Topic += suffix
		s.write(other)
		s.want(other.Topic, nil, 1, 2)
	}
	s.want(s.topic, nil, 0, 1)
}

func storeTTL(s *storeSuite) {
	s.write(s.event(9), events.WithTTL(s.unit))
	s.write(s.event(0), events.WithTTL(time.Hour))
	s.write(s.event(1), events.WithTTL(-1))
	time.Sleep(2 * s.unit)
	s.want(s.topic, nil, 0, 2)
}

func storeReplaces(s *storeSuite) {
	s.write(s.event(0))
	changed := s.event(0)
	changed.Payload = []byte("5")
	s.write(changed)
	s.want(s.topic, nil, 5, 6)
}

func storeRefuses(s *storeSuite) {
	for name, e := range map[string]*events.Event{"nil": nil, "no topic": {ID: "1"}, "no ID": {Topic: s.topic}} {
		if err := s.store.Write(e); err == nil {
			s.Errorf("%s was written", name)
		}
	}
	if _, err := s.store.Read(""); err == nil {
		s.Error("no topic was read")
	}
}

func storeNotAliased(s *storeSuite) {
	mine := s.event(0)
	s.write(mine)
	mine.Payload[0], mine.Metadata["k"] = '7', "changed"
	got := s.read(s.topic)[0]
	got.Payload[0] = '8'
	s.want(s.topic, nil, 0, 1)
	if got := s.read(s.topic)[0]; got.Metadata["k"] != "v" {
		s.Errorf("metadata: %v", got.Metadata)
	}
}
