package profiling

import (
	"cmp"
	"slices"

	"github.com/google/pprof/profile"
)

// Row is one line of a top table. Flat is the value spent in the symbol itself,
// Cum what it and everything it called spent; a symbol that calls itself counts
// once in Cum. Percentages are of the whole profile, whatever the options hide.
type Row struct {
	Symbol
	Flat        int64   `json:"flat"`
	FlatPercent float64 `json:"flatPercent"`
	SumPercent  float64 `json:"sumPercent"` // of Flat, down to this row
	Cum         int64   `json:"cum"`
	CumPercent  float64 `json:"cumPercent"`
}

// Table is what [Top] gives.
type Table struct {
	Type  SampleType `json:"type"`
	Total int64      `json:"total"` // of the whole profile, in Type.Unit
	Shown int64      `json:"shown"` // of the stacks the options keep
	Count int        `json:"count"` // rows before Options.Limit
	Rows  []Row      `json:"rows"`
}

// Top sums a profile by function, line or file, as pprof's top does. The error
// names an unknown sample type.
func Top(p *Profile, o Options) (*Table, error) {
	s, err := newStacks(p, o)
	if err != nil {
		return nil, err
	}
	t := &Table{Type: p.SampleTypes()[s.index], Total: s.total()}
	rows := make([]Row, len(s.symbols))
	seen := make([]int, len(s.symbols)) // the last sample that counted a symbol
	n := 0
	s.each(func(frames []stackFrame, value int64, _ *profile.Sample) {
		n++
		t.Shown += abs(value)
		rows[frames[0].symbol].Flat += value
		for _, f := range frames {
			if seen[f.symbol] != n {
				seen[f.symbol] = n
				rows[f.symbol].Cum += value
			}
		}
	})
	for i := range rows {
		rows[i].Symbol = s.symbols[i]
	}
	rows = slices.DeleteFunc(rows, func(r Row) bool { return r.Flat == 0 && r.Cum == 0 })
	slices.SortFunc(rows, func(a, b Row) int { return compareRows(a, b, o.Cum) })
	t.Count = len(rows)
	if o.Limit > 0 && len(rows) > o.Limit {
		rows = rows[:o.Limit:o.Limit]
	}
	var sum int64
	for i := range rows {
		r := &rows[i]
		sum += r.Flat
		r.FlatPercent, r.CumPercent = percent(r.Flat, t.Total), percent(r.Cum, t.Total)
		r.SumPercent = percent(sum, t.Total)
	}
	t.Rows = rows
	return t, nil
}

func compareRows(a, b Row, cum bool) int {
	byFlat := cmp.Compare(abs(b.Flat), abs(a.Flat))
	byCum := cmp.Compare(abs(b.Cum), abs(a.Cum))
	if cum {
		byFlat, byCum = byCum, byFlat
	}
	return cmp.Or(byFlat, byCum, cmp.Compare(a.Name, b.Name), cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line))
}
