package bench

import (
	"context"
	"fmt"
	"io"
)

// Report is what a run found.
type Report struct {
	Rows     []Row    `json:"rows"`
	Samples  Samples  `json:"samples"`
	Problems []string `json:"problems,omitempty"`
}

// Run visits the cells' systems in rounds and judges the goals. A visit that fails is a problem in the report, and its
// round has no figure. It says on progress which cell it is at. The children it starts are gone when it returns.
func Run(ctx context.Context, programs Programs, cells []Cell, goals []Goal, p Pace, progress io.Writer) (*Report, error) {
	f := newFleet(programs)
	defer f.end()
	out := &Report{Samples: Samples{}}
	for _, c := range cells {
		fmt.Fprintf(progress, "%s …\n", c.Name)
		out.Samples[c.Name] = out.measure(ctx, f, c, p)
		if err := ctx.Err(); err != nil {
			return nil, err
		}
	}
	for _, g := range goals {
		out.Rows = append(out.Rows, g.judge(out.Samples))
	}
	return out, nil
}

// measure makes all rounds of one cell.
func (r *Report) measure(ctx context.Context, f *fleet, c Cell, p Pace) Rounds {
	rounds := p.Rounds
	if c.Rounds > 0 {
		rounds = min(rounds, c.Rounds)
	}
	found := Rounds{}
	for round := range rounds {
		for _, i := range turns(len(c.Visits), round) {
			v := c.Visits[i]
			figures, err := v.Measure(ctx, f, p)
			found[v.System] = append(found[v.System], figures)
			switch {
			case err != nil:
				r.problem(c, v, round, err.Error())
			case figures[Failures] > 0:
				r.problem(c, v, round, fmt.Sprintf("%.0f wrong or missing answers", figures[Failures]))
			}
			if ctx.Err() != nil {
				return found
			}
		}
	}
	return found
}

func (r *Report) problem(c Cell, v Visit, round int, what string) {
	r.Problems = append(r.Problems, fmt.Sprintf("%s, %s, round %d: %s", c.Name, v.System, round+1, what))
}
