package profiling

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/google/pprof/profile"
)

// Edge is one caller or callee with the value of the stacks in which it calls,
// or is called by, the function looked at.
type Edge struct {
	Symbol
	Value   int64   `json:"value"`
	Percent float64 `json:"percent"` // of the function's Cum
}

// Neighbours is what [Peek] gives: a function, who called it and whom it called.
type Neighbours struct {
	Type    SampleType `json:"type"`
	Total   int64      `json:"total"` // of the whole profile, in Type.Unit
	Row     Row        `json:"row"`
	Callers []Edge     `json:"callers"` // largest first
	Callees []Edge     `json:"callees"` // largest first
}

// Peek shows the callers and callees of one function, line or file, by its full
// name or by the end of it ("scoreCandidates", "Catalog.Get") when only one row
// ends so. The error lists near names when there is none or more than one.
func Peek(p *Profile, name string, o Options) (*Neighbours, error) {
	o.Limit = 0
	table, err := Top(p, o)
	if err != nil {
		return nil, err
	}
	row, err := findRow(table.Rows, name)
	if err != nil {
		return nil, err
	}
	s, err := newStacks(p, o)
	if err != nil {
		return nil, err
	}
	target := int32(slices.Index(s.symbols, row.Symbol)) //nolint:gosec // Limits.Frames bounds symbols
	callers, callees := s.neighbours(target)
	return &Neighbours{
		Type:    table.Type,
		Total:   table.Total,
		Row:     row,
		Callers: s.edges(callers, row.Cum),
		Callees: s.edges(callees, row.Cum),
	}, nil
}

// neighbours sums the edges in and out of target; an edge counts once a stack,
// and a call of itself is no edge.
func (s *stacks) neighbours(target int32) (callers, callees map[int32]int64) {
	callers, callees = make(map[int32]int64), make(map[int32]int64)
	inSeen, outSeen := make(map[int32]bool), make(map[int32]bool)
	add := func(edges map[int32]int64, seen map[int32]bool, symbol int32, value int64) {
		if symbol != target && !seen[symbol] {
			seen[symbol] = true
			edges[symbol] += value
		}
	}
	s.each(func(frames []stackFrame, value int64, _ *profile.Sample) {
		clear(inSeen)
		clear(outSeen)
		for i, f := range frames {
			if f.symbol != target {
				continue
			}
			if i > 0 {
				add(callees, outSeen, frames[i-1].symbol, value)
			}
			if i < len(frames)-1 {
				add(callers, inSeen, frames[i+1].symbol, value)
			}
		}
	})
	return callers, callees
}

func (s *stacks) edges(sums map[int32]int64, cum int64) []Edge {
	edges := make([]Edge, 0, len(sums))
	for symbol, value := range sums {
		edges = append(edges, Edge{Symbol: s.symbols[symbol], Value: value, Percent: percent(value, cum)})
	}
	slices.SortFunc(edges, func(a, b Edge) int {
		return cmp.Or(cmp.Compare(abs(b.Value), abs(a.Value)), compareSymbols(a.Symbol, b.Symbol))
	})
	return edges
}

func compareSymbols(a, b Symbol) int {
	return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line))
}

// findRow finds the one row a name means.
func findRow(rows []Row, name string) (Row, error) {
	var ends, near []Row
	for _, r := range rows {
		switch {
		case r.Name == name:
			return r, nil
		case name != "" && (strings.HasSuffix(r.Name, "."+name) || strings.HasSuffix(r.Name, "/"+name)):
			ends = append(ends, r)
		case name != "" && strings.Contains(strings.ToLower(r.Name), strings.ToLower(name)):
			near = append(near, r)
		}
	}
	switch {
	case len(ends) == 1:
		return ends[0], nil
	case len(ends) > 1:
		return Row{}, fmt.Errorf("%q could be any of %s: give the full name", name, names(ends))
	case len(near) > 0:
		return Row{}, fmt.Errorf("no %q in the profile: near it are %s", name, names(near))
	case len(rows) > 0:
		return Row{}, fmt.Errorf("no %q in the profile: the largest are %s", name, names(rows))
	}
	return Row{}, fmt.Errorf("no %q: the profile holds nothing under these filters", name)
}

// names lists the first few rows' names for an error.
func names(rows []Row) string {
	var list []string
	for _, r := range rows[:min(len(rows), 5)] {
		list = append(list, r.Name)
	}
	if len(rows) > len(list) {
		list = append(list, "…")
	}
	return strings.Join(list, ", ")
}
