package profiling

import (
	"cmp"
	"slices"
)

// DiffRow is one line of a comparison; the deltas are new less base.
// Percentages are of the base profile's total, as in pprof's -diff_base.
type DiffRow struct {
	Symbol
	BaseFlat    int64   `json:"baseFlat"`
	NewFlat     int64   `json:"newFlat"`
	Flat        int64   `json:"flat"` // delta
	FlatPercent float64 `json:"flatPercent"`
	BaseCum     int64   `json:"baseCum"`
	NewCum      int64   `json:"newCum"`
	Cum         int64   `json:"cum"` // delta
	CumPercent  float64 `json:"cumPercent"`
}

// DiffFrame is one box of a differential flame graph. Both values are kept, so
// a box can be as wide as its new or its base value and coloured by the
// difference; subtracting first would lose both shapes.
type DiffFrame struct {
	Symbol
	BaseSelf  int64        `json:"baseSelf"`
	NewSelf   int64        `json:"newSelf"`
	BaseTotal int64        `json:"baseTotal"`
	NewTotal  int64        `json:"newTotal"`
	Children  []*DiffFrame `json:"children,omitempty"` // largest of both first
}

// Delta is new less base.
func (f *DiffFrame) Delta() int64 { return f.NewTotal - f.BaseTotal }

// Comparison is what [Diff] gives.
type Comparison struct {
	Type      SampleType `json:"type"`
	BaseTotal int64      `json:"baseTotal"`
	NewTotal  int64      `json:"newTotal"`
	Count     int        `json:"count"` // rows before Options.Limit
	Rows      []DiffRow  `json:"rows"`  // largest change first
	Flame     *DiffFrame `json:"flame"`
}

// Diff compares two profiles with the same sample types, under the same
// options. Rows that did not change are left out. The error says why the two
// don't go together.
func Diff(base, next *Profile, o Options) (*Comparison, error) {
	if err := compatible(base, next); err != nil {
		return nil, err
	}
	if o.Type == "" {
		o.Type = next.DefaultType().Name
	}
	before, err := newStacks(base, o)
	if err != nil {
		return nil, err
	}
	after, err := newStacks(next, o)
	if err != nil {
		return nil, err
	}
	c := &Comparison{
		Type:      next.SampleTypes()[after.index],
		BaseTotal: before.total(),
		NewTotal:  after.total(),
	}
	if c.Rows, err = diffRows(base, next, o, c.BaseTotal); err != nil {
		return nil, err
	}
	c.Count = len(c.Rows)
	if o.Limit > 0 && len(c.Rows) > o.Limit {
		c.Rows = c.Rows[:o.Limit:o.Limit]
	}
	c.Flame = diffFrames(before.tree().frames(before.symbols), after.tree().frames(after.symbols), o.Granularity)
	return c, nil
}

func diffRows(base, next *Profile, o Options, total int64) ([]DiffRow, error) {
	limitless := o
	limitless.Limit = 0
	before, err := Top(base, limitless)
	if err != nil {
		return nil, err
	}
	after, err := Top(next, limitless)
	if err != nil {
		return nil, err
	}
	rows := make(map[symbolKey]*DiffRow, len(after.Rows))
	row := func(s Symbol) *DiffRow {
		key := keyOf(s, o.Granularity)
		r, ok := rows[key]
		if !ok {
			r = &DiffRow{Symbol: s}
			rows[key] = r
		}
		return r
	}
	for _, a := range after.Rows {
		r := row(a.Symbol)
		r.NewFlat, r.NewCum = r.NewFlat+a.Flat, r.NewCum+a.Cum
	}
	for _, b := range before.Rows {
		r := row(b.Symbol)
		r.BaseFlat, r.BaseCum = r.BaseFlat+b.Flat, r.BaseCum+b.Cum
	}
	out := make([]DiffRow, 0, len(rows))
	for _, r := range rows {
		r.Flat, r.Cum = r.NewFlat-r.BaseFlat, r.NewCum-r.BaseCum
		r.FlatPercent, r.CumPercent = percent(r.Flat, total), percent(r.Cum, total)
		if r.Flat != 0 || r.Cum != 0 {
			out = append(out, *r)
		}
	}
	slices.SortFunc(out, func(a, b DiffRow) int {
		return compareRows(Row{Symbol: a.Symbol, Flat: a.Flat, Cum: a.Cum}, Row{Symbol: b.Symbol, Flat: b.Flat, Cum: b.Cum}, o.Cum)
	})
	return out, nil
}

// keyOf tells symbols of two profiles apart: two builds of one function may
// start on different lines.
func keyOf(s Symbol, g Granularity) symbolKey {
	if g == ByLine {
		return symbolKey{name: s.Name, file: s.File, line: s.Line}
	}
	return symbolKey{name: s.Name}
}

// pair is one box of the joined tree, and the frames it is made of.
type pair struct {
	into       *DiffFrame
	base, next []*Frame
}

// children matches the children of both sides by symbol.
func (p pair) children(g Granularity) []*pair {
	found := make(map[symbolKey]*pair)
	var out []*pair
	child := func(f *Frame) *pair {
		key := keyOf(f.Symbol, g)
		c, ok := found[key]
		if !ok {
			c = &pair{into: &DiffFrame{Symbol: f.Symbol}}
			found[key] = c
			out = append(out, c)
		}
		return c
	}
	for _, f := range p.next {
		p.into.NewSelf, p.into.NewTotal = p.into.NewSelf+f.Self, p.into.NewTotal+f.Total
		for _, c := range f.Children {
			at := child(c)
			at.next = append(at.next, c)
		}
	}
	for _, f := range p.base {
		p.into.BaseSelf, p.into.BaseTotal = p.into.BaseSelf+f.Self, p.into.BaseTotal+f.Total
		for _, c := range f.Children {
			at := child(c)
			at.base = append(at.base, c)
		}
	}
	return out
}

// diffFrames joins two trees, without recursion.
func diffFrames(base, next *Frame, g Granularity) *DiffFrame {
	root := &DiffFrame{Symbol: Symbol{Name: Root}}
	for todo := []*pair{{root, []*Frame{base}, []*Frame{next}}}; len(todo) > 0; {
		at := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		for _, c := range at.children(g) {
			at.into.Children = append(at.into.Children, c.into)
			todo = append(todo, c)
		}
	}
	sortDiff(root)
	return root
}

func sortDiff(root *DiffFrame) {
	size := func(f *DiffFrame) int64 { return max(abs(f.BaseTotal), abs(f.NewTotal)) }
	for todo := []*DiffFrame{root}; len(todo) > 0; {
		f := todo[len(todo)-1]
		slices.SortFunc(f.Children, func(a, b *DiffFrame) int {
			return cmp.Or(cmp.Compare(size(b), size(a)), compareSymbols(a.Symbol, b.Symbol))
		})
		todo = append(todo[:len(todo)-1], f.Children...)
	}
}
