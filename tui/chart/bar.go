package chart

import (
	"fmt"
	"math"
	"strings"

	"github.com/microtop/microtop/tui/safetext"
	"github.com/microtop/microtop/tui/theme"
)

// Bar draws value of most as a horizontal bar in w cells, to an eighth of a
// cell. What is above 0 is never drawn as nothing.
func Bar(g theme.Glyphs, value, most float64, w int) safetext.Line {
	return safetext.Clean(bar(g, value, most, w, " "))
}

// Gauge draws how far value is on the way to most, in w cells: a bar, its rest
// shaded, and the percentage where there is room for it. It serves progress too.
func Gauge(g theme.Glyphs, value, most float64, w int) safetext.Line {
	text := " " + percent(value, most)
	if w < len(text)+4 {
		return safetext.Clean(bar(g, value, most, w, g.Shade))
	}
	return safetext.Clean(bar(g, value, most, w-len(text), g.Shade) + text)
}

// percent returns a share in four cells, "?" for an unknown one.
func percent(value, most float64) string {
	p := 100 * share(value, most)
	if math.IsNaN(value) || math.IsNaN(most) || most <= 0 {
		return "   ?"
	}
	return fmt.Sprintf("%3.0f%%", p)
}

func bar(g theme.Glyphs, value, most float64, w int, rest string) string {
	if w <= 0 {
		return ""
	}
	steps := len(g.Bar) // per cell
	n := int(math.Round(share(value, most) * float64(w*steps)))
	if value > 0 && most > 0 && n < steps {
		n = max(n, 1)
		for n < steps && g.Bar[n-1] == " " { // ASCII has no thin blocks
			n++
		}
	}
	full, part := n/steps, n%steps
	var b strings.Builder
	b.WriteString(strings.Repeat(g.Bar[steps-1], full))
	if part > 0 {
		b.WriteString(g.Bar[part-1])
		full++
	}
	b.WriteString(strings.Repeat(rest, w-full))
	return b.String()
}

// share returns value as a part of most, 0 to 1.
func share(value, most float64) float64 {
	switch {
	case math.IsNaN(value), math.IsNaN(most), value <= 0, most <= 0:
		return 0
	case value >= most:
		return 1
	}
	return value / most
}
