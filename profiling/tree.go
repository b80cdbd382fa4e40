package profiling

import "slices"

// TreeRow is one line of a call tree, in the order it is read: a frame, then
// its children one deeper.
type TreeRow struct {
	Symbol
	Depth       int     `json:"depth"` // 0 is the root
	Inlined     bool    `json:"inlined,omitempty"`
	Leaf        bool    `json:"leaf"` // nothing below it
	Self        int64   `json:"self"`
	SelfPercent float64 `json:"selfPercent"`
	Total       int64   `json:"total"`
	Percent     float64 `json:"percent"` // Total of the whole profile
}

// Tree is [Flame] written out as rows, depth first. Options.Limit keeps that
// many frames, the largest ones: a frame is never shown without its parent.
func Tree(p *Profile, o Options) ([]TreeRow, error) {
	root, err := Flame(p, o)
	if err != nil {
		return nil, err
	}
	i, err := p.typeIndex(o.Type)
	if err != nil {
		return nil, err
	}
	least := int64(0)
	if o.Limit > 0 {
		least = cutoff(root, o.Limit)
	}
	type item struct {
		frame *Frame
		depth int
	}
	var rows []TreeRow
	for todo := []item{{root, 0}}; len(todo) > 0; {
		at := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		f := at.frame
		rows = append(rows, TreeRow{
			Symbol: f.Symbol, Depth: at.depth, Inlined: f.Inlined, Leaf: len(f.Children) == 0,
			Self: f.Self, SelfPercent: percent(f.Self, p.totals[i]),
			Total: f.Total, Percent: percent(f.Total, p.totals[i]),
		})
		for _, c := range slices.Backward(f.Children) {
			if abs(c.Total) >= least {
				todo = append(todo, item{c, at.depth + 1})
			}
		}
		if o.Limit > 0 && len(rows) == o.Limit {
			break
		}
	}
	return rows, nil
}

// cutoff is the total of the limit-th largest frame.
func cutoff(root *Frame, limit int) int64 {
	var totals []int64
	for todo := []*Frame{root}; len(todo) > 0; {
		f := todo[len(todo)-1]
		todo = append(todo[:len(todo)-1], f.Children...)
		totals = append(totals, abs(f.Total))
	}
	if len(totals) <= limit {
		return 0
	}
	slices.Sort(totals)
	return totals[len(totals)-limit]
}
