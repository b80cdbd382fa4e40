package profile

import (
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"

	"github.com/microtop/microtop/profiling"
	"github.com/microtop/microtop/tui/paint"
	"github.com/microtop/microtop/tui/pane"
	"github.com/microtop/microtop/tui/safetext"
	"github.com/microtop/microtop/views/show"
)

// View implements [tui.Screen].
func (f *form) View(w, h int) string {
	if f.nodes != nil {
		return f.drawProgress(w, h)
	}
	rows := []string{pane.Rule(f.pens, w, safetext.Literal("capture what?"), safetext.Literal("enter captures"), true)}
	for i, kind := range profiling.Kinds() {
		rows = append(rows, f.drawKind(w, kind, i == f.kind))
	}
	rows = append(rows, f.text(w, f.pens.Dim, safetext.Line{}))
	for _, line := range wrapped(f.chosenKind().Explain(), w-4) {
		rows = append(rows, f.text(w, f.pens.Text, line))
	}
	rows = append(rows, f.text(w, f.pens.Dim, safetext.Line{}), pane.Rule(f.pens, w, safetext.Literal("from"), f.nodeCount(), false))
	rows = append(rows, f.drawTargets(w, h-len(rows))...)
	return strings.Join(rows[:min(len(rows), max(h, 0))], "\n")
}

// Cursor implements [tui.Cursorer].
func (f *form) Cursor() (x, y int, ok bool) {
	if f.nodes != nil {
		return 0, f.window.Cursor - f.window.Top + 1, true
	}
	return 0, f.kind + 1, true
}

// text draws an indented line.
func (f *form) text(w int, pen paint.Pen, text safetext.Line) string {
	var row paint.Row
	row.Start(w, 0)
	row.Fill(paint.Pen{}, 2)
	row.Fit(pen, text.String(), w-4, f.pens.Glyphs.Ellipsis, false)
	return row.String()
}

func (f *form) drawKind(w int, kind profiling.Kind, chosen bool) string {
	var row paint.Row
	row.Start(w, 0)
	pen, sign := f.pens.Text, "  "
	if chosen {
		pen, sign = f.pens.Selected, f.pens.Glyphs.Cursor+" "
	}
	length := "a picture of the moment"
	if kind.Timed() {
		length = "for " + show.Duration(lengths[f.length])
		if chosen {
			length += "   " + f.pens.Glyphs.Left + " " + f.pens.Glyphs.Right + " change"
		}
	}
	row.Text(pen, sign)
	row.Fit(pen, string(kind), 16, f.pens.Glyphs.Ellipsis, false)
	if !chosen {
		pen = f.pens.Dim
	}
	row.Text(pen, length)
	if chosen {
		row.Rest(pen)
	}
	return row.String()
}

func (f *form) nodeCount() safetext.Line {
	if !f.found {
		return safetext.Literal("looking up the nodes")
	}
	return safetext.Clean(show.Count(len(f.targets), "node"))
}

// drawTargets lists the nodes in at most h rows.
func (f *form) drawTargets(w, h int) []string {
	if f.problem != nil {
		var rows []string
		for _, line := range wrapped(f.problem.Error(), w-4) {
			rows = append(rows, f.text(w, f.pens.Bad, line))
		}
		return append(rows, f.text(w, f.pens.Dim, safetext.Literal("r looks them up again")))
	}
	var rows []string
	for i, t := range f.targets {
		if i == h-1 && i < len(f.targets)-1 {
			return append(rows, f.text(w, f.pens.Dim, safetext.Format("and %d more", len(f.targets)-i)))
		}
		rows = append(rows, f.text(w, f.pens.Text, safetext.Join("  ", safetext.Clean(t.Service).Cut(40), safetext.Clean(t.Version).Cut(20), safetext.Clean(show.Short(t.Service, t.Node)).Cut(60), safetext.Clean(t.Address).Cut(40))))
	}
	return rows
}

// drawProgress draws a row for each node.
func (f *form) drawProgress(w, h int) string {
	title := safetext.Format("capturing %s", f.chosenKind())
	note := safetext.Literal("x cancels; nothing is kept then")
	if f.outcome != nil {
		title, note = safetext.Format("captured %s", f.chosenKind()), safetext.Literal("enter opens")
		if len(f.saved()) > 1 {
			note = safetext.Literal("the most first; enter opens them merged, o only this")
		}
	}
	rows := []string{pane.Rule(f.pens, w, title, note, true)}
	why := f.why(w)
	f.window.Len, f.window.Height = len(f.nodes), max(h-1-len(why), 1)
	f.window.Fit()
	for i := f.window.Top; i < f.window.End(); i++ {
		rows = append(rows, f.drawNode(w, i))
	}
	rows = append(rows, why...)
	return strings.Join(rows[:min(len(rows), max(h, 0))], "\n")
}

// why says in full what went wrong with the node under the cursor.
func (f *form) why(w int) []string {
	if len(f.nodes) == 0 {
		return nil
	}
	err := f.failure(min(f.window.Cursor, len(f.nodes)-1))
	if err == nil {
		return nil
	}
	rows := []string{f.text(w, f.pens.Dim, safetext.Line{})}
	for _, line := range wrapped(show.Failure(err), w-4) {
		rows = append(rows, f.text(w, f.pens.Bad, line))
	}
	return rows[:min(len(rows), 6)]
}

// failure is why a node gave no profile, nil while it may still.
func (f *form) failure(i int) error {
	switch {
	case f.outcome != nil:
		return f.outcome[i].err
	case f.nodes[i].State == profiling.Failed:
		return f.nodes[i].Err
	}
	return nil
}

// cause is an error without the words that say whose it is, which the row does.
func cause(err error) safetext.Line {
	if inner := errors.Unwrap(err); inner != nil {
		err = inner
	}
	return safetext.Clean(show.Failure(err))
}

// barWidth is that of a node's bar while it is captured, in cells.
const barWidth = 20

func (f *form) drawNode(w, i int) string {
	p := f.nodes[i]
	g := f.pens.Glyphs
	var row paint.Row
	row.Start(w, 0)
	sign, pen, text := g.Bullet, f.pens.Dim, safetext.Clean(string(p.State))
	full := 0
	switch {
	case f.failure(i) != nil:
		sign, pen, text = g.Cross, f.pens.Bad, cause(f.failure(i))
	case f.outcome != nil:
		sign, pen = g.Check, f.pens.Good
		o := f.outcome[i]
		text = safetext.Format("%-9s %s  %s", o.sum, show.Bytes(uint64(o.entry.Size)), o.entry.File) //nolint:gosec // not negative
	case p.State == profiling.Done:
		sign, pen, full = g.Check, f.pens.Good, barWidth
		text = safetext.Clean(show.Bytes(uint64(p.Bytes))) //nolint:gosec // not negative
	case p.State == profiling.Running:
		sign, pen = g.Full, f.pens.Accent
		full = share(p.Elapsed, p.Duration)
		text = safetext.Format("%s%s  %s", show.Duration(p.Elapsed.Round(100*time.Millisecond)), outOf(p.Duration), show.Bytes(uint64(p.Bytes))) //nolint:gosec // not negative
	}
	row.Text(f.pens.Accent, map[bool]string{true: g.Cursor, false: " "}[i == f.window.Cursor])
	row.Text(pen, sign+" ")
	label := safetext.Clean(strings.TrimPrefix(p.Target.Node, p.Target.Service+"-"))
	row.Fit(f.pens.Text, safetext.Join(" ", safetext.Clean(p.Target.Service).Cut(20), label).String(), min(36, w/3), g.Ellipsis, false)
	row.Fill(paint.Pen{}, 1)
	if f.outcome == nil { // a full bar beside a result would read as its share of something
		row.Text(pen, strings.Repeat(g.Bar[len(g.Bar)-1], full))
		row.Text(f.pens.Dim, strings.Repeat(g.Shade, barWidth-full))
		row.Fill(paint.Pen{}, 1)
	}
	row.Fit(pen, text.String(), row.Room(), g.Ellipsis, false)
	return row.String()
}

// outOf is how long a capture takes, "" of a picture of the moment: until it is there.
func outOf(d time.Duration) string {
	if d <= 0 {
		return ""
	}
	return " of " + show.Duration(d)
}

// share is the part of a bar that is full.
func share(elapsed, whole time.Duration) int {
	if whole <= 0 {
		return barWidth / 2
	}
	return min(max(int(int64(barWidth)*int64(elapsed)/int64(whole)), 0), barWidth)
}

// wrapped breaks text between words.
func wrapped(text string, w int) []safetext.Line {
	var lines []safetext.Line
	for _, row := range strings.Split(ansi.Wrap(safetext.Clean(text).String(), max(w, 10), ""), "\n") {
		lines = append(lines, safetext.Clean(row))
	}
	return lines
}

// percent writes a share of a profile: "12.3%".
func percent(p float64) string { return strconv.FormatFloat(p, 'f', 1, 64) + "%" }
