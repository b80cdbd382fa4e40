package bench

import (
	"fmt"
	"math"
	"strings"
)

// Goal is one row of the table: what a figure of one system is to be.
type Goal struct {
	What         string
	Cell, System string
	Figure       string
	Unit         string
	Bounds       []Bound
}

// Bound is one condition of a goal: at most or at least so much, or so many times another system's figure, or so much more.
type Bound struct {
	AtLeast bool
	Value   float64
	Than    string // the other system; empty for the figure itself
	More    bool   // Value is added to the other system's figure
}

func most(value float64) Bound                 { return Bound{Value: value} }
func atMost(value float64, than string) Bound  { return Bound{Value: value, Than: than} }
func atLeast(value float64, than string) Bound { return Bound{Value: value, Than: than, AtLeast: true} }

func atMostMore(value float64, than string) Bound {
	return Bound{Value: value, Than: than, More: true}
}

// String is how a table says it.
func (b Bound) String() string {
	sign := "≤"
	if b.AtLeast {
		sign = "≥"
	}
	if b.Than == "" {
		return sign + " " + short(b.Value)
	}
	if b.More {
		return fmt.Sprintf("%s %s + %s", sign, b.Than, short(b.Value))
	}
	return fmt.Sprintf("%s %s × %s", sign, short(b.Value), b.Than)
}

// holds reports whether a figure or a ratio keeps the bound. What was not measured does not.
func (b Bound) holds(value float64) bool {
	if b.AtLeast {
		return value >= b.Value
	}
	return value <= b.Value
}

// Row is a goal with what came of it.
type Row struct {
	What   string             `json:"what"`
	Goal   string             `json:"goal"`
	Unit   string             `json:"unit,omitempty"`
	Ours   *float64           `json:"ours"`             // median over the rounds; nil if there is none
	Ratios map[string]float64 `json:"ratios,omitempty"` // to other systems, by name
	Met    bool               `json:"met"`
}

// judge makes a row of a goal and of the samples of its cell.
func (g Goal) judge(s Samples) Row {
	of := s[g.Cell]
	row := Row{What: g.What, Unit: g.Unit, Ratios: map[string]float64{}, Met: true}
	ours := of.figure(g.System, g.Figure)
	if m := median(ours); !math.IsNaN(m) {
		row.Ours = &m
	}
	for system := range of {
		if system == g.System {
			continue
		}
		if r := ratio(ours, of.figure(system, g.Figure)); !math.IsNaN(r) {
			row.Ratios[system] = r
		}
	}
	var says []string
	for _, b := range g.Bounds {
		says = append(says, b.String())
		value, measured := row.Ratios[b.Than]
		switch {
		case b.More:
			value = median(ours) - median(of.figure(b.Than, g.Figure))
			measured = !math.IsNaN(value)
		case b.Than == "":
			value, measured = median(ours), true
		}
		row.Met = row.Met && measured && b.holds(value)
	}
	row.Goal = strings.Join(says, ", ")
	return row
}

// Samples are the figures found, by cell.
type Samples map[string]Rounds

// Rounds are the figures of one cell, by system, one for each round; nil where a visit failed.
type Rounds map[string][]Figures

// figure is one figure of a system over the rounds; NaN where there is none.
func (r Rounds) figure(system, name string) []float64 {
	var out []float64
	for _, f := range r[system] {
		value, ok := f[name]
		if !ok {
			value = math.NaN()
		}
		out = append(out, value)
	}
	return out
}
