package history_test

import (
	"sync/atomic"
	"testing"

	"github.com/anishathalye/porcupine"
	"go.uber.org/goleak"

	"github.com/microtop/microtop/framework/internal/history"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// counter is a model: every operation gives one more than the last.
var counter = porcupine.Model{
	Partition: history.By(func(input any) string { return input.(string) }),
	Init:      func() any { return int64(0) },
	Step: func(state, _, output any) (bool, any) {
		next := state.(int64) + 1
		return output == next, next
	},
}

func count(t *testing.T, add func(*atomic.Int64) int64) bool {
	var n [2]atomic.Int64
	return history.Explained(t, counter, history.Record(t, func(c *history.Client) {
		for i := range 100 {
			c.Do([]string{"even", "odd"}[i%2], func() (any, error) { return add(&n[i%2]), nil })
		}
	}))
}

func TestARightCounterIsExplained(t *testing.T) {
	if !count(t, func(n *atomic.Int64) int64 { return n.Add(1) }) {
		t.Error("no order was found")
	}
}

func TestAWrongCounterIsNot(t *testing.T) {
	if count(t, func(n *atomic.Int64) int64 { return n.Add(1) / 400 * 400 }) {
		t.Error("an order was found")
	}
}
