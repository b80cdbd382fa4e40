package bench

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Table writes the rows, and below them the problems.
func (r *Report) Table(w io.Writer) {
	lines := [][]string{{"row", "goal", "ours", "× grpc-go", "× v4", "× bytes alone", ""}}
	met := 0
	for _, row := range r.Rows {
		lines = append(lines, row.cells())
		if row.Met {
			met++
		}
	}
	widths := make([]int, len(lines[0]))
	for _, line := range lines {
		for i, text := range line {
			widths[i] = max(widths[i], utf8.RuneCountInString(text))
		}
	}
	for _, line := range lines {
		for i, text := range line {
			line[i] = text + strings.Repeat(" ", widths[i]-utf8.RuneCountInString(text))
		}
		fmt.Fprintln(w, strings.TrimRight(strings.Join(line, "  "), " "))
	}
	fmt.Fprintf(w, "%d of %d goals met\n", met, len(r.Rows))
	for _, problem := range r.Problems {
		fmt.Fprintln(w, "! "+problem)
	}
}

// cells are the row's texts.
func (r Row) cells() []string {
	met, ours := "not met", "–"
	if r.Met {
		met = "met"
	}
	if r.Ours != nil {
		ours = strings.TrimSpace(short(*r.Ours) + " " + r.Unit)
	}
	for _, system := range slices.Sorted(maps.Keys(r.Ratios)) {
		if system != GRPC && system != V4 && strings.Contains(r.Goal, "× "+system) {
			ours += fmt.Sprintf(" (%s × %s)", short(r.Ratios[system]), system)
		}
	}
	return []string{r.What, strings.TrimSpace(r.Goal + " " + unitOfGoal(r)), ours, r.ratio(GRPC), r.ratio(V4), r.ratio(Alone), met}
}

// unitOfGoal is the unit if the goal is a figure of its own.
func unitOfGoal(r Row) string {
	if strings.Contains(r.Goal, "×") {
		return ""
	}
	return r.Unit
}

func (r Row) ratio(system string) string {
	if value, ok := r.Ratios[system]; ok {
		return short(value)
	}
	return ""
}

// short writes three significant digits.
func short(v float64) string {
	switch a := math.Abs(v); {
	case math.IsNaN(v):
		return "–"
	case a >= 10_000:
		return strconv.FormatFloat(v/1000, 'f', 0, 64) + "k"
	case a >= 100 || v == math.Trunc(v):
		return strconv.FormatFloat(v, 'f', 0, 64)
	case a >= 10:
		return strconv.FormatFloat(v, 'f', 1, 64)
	default:
		return strconv.FormatFloat(v, 'f', 2, 64)
	}
}

// JSON writes the whole report. Figures that are no numbers are left out.
func (r *Report) JSON(w io.Writer) error {
	for _, rounds := range r.Samples {
		for _, visits := range rounds {
			for _, figures := range visits {
				maps.DeleteFunc(figures, func(_ string, v float64) bool { return math.IsNaN(v) || math.IsInf(v, 0) })
			}
		}
	}
	to := json.NewEncoder(w)
	to.SetIndent("", "  ")
	if err := to.Encode(r); err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	return nil
}
