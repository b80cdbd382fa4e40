package bench

import (
	"cmp"
	"math"
	"slices"
	"time"
)

// median of the values that are numbers; NaN without any.
func median(values []float64) float64 {
	sorted := known(values)
	if len(sorted) == 0 {
		return math.NaN()
	}
	slices.Sort(sorted)
	half := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[half]
	}
	return (sorted[half-1] + sorted[half]) / 2
}

// known are the values that are numbers.
func known(values []float64) []float64 { return slices.DeleteFunc(slices.Clone(values), math.IsNaN) }

// ratio is the median of same-round ratios. Rounds in which either side has no figure, which is NaN, do not count.
func ratio(ours, theirs []float64) float64 {
	var all []float64
	for i := range min(len(ours), len(theirs)) {
		if r := ours[i] / theirs[i]; !math.IsNaN(r) && !math.IsInf(r, 0) {
			all = append(all, r)
		}
	}
	return median(all)
}

// percentile of sorted values, by the nearest rank; zero without any.
func percentile[T cmp.Ordered](sorted []T, p int) T {
	var zero T
	if len(sorted) == 0 {
		return zero
	}
	return sorted[max((len(sorted)*p+99)/100-1, 0)]
}

// turns is the order in which a round visits n systems: reversed every other round.
func turns(n, round int) []int {
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	if round%2 == 1 {
		slices.Reverse(order)
	}
	return order
}

// micros are a duration's microseconds.
func micros(d time.Duration) float64 { return float64(d) / float64(time.Microsecond) }
