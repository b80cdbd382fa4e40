package storetest

import (
	"time"

	"github.com/microtop/microtop/framework/store"
)

func ends(s *suite) {
	s.write(record("minute", "value"), store.WriteTTL(time.Minute))
	if left := s.wantValue("minute", "value").Expiry; left <= 50*time.Second || left > time.Minute {
		s.Errorf("%v left of a minute", left)
	}
	s.write(record("short", "value"), store.WriteTTL(s.caps.Unit))
	s.write(record("long", "value"))
	time.Sleep(2 * s.caps.Unit)
	s.wantNone("short")
	if left := s.wantValue("long", "value").Expiry; left != 0 {
		s.Errorf("%v left of for ever", left)
	}
}

func precedence(s *suite) {
	hour := record("key", "value")
	hour.Expiry = time.Hour
	for _, c := range []struct {
		want time.Duration
		opts []store.WriteOption
	}{
		{time.Hour, nil},
		{2 * time.Hour, []store.WriteOption{store.WriteExpiry(time.Now().Add(2 * time.Hour))}},
		{3 * time.Hour, []store.WriteOption{store.WriteTTL(3 * time.Hour), store.WriteExpiry(time.Now().Add(2 * time.Hour))}},
	} {
		s.write(hour, c.opts...)
		if left := s.wantValue("key", "value").Expiry; left > c.want || left < c.want-time.Minute {
			s.Errorf("%v left, want %v", left, c.want)
		}
	}
	if hour.Expiry != time.Hour {
		s.Errorf("the caller's record was changed to %v", hour.Expiry)
	}
}

func past(s *suite) {
	s.write(record("moment", "old"))
	s.write(record("moment", "new"), store.WriteExpiry(time.Now().Add(-time.Second)))
	s.wantNone("moment")
	s.write(record("negative", "value"), store.WriteTTL(-time.Second))
	s.wantNone("negative")
	s.wantKeys(s.list())
}

func stays(s *suite) {
	s.write(record("key", "value"), store.WriteTTL(s.caps.Unit))
	s.write(record("key", "value"))
	time.Sleep(2 * s.caps.Unit)
	s.wantValue("key", "value")
}

func endedIsHidden(s *suite) {
	s.write(record("a", "value"), store.WriteTTL(s.caps.Unit))
	s.write(record("b", "value"))
	time.Sleep(2 * s.caps.Unit)
	s.wantKeys(s.list(), "b")
	s.wantKeys(keys(s.read("", store.ReadPrefix())), "b")
	s.wantKeys(s.list(store.ListLimit(1)), "b")
}
