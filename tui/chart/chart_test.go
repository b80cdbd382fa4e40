package chart_test

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/microtop/microtop/tui/chart"
	"github.com/microtop/microtop/tui/safetext"
	"github.com/microtop/microtop/tui/theme"
)

var (
	blocks = theme.UnicodeGlyphs()
	ascii  = theme.ASCIIGlyphs()
	nan    = math.NaN()
	inf    = math.Inf(1)
)

func TestSpark(t *testing.T) {
	for _, c := range []struct {
		name   string
		g      theme.Glyphs
		values []float64
		w      int
		want   string
	}{
		{"ramp", blocks, []float64{0, 1, 2, 3, 4, 5, 6, 7}, 8, "▁▂▃▄▅▆▇█"},
		{"ascii", ascii, []float64{0, 1, 2, 3, 4, 5, 6, 7}, 8, "_.-:=+*#"},
		{"the newest are kept", blocks, []float64{100, 0, 7}, 2, "▁█"},
		{"short", blocks, []float64{7}, 4, "   █"},
		{"unknown is a gap", blocks, []float64{7, nan, 0}, 3, "█ ▁"},
		{"negative", blocks, []float64{-5, 7}, 2, "▁█"},
		{"infinite", blocks, []float64{inf, 7, math.Inf(-1), 0}, 4, "██▁▁"},
		{"all zero", blocks, []float64{0, 0}, 2, "▁▁"},
		{"empty", blocks, nil, 3, "   "},
		{"no room", blocks, []float64{1}, 0, ""},
		{"less than no room", blocks, []float64{1}, -4, ""},
	} {
		if got := chart.Spark(c.g, c.values, c.w).String(); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
	if got := chart.SparkTo(blocks, []float64{7}, 1, 14).String(); got != "▅" {
		t.Errorf("half of the scale: %q", got)
	}
}

func TestBarAndGauge(t *testing.T) {
	for _, c := range []struct {
		name       string
		g          theme.Glyphs
		value      float64
		most       float64
		w          int
		bar, gauge string
	}{
		{"half", blocks, 5, 10, 4, "██  ", "██░░"},
		{"eighths", blocks, 1, 64, 8, "▏       ", "▏░░░░░░░"},
		{"full", blocks, 12, 10, 9, "█████████", "████ 100%"},
		{"little is not nothing", blocks, 1e-9, 1, 3, "▏  ", "▏░░"},
		{"nothing", blocks, 0, 10, 3, "   ", "░░░"},
		{"unknown", blocks, nan, 10, 9, "         ", "░░░░    ?"},
		{"of unknown", blocks, 3, nan, 3, "   ", "░░░"},
		{"negative", blocks, -3, 10, 3, "   ", "░░░"},
		{"of nothing", blocks, 3, 0, 3, "   ", "░░░"},
		{"infinite", blocks, inf, 10, 3, "███", "███"},
		{"of infinite", blocks, inf, inf, 3, "███", "███"},
		{"ascii", ascii, 5, 10, 4, "##  ", "##.."},
		{"little in ascii", ascii, 1e-9, 1, 3, "-  ", "-.."},
		{"no room", blocks, 5, 10, 0, "", ""},
	} {
		if got := chart.Bar(c.g, c.value, c.most, c.w).String(); got != c.bar {
			t.Errorf("bar, %s: %q, want %q", c.name, got, c.bar)
		}
		if got := chart.Gauge(c.g, c.value, c.most, c.w).String(); got != c.gauge {
			t.Errorf("gauge, %s: %q, want %q", c.name, got, c.gauge)
		}
	}
}

func TestHistogram(t *testing.T) {
	var list []time.Duration
	for range 90 {
		list = append(list, 2*time.Millisecond)
	}
	for i := range 10 {
		list = append(list, time.Duration(i+1)*100*time.Millisecond)
	}
	rows := chart.Histogram(blocks, list, 40, 4)
	var got []string
	for _, r := range rows {
		got = append(got, r.String())
	}
	if diff := cmp.Diff([]string{
		" 9.46ms █████████████████████████████ 90",
		" 44.7ms                                0",
		"  211ms ▋                              2",
		"     1s ██▋                            8",
	}, got); diff != "" {
		t.Error(diff)
	}
	for _, empty := range [][]safetext.Line{chart.Histogram(blocks, nil, 40, 4), chart.Histogram(blocks, list, 0, 4), chart.Histogram(blocks, list, 40, 0)} {
		if len(empty) != 0 {
			t.Errorf("%d rows of nothing", len(empty))
		}
	}
	same := chart.Histogram(ascii, []time.Duration{0, -5, 0}, 20, 5)
	if len(same) != 1 || same[0].Width() != 20 || !strings.HasSuffix(same[0].String(), " 3") {
		t.Errorf("all the same: %q", same)
	}
}

func FuzzChart(f *testing.F) {
	f.Add(1.0, 2.0, 3.0, 10, int64(5), int64(1<<62))
	f.Add(nan, inf, -1.0, 1, int64(-9), int64(0))
	f.Fuzz(func(t *testing.T, a, b, c float64, w int, x, y int64) {
		w = w & 127
		for _, g := range []theme.Glyphs{blocks, ascii} {
			lines := []safetext.Line{
				chart.Spark(g, []float64{a, b, c}, w), chart.SparkTo(g, []float64{a, b}, w, c),
				chart.Bar(g, a, b, w), chart.Gauge(g, b, c, w),
			}
			list := []time.Duration{time.Duration(x), time.Duration(y), time.Second}
			rows := chart.Histogram(g, list, w, 6)
			if len(rows) > 6 {
				t.Fatalf("%d rows", len(rows))
			}
			for _, l := range slices.Concat(lines, rows) {
				if l.Width() != w {
					t.Fatalf("%q has %d cells, want %d", l, l.Width(), w)
				}
				if g.ASCII && theme.ToASCII(l.String()) != l.String() {
					t.Fatalf("%q is not ASCII", l)
				}
			}
		}
	})
}
