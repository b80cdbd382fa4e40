package deadline_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/microtop/microtop/framework/internal/deadline"
)

func TestAMovableDeadlinePassesWhereItWasMovedTo(t *testing.T) {
	for name, c := range map[string]struct {
		moves []time.Duration // from now, one after the other; none lifts it
		want  time.Duration   // when it passes; less than zero for never
	}{
		"never set":               {nil, -1},
		"set":                     {[]time.Duration{time.Second}, time.Second},
		"later":                   {[]time.Duration{time.Second, time.Minute}, time.Minute},
		"sooner":                  {[]time.Duration{time.Minute, time.Second}, time.Second},
		"in the past, then later": {[]time.Duration{-time.Second, time.Second}, time.Second},
		"in the past":             {[]time.Duration{-time.Second}, 0},
		"lifted":                  {[]time.Duration{time.Second, 0}, -1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				told := make(chan time.Time, 2)
				d := deadline.Movable{Then: func() { told <- time.Now() }}
				begin := time.Now()
				for _, move := range c.moves {
					at := begin.Add(move)
					if move == 0 {
						at = time.Time{}
					}
					d.Set(at)
				}
				select {
				case <-d.Passed():
					if took := time.Since(begin); took != c.want {
						t.Errorf("passed after %v, want %v", took, c.want)
					}
					<-told
				case <-time.After(time.Hour):
					if c.want >= 0 {
						t.Errorf("did not pass, want it after %v", c.want)
					}
				}
			})
		})
	}
}
