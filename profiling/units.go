package profiling

import (
	"math"
	"strconv"
	"strings"
)

type unitStep struct {
	size float64
	name string
}

// steps lists the units a value of the named unit is shown in, largest first.
func steps(unit string) []unitStep {
	ns := []unitStep{{3600e9, "h"}, {60e9, "min"}, {1e9, "s"}, {1e6, "ms"}, {1e3, "µs"}, {1, "ns"}}
	bytes := []unitStep{{1 << 50, "PB"}, {1 << 40, "TB"}, {1 << 30, "GB"}, {1 << 20, "MB"}, {1 << 10, "KB"}, {1, "B"}}
	scale := func(all []unitStep, by float64) []unitStep {
		for i := range all {
			all[i].size /= by
		}
		return all
	}
	switch strings.ToLower(unit) {
	case "nanoseconds", "nanosecond", "ns":
		return ns
	case "microseconds", "microsecond", "us", "µs":
		return scale(ns, 1e3)
	case "milliseconds", "millisecond", "ms":
		return scale(ns, 1e6)
	case "seconds", "second", "s":
		return scale(ns, 1e9)
	case "bytes", "byte", "b":
		return bytes
	case "kilobytes", "kilobyte", "kb":
		return scale(bytes, 1<<10)
	}
	return nil
}

// FormatValue writes a sample's value for people: 1500000000 nanoseconds is
// "1.50s", 2048 bytes is "2KB" (1 KB is 1024 B), and a count stays a plain
// number. Two decimals at most, none when they are zero; an unknown unit follows
// the number.
func FormatValue(v int64, unit string) string {
	all := steps(unit)
	if all == nil {
		if n := strings.ToLower(unit); n == "" || n == "count" || n == "objects" {
			return strconv.FormatInt(v, 10)
		}
		return strconv.FormatInt(v, 10) + " " + unit
	}
	if v == 0 {
		return "0"
	}
	step := all[len(all)-1]
	for _, s := range all {
		if s.size >= 1 && math.Abs(float64(v)) >= s.size {
			step = s
			break
		}
	}
	text := strconv.FormatFloat(float64(v)/step.size, 'f', 2, 64)
	return strings.TrimSuffix(text, ".00") + step.name
}

// FormatPercent writes a share in pprof's manner: "12.34%", "100%", "0%".
func FormatPercent(p float64) string {
	return strings.TrimSuffix(strconv.FormatFloat(p, 'f', 2, 64), ".00") + "%"
}

func percent(v, total int64) float64 {
	if total == 0 {
		return 0
	}
	return 100 * float64(v) / float64(total)
}
