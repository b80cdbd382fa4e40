package bench_test

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/microtop/microtop/internal/bench"
)

func TestMedian(t *testing.T) {
	nan := math.NaN()
	for _, c := range []struct {
		name   string
		values []float64
		want   float64
	}{
		{"none", nil, nan},
		{"one", []float64{3}, 3},
		{"an odd number", []float64{9, 1, 5}, 5},
		{"an even number", []float64{4, 1, 3, 2}, 2.5},
		{"a failed round does not count", []float64{nan, 7, 1, 4}, 4},
		{"only failed rounds", []float64{nan, nan}, nan},
	} {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, bench.Median(c.values), cmpopts.EquateNaNs()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// A machine that is slow for a whole round must not show in a ratio: it is taken within the round.
func TestRatioIsTheMedianOfSameRoundRatios(t *testing.T) {
	nan := math.NaN()
	for _, c := range []struct {
		name         string
		ours, theirs []float64
		want         float64
	}{
		{"each round twice as fast, on a machine that slows down", []float64{200, 20, 2}, []float64{100, 10, 1}, 2},
		{"not the ratio of the medians", []float64{10, 20, 90}, []float64{1, 20, 30}, 3},
		{"a round that failed on either side does not count", []float64{nan, 4, 6}, []float64{1, nan, 2}, 3},
		{"a division by zero does not count", []float64{5, 6}, []float64{0, 2}, 3},
		{"no round", nil, nil, nan},
	} {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, bench.Ratio(c.ours, c.theirs), cmpopts.EquateNaNs()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestPercentile(t *testing.T) {
	hundred := make([]int, 100)
	for i := range hundred {
		hundred[i] = i + 1
	}
	for p, want := range map[int]int{1: 1, 50: 50, 99: 99, 100: 100} {
		if got := bench.Percentile(hundred, p); got != want {
			t.Errorf("p%d of 1..100 = %d, want %d", p, got, want)
		}
	}
	if got := bench.Percentile([]int{7}, 50); got != 7 {
		t.Errorf("p50 of one = %d", got)
	}
	if got := bench.Percentile(nil, 50); got != 0 {
		t.Errorf("p50 of none = %d", got)
	}
}

func TestTurnsAreReversedEveryOtherRound(t *testing.T) {
	for round, want := range [][]int{{0, 1, 2}, {2, 1, 0}, {0, 1, 2}} {
		if diff := cmp.Diff(want, bench.Turns(3, round)); diff != "" {
			t.Errorf("round %d: %s", round, diff)
		}
	}
}

func TestShort(t *testing.T) {
	for v, want := range map[float64]string{0.4247: "0.42", 13: "13", 76.33: "76.3", 4347.2: "4347", 41_900: "42k", 0: "0"} {
		if got := bench.Short(v); got != want {
			t.Errorf("Short(%v) = %q, want %q", v, got, want)
		}
	}
}
