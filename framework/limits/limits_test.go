package limits_test

import (
	"testing"
	"time"

	"github.com/microtop/microtop/framework/limits"
)

func TestWithDefaults(t *testing.T) {
	got := limits.Limits{MessageBytes: 7, IdleTimeout: -1}.WithDefaults()
	if got.MessageBytes != 7 || got.IdleTimeout != -1 {
		t.Errorf("a set field was replaced: %+v", got)
	}
	if got.HeaderBytes != 16<<10 || got.HeaderReadTimeout != 5*time.Second {
		t.Errorf("a zero field kept its zero: %+v", got)
	}
}

func TestExceeded(t *testing.T) {
	for _, c := range []struct {
		n, limit int
		want     bool
	}{{1, 1, false}, {2, 1, true}, {1 << 40, -1, false}, {1, 0, true}} {
		if got := limits.Exceeded(c.n, c.limit); got != c.want {
			t.Errorf("Exceeded(%d, %d) = %v, want %v", c.n, c.limit, got, c.want)
		}
	}
}
