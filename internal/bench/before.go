package bench

import (
	"context"
	"fmt"
	"io"
	"strings"
)

// beforeSuffix marks a visit to the other build of this framework.
const beforeSuffix = ", before"

// Against adds a visit to Programs.Before beside each of this framework's own, so that a change is measured beside what it
// changes. Probes, which are whole processes, are left out.
func Against(cells []Cell) []Cell {
	var out []Cell
	for _, c := range cells {
		visits := c.Visits
		for _, v := range c.Visits {
			if !strings.Contains(v.System, Micro) {
				continue
			}
			visits = append(visits[:len(visits):len(visits)], Visit{System: v.System + beforeSuffix,
				Measure: func(ctx context.Context, f *fleet, p Pace) (Figures, error) { return v.Measure(ctx, f.before, p) }})
		}
		c.Visits = visits
		out = append(out, c)
	}
	return out
}

// compared are the figures that Changes tells of.
var compared = []string{Rate, CPU, ClientCPU, ServerCPU, P50, P99, ClientAllocs, ServerAllocs}

// Changes writes, for each cell and system that was visited before and after, the medians of the same-round ratios
// after : before.
func (r *Report) Changes(w io.Writer, cells []Cell) {
	for _, c := range cells {
		of := r.Samples[c.Name]
		for _, v := range c.Visits {
			if len(of[v.System+beforeSuffix]) == 0 {
				continue
			}
			var says []string
			for _, name := range compared {
				says = append(says, name+" "+short(ratio(of.figure(v.System, name), of.figure(v.System+beforeSuffix, name))))
			}
			fmt.Fprintf(w, "%s, %s × before: %s\n", c.Name, v.System, strings.Join(says, " · "))
		}
	}
}
