package stats_test

import (
	"errors"
	"testing"

	"github.com/microtop/microtop/framework/debug/stats"
)

func TestCountsAndSamples(t *testing.T) {
	s := stats.NewStats()
	for i := range 10 {
		var err error
		if i%5 == 0 {
			err = errors.New("x")
		}
		_ = s.Record(err)
	}
	for i := range 70 {
		_ = s.Write(&stats.Stat{Timestamp: int64(i)})
	}
	samples, err := s.Read()
	if err != nil || len(samples) != 61 {
		t.Fatalf("%d samples, %v; want the last 60 and now", len(samples), err)
	}
	now := samples[60]
	if now.Requests != 10 || now.Errors != 2 || now.Memory == 0 || now.Threads == 0 || now.Timestamp < now.Started {
		t.Errorf("now: %+v", *now)
	}
	if samples[0].Timestamp != 10 {
		t.Errorf("oldest kept sample is %d, want 10", samples[0].Timestamp)
	}
}
