package chart

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/microtop/microtop/tui/safetext"
	"github.com/microtop/microtop/tui/theme"
)

// Histogram draws how latencies are spread: h rows of w cells, a row per class,
// with its upper bound, a bar and the count. Classes grow by a constant factor
// from the quickest to the slowest, as latencies do. Negative ones count as 0.
// Without latencies, or without room, there are no rows.
func Histogram(g theme.Glyphs, latencies []time.Duration, w, h int) []safetext.Line {
	if len(latencies) == 0 || w <= 0 || h <= 0 {
		return nil
	}
	bounds, counts := classes(latencies, h)
	most := slices.Max(counts)
	tail := len(fmt.Sprint(most))
	rows := make([]safetext.Line, len(counts))
	for i, n := range counts {
		head := fmt.Sprintf("%7s ", short(bounds[i]))
		room := w - len([]rune(head)) - tail - 1
		row := head + strings.Repeat(" ", max(w-len([]rune(head)), 0))
		if room > 0 {
			row = head + bar(g, float64(n), float64(most), room, " ") + fmt.Sprintf(" %*d", tail, n)
		}
		rows[i] = safetext.Clean(row).Slice(0, w)
	}
	return rows
}

// classes spreads latencies over at most n classes. A class counts what is above
// the bound before and not above its own.
func classes(latencies []time.Duration, n int) (bounds []time.Duration, counts []int) {
	low := max(slices.Min(latencies), time.Microsecond)
	high := max(slices.Max(latencies), low)
	if high == low {
		n = 1
	}
	factor := math.Pow(float64(high)/float64(low), 1/float64(n))
	bounds = make([]time.Duration, n)
	for i := range bounds {
		bounds[i] = time.Duration(float64(low) * math.Pow(factor, float64(i+1)))
	}
	bounds[n-1] = high
	counts = make([]int, n)
	for _, l := range latencies {
		i, _ := slices.BinarySearch(bounds, l)
		counts[min(i, n-1)]++
	}
	return bounds, counts
}

// short returns a duration in at most seven cells, three digits of it.
func short(d time.Duration) string {
	for _, u := range []struct {
		unit time.Duration
		name string
	}{{time.Hour, "h"}, {time.Minute, "m"}, {time.Second, "s"}, {time.Millisecond, "ms"}} {
		if d >= u.unit {
			return fmt.Sprintf("%.3g%s", float64(d)/float64(u.unit), u.name)
		}
	}
	return fmt.Sprintf("%.3gus", float64(d)/float64(time.Microsecond))
}
