package chart

import (
	"math"
	"strings"

	"github.com/microtop/microtop/tui/safetext"
	"github.com/microtop/microtop/tui/theme"
)

// Spark draws the last w values as a line of eighth blocks, the newest on the
// right, scaled so that the greatest fills the cell. A value that is no number
// leaves a gap; below 0 counts as 0, and a 0 has the lowest block, so that
// quiet can be told from unknown.
func Spark(g theme.Glyphs, values []float64, w int) safetext.Line {
	return SparkTo(g, values, w, peak(values, w))
}

// SparkTo is [Spark] with a given value for a full cell, so that several lines
// can be compared.
func SparkTo(g theme.Glyphs, values []float64, w int, most float64) safetext.Line {
	if w <= 0 {
		return safetext.Line{}
	}
	values = values[max(len(values)-w, 0):]
	var b strings.Builder
	b.WriteString(strings.Repeat(" ", w-len(values)))
	for _, v := range values {
		if math.IsNaN(v) {
			b.WriteByte(' ')
			continue
		}
		b.WriteString(g.Spark[level(v, most, len(g.Spark)-1)])
	}
	return safetext.Clean(b.String())
}

// level maps v in [0, most] to 0..top; any value above 0 is at least 1 when it
// is at least half a step.
func level(v, most float64, top int) int {
	switch {
	case math.IsNaN(v), v <= 0, most <= 0 || math.IsNaN(most):
		return 0
	case math.IsInf(most, 1):
		if math.IsInf(v, 1) {
			return top
		}
		return 0
	}
	return int(math.Round(math.Min(v/most, 1) * float64(top)))
}

// peak returns the greatest finite value of the last w, 0 when there is none.
func peak(values []float64, w int) float64 {
	most := 0.0
	for _, v := range values[max(len(values)-max(w, 0), 0):] {
		if !math.IsNaN(v) && !math.IsInf(v, 0) {
			most = math.Max(most, v)
		}
	}
	return most
}
