package load

import (
	"strconv"
	"strings"
	"time"

	"github.com/microtop/microtop/introspect/load"
	"github.com/microtop/microtop/tui/paint"
	"github.com/microtop/microtop/tui/pane"
	"github.com/microtop/microtop/tui/safetext"
	"github.com/microtop/microtop/views/show"
)

// formRows are the form with its status.
const formRows = starting + 2

// View implements [tui.Screen].
func (s *screen) View(w, h int) string {
	rows := min(formRows, max(h-1, 1))
	s.area = pane.Area{X: 0, Y: 1, W: w, H: rows}
	s.form.SetSize(w, rows)
	parts := []string{pane.Rule(s.pens, w, safetext.Literal("load"), safetext.Format("%s", s.request.Target), !s.running()), s.form.View()}
	if left := h - rows - 1; left > 1 {
		lines := append([]string{pane.Rule(s.pens, w, safetext.Literal("measured"), s.state(), s.running())}, s.measured(w, left-1)...)
		parts = append(parts, strings.Join(lines[:min(len(lines), left)], "\n"))
	}
	return pane.Stack(parts...)
}

// state is how far the load is.
func (s *screen) state() safetext.Line {
	switch {
	case s.running() && s.report == nil:
		return safetext.Literal("starting; esc ends it")
	case s.running():
		return safetext.Format("%s; esc ends it", s.report.Elapsed.Round(100*time.Millisecond))
	case s.report != nil && s.report.Ended:
		return safetext.Format("ended after %s", show.Duration(s.report.Elapsed))
	case s.report != nil:
		return safetext.Literal("ended before its time")
	}
	return safetext.Literal("nothing yet")
}

// measured are the numbers in at most h rows.
func (s *screen) measured(w, h int) []string {
	switch {
	case s.err != nil:
		var rows []string
		for _, l := range safetext.CleanBlock("nothing was sent: " + s.err.Error()).Lines() {
			rows = append(rows, s.text(w, s.pens.Bad, l))
		}
		return rows
	case s.report == nil:
		return []string{s.text(w, s.pens.Dim, safetext.Line{}), s.text(w, s.pens.Dim, safetext.Literal("ctrl+s, or enter on Start, makes the load; nothing is sent before"))}
	}
	r := s.report
	rows := append(s.progress(w, r), s.text(w, s.pens.Dim, safetext.Line{}))
	rows = append(rows, s.table(w, r)...)
	rows = append(rows, s.text(w, s.pens.Dim, safetext.Line{}))
	errors := s.errors(w, r, 4)
	if bars := h - len(rows) - len(errors); bars > 1 {
		rows = append(rows, s.bars(w, r, min(bars, 24))...)
	}
	return append(rows, errors...)
}

func (s *screen) text(w int, pen paint.Pen, text safetext.Line) string {
	var row paint.Row
	row.Start(w, 0)
	row.Fill(paint.Pen{}, 2)
	row.Fit(pen, text.String(), max(w-4, 0), s.pens.Glyphs.Ellipsis, false)
	return row.String()
}

// progress is the bar of what is done, and the counts.
func (s *screen) progress(w int, r *load.Report) []string {
	share := 0.0
	if s.ran.Duration > 0 {
		share = float64(r.Elapsed) / float64(s.ran.Duration)
	}
	if s.ran.Count > 0 {
		share = max(share, float64(r.Done)/float64(s.ran.Count))
	}
	if r.Ended {
		share = 1
	}
	g := s.pens.Glyphs
	cells := max(w-4, 0)
	full := min(int(share*float64(cells)), cells)
	var bar paint.Row
	bar.Start(w, 0)
	bar.Fill(paint.Pen{}, 2)
	bar.Text(s.pens.Accent, strings.Repeat(g.Bar[len(g.Bar)-1], full))
	bar.Text(s.pens.Dim, strings.Repeat(g.Shade, cells-full))
	pen, sign := s.pens.Good, g.Check
	if r.Failed > 0 || r.Late > 0 {
		pen, sign = s.pens.Bad, g.Cross
	}
	counts := safetext.Format("%s %d calls  %.1f a second  %d failed  %d on their way  %s", sign, r.Done, r.Rate(), r.Failed, r.Running, show.Bytes(r.Bytes))
	if r.Late > 0 {
		counts = safetext.Join("  ", counts, safetext.Format("%d were due and never sent", r.Late))
	}
	return []string{bar.String(), s.text(w, pen, counts)}
}

// table is the percentiles.
func (s *screen) table(w int, r *load.Report) []string {
	line := func(pen paint.Pen, name string, cells ...string) string {
		var row paint.Row
		row.Start(w, 0)
		row.Fill(paint.Pen{}, 2)
		row.Fit(pen, name, 24, s.pens.Glyphs.Ellipsis, false)
		for _, c := range cells {
			row.Fit(pen, c, 8, s.pens.Glyphs.Ellipsis, true)
		}
		return row.String()
	}
	of := func(name string, h *load.Histogram) string {
		var cells []string
		for _, q := range []float64{0.5, 0.9, 0.99, 0.999} {
			cells = append(cells, show.Duration(h.At(q)))
		}
		return line(s.pens.Text, name, append(append([]string{show.Duration(h.Min())}, cells...), show.Duration(h.Max()))...)
	}
	return []string{
		line(s.pens.Header, "", "MIN", "P50", "P90", "P99", "P99.9", "MAX"),
		of("latency, from when due", &r.Latency), of("service, from when sent", &r.Service),
	}
}

// bars are the histogram of the latency.
func (s *screen) bars(w int, r *load.Report, n int) []string {
	list := r.Latency.Bars(n)
	most := uint64(1)
	for _, b := range list {
		most = max(most, b.Count)
	}
	g := s.pens.Glyphs
	var rows []string
	for _, b := range list {
		var row paint.Row
		row.Start(w, 0)
		row.Fill(paint.Pen{}, 2)
		row.Fit(s.pens.Dim, "to "+show.Duration(b.To), 12, g.Ellipsis, false)
		row.Fit(s.pens.Text, strconv.FormatUint(b.Count, 10), 8, g.Ellipsis, true)
		row.Fill(paint.Pen{}, 1)
		cells := max(row.Room()-2, 0)
		full := int(float64(cells) * float64(b.Count) / float64(most))
		if b.Count > 0 {
			full = max(full, 1)
		}
		row.Text(s.pens.Accent, strings.Repeat(g.Bar[len(g.Bar)-1], min(full, cells)))
		rows = append(rows, row.String())
	}
	return rows
}

// errors are the most frequent kinds.
func (s *screen) errors(w int, r *load.Report, most int) []string {
	var rows []string
	for i, f := range r.Failures {
		if i == most {
			rows = append(rows, s.text(w, s.pens.Bad, safetext.Format("and %d kinds more", len(r.Failures)-most)))
			break
		}
		rows = append(rows, s.text(w, s.pens.Bad, safetext.Format("%7d  %s", f.Count, f.Kind)))
	}
	return rows
}
