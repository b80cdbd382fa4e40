package load

import (
	"math"
	"math/bits"
	"time"
)

const (
	// fine is how many buckets each power of two has: a value is told to 1/64, under 2 %.
	fineBits = 6
	fine     = 1 << fineBits
	// powers is how many powers of two of microseconds there are over the first: up to 19 hours.
	powers = 30
)

// Histogram counts durations in buckets that grow with them. The zero value is empty. Its size is fixed.
type Histogram struct {
	counts [(powers + 1) * fine]uint64
	total  uint64
	sum    float64 // in microseconds
	max    time.Duration
	min    time.Duration
}

// Add counts a duration.
func (h *Histogram) Add(d time.Duration) {
	d = max(d, 0)
	h.counts[bucket(d)]++
	if h.total == 0 || d < h.min {
		h.min = d
	}
	h.total++
	h.sum += float64(d) / float64(time.Microsecond)
	h.max = max(h.max, d)
}

func bucket(d time.Duration) int {
	us := uint64(d.Microseconds()) //nolint:gosec // not negative
	if us < fine {
		return int(us)
	}
	power := bits.Len64(us) - fineBits - 1
	i := (power+1)*fine + int(us>>power) - fine //nolint:gosec // below 2*fine
	return min(i, (powers+1)*fine-1)
}

// upper is the end of a bucket.
func upper(i int) time.Duration {
	if i < fine {
		return time.Duration(i+1) * time.Microsecond
	}
	power := i/fine - 1
	return time.Duration((i%fine+fine+1)<<power) * time.Microsecond
}

// Count is how many durations were counted.
func (h *Histogram) Count() uint64 { return h.total }

// Max is the longest, Min the shortest.
func (h *Histogram) Max() time.Duration { return h.max }

// Min is the shortest.
func (h *Histogram) Min() time.Duration { return h.min }

// Mean is the average.
func (h *Histogram) Mean() time.Duration {
	if h.total == 0 {
		return 0
	}
	return time.Duration(h.sum / float64(h.total) * float64(time.Microsecond))
}

// At is the duration that a share q, 0 to 1, of all did not exceed, to 2 %.
func (h *Histogram) At(q float64) time.Duration {
	if h.total == 0 {
		return 0
	}
	rank := uint64(math.Ceil(q * float64(h.total)))
	var seen uint64
	for i, n := range h.counts {
		if seen += n; n > 0 && seen >= max(rank, 1) {
			return min(upper(i), h.max)
		}
	}
	return h.max
}

// Bar is a range of durations and how many were in it.
type Bar struct {
	From, To time.Duration
	Count    uint64
}

// Bars are at most n ranges that cover what was counted, each twice as long as the one before or a part of that.
func (h *Histogram) Bars(n int) []Bar {
	if h.total == 0 || n < 1 {
		return nil
	}
	first, last := bucket(h.min), bucket(h.max)
	step := fine / 4 // four bars to a power of two, as long as they are few enough
	for (last-first)/step+1 > n {
		step *= 2
	}
	var out []Bar
	for at := first / step * step; at <= last; at += step {
		bar := Bar{To: upper(min(at+step, len(h.counts)) - 1)}
		if at > 0 {
			bar.From = upper(at - 1)
		}
		for i := at; i < min(at+step, len(h.counts)); i++ {
			bar.Count += h.counts[i]
		}
		out = append(out, bar)
	}
	if len(out) > n { // rounding down added one
		out[len(out)-2].To, out[len(out)-2].Count = out[len(out)-1].To, out[len(out)-2].Count+out[len(out)-1].Count
		out = out[:len(out)-1]
	}
	return out
}
