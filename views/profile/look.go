package profile

import (
	"bytes"
	"context"
	"fmt"
	"regexp"
	"strconv"

	"github.com/microtop/microtop/profiling"
	"github.com/microtop/microtop/tui/flame"
	"github.com/microtop/microtop/tui/safetext"
	"github.com/microtop/microtop/tui/table"
)

const (
	// topRows is how many rows of a top are shown.
	topRows = 5000
	// groupRows is how many groups of goroutines are shown.
	groupRows = 5000
	// smallest is the share of the whole below which a box of a flame graph is left out: no
	// screen is 5,000 cells wide.
	smallest = 5000
)

// data is what the viewer was opened on.
type data struct {
	entries []profiling.Entry // one, or those merged
	base    *profiling.Entry  // of a comparison
	profile *profiling.Profile
	before  *profiling.Profile // the base's
}

// read reads and parses captures: not for Update.
func read(dir string, o opened) (*data, error) {
	return stored(dir, func(s *profiling.Store) (*data, error) {
		d := &data{}
		var profiles []*profiling.Profile
		for _, id := range o.ids {
			e, p, err := readOne(s, id)
			if err != nil {
				return nil, err
			}
			d.entries, profiles = append(d.entries, e), append(profiles, p)
		}
		var err error
		if d.profile = profiles[0]; len(profiles) > 1 {
			if d.profile, err = profiling.Merge(profiles); err != nil {
				return nil, err
			}
		}
		if o.base != "" {
			e, p, err := readOne(s, o.base)
			if err != nil {
				return nil, err
			}
			d.base, d.before = &e, p
		}
		return d, nil
	})
}

func readOne(s *profiling.Store, id string) (profiling.Entry, *profiling.Profile, error) {
	e, raw, err := s.Open(id)
	if err != nil {
		return e, nil, err
	}
	if e.Meta.Kind == profiling.Trace {
		return e, nil, fmt.Errorf("an execution trace opens in Go's own viewer: %s", profiling.OpenCommand(e.Meta.Kind, e.File))
	}
	p, err := parse(raw)
	if err != nil {
		return e, nil, fmt.Errorf("%s: %w", id, err)
	}
	p.Kind = e.Meta.Kind // a mutex profile looks like a block profile
	return e, p, nil
}

// question is how to look at the data.
type question struct {
	kind    string // sample type; "" is the default
	focus   string // expression
	project bool
}

// look is what there is to see for a question.
type look struct {
	question
	unit   string
	total  int64
	base   int64 // a comparison's other total
	count  int   // rows before the limit
	top    table.Rows
	root   *flame.Node
	left   int // small boxes left out of the flame graph
	groups table.Rows
	err    error
}

// options are the question in profiling's words.
func (q question) options() (profiling.Options, error) {
	o := profiling.Options{Type: q.kind, Project: q.project, Limit: topRows}
	var err error
	o.Focus, err = compile(q.focus)
	return o, err
}

// compile reads a focus: letters in lower case match both cases.
func compile(focus string) (*regexp.Regexp, error) {
	if focus == "" {
		return nil, nil
	}
	return profiling.CompilePattern("focus", "(?i)"+focus)
}

// answer works a question out. It may take a while: not for Update.
func answer(_ context.Context, d *data, q question) *look {
	l := &look{question: q}
	o, err := q.options()
	switch {
	case err != nil:
		l.err = err
	case d.before != nil:
		l.compare(d, o)
	default:
		l.single(d, o)
	}
	return l
}

func (l *look) single(d *data, o profiling.Options) {
	top, err := profiling.Top(d.profile, o)
	if err != nil {
		l.err = err
		return
	}
	l.unit, l.total, l.count = top.Type.Unit, top.Total, top.Count
	for i, r := range top.Rows {
		l.top = append(l.top, table.Row{ID: rowID(i, r.Symbol), Version: 1, Item: r, Cells: []safetext.Line{
			l.value(r.Flat), safetext.Clean(percent(r.FlatPercent)), safetext.Clean(percent(r.SumPercent)),
			l.value(r.Cum), safetext.Clean(percent(r.CumPercent)), safetext.Clean(r.Name),
		}})
	}
	root, err := profiling.Flame(d.profile, o)
	if err != nil {
		l.err = err
		return
	}
	l.root, l.left = grow(root, size(root.Total)/smallest, shape[*profiling.Frame]{
		node: func(f *profiling.Frame) flame.Node {
			return flame.Node{Name: safetext.Clean(f.Name), Self: f.Self, Total: f.Total, Group: f.Package}
		},
		children: func(f *profiling.Frame) []*profiling.Frame { return f.Children },
		weight:   func(f *profiling.Frame) int64 { return size(f.Total) },
	})
	if d.profile.Kind == profiling.Goroutine {
		l.goroutines(d.profile, o)
	}
}

func (l *look) compare(d *data, o profiling.Options) {
	c, err := profiling.Diff(d.before, d.profile, o)
	if err != nil {
		l.err = err
		return
	}
	l.unit, l.total, l.base, l.count = c.Type.Unit, c.NewTotal, c.BaseTotal, c.Count
	for i, r := range c.Rows {
		l.top = append(l.top, table.Row{ID: rowID(i, r.Symbol), Version: 1, Item: r, Cells: []safetext.Line{
			l.signed(r.Flat), safetext.Clean(percent(r.FlatPercent)), l.signed(r.Cum), safetext.Clean(percent(r.CumPercent)),
			l.value(r.BaseCum), l.value(r.NewCum), safetext.Clean(r.Name),
		}})
	}
	l.root, l.left = grow(c.Flame, max(size(c.NewTotal), size(c.BaseTotal))/smallest, shape[*profiling.DiffFrame]{
		node: func(f *profiling.DiffFrame) flame.Node {
			return flame.Node{Name: safetext.Clean(f.Name), Self: f.NewSelf, Total: f.NewTotal, Delta: f.Delta(), Group: f.Package}
		},
		children: func(f *profiling.DiffFrame) []*profiling.DiffFrame { return f.Children },
		weight:   func(f *profiling.DiffFrame) int64 { return max(size(f.NewTotal), size(f.BaseTotal)) },
	})
}

func (l *look) goroutines(p *profiling.Profile, o profiling.Options) {
	o.Limit = groupRows
	groups, err := profiling.GoroutineGroups(p, o)
	if err != nil {
		l.err = err
		return
	}
	for i, g := range groups {
		l.groups = append(l.groups, table.Row{ID: strconv.Itoa(i), Version: 1, Item: g, Cells: []safetext.Line{
			safetext.Clean(strconv.FormatInt(g.Count, 10)), safetext.Clean(g.Wait), own(g.Stack), safetext.Clean(strconv.Itoa(len(g.Stack))),
		}})
	}
}

// own is the first function of a stack that is neither the runtime's nor the standard
// library's: where the program waits, as its people know it.
func own(stack []profiling.Symbol) safetext.Line {
	for _, s := range stack {
		if !profiling.IsStandard(profiling.PackageOf(s.Name)) {
			return symbol(s)
		}
	}
	if len(stack) > 0 {
		return symbol(stack[0])
	}
	return safetext.Literal("(no stack)")
}

// symbol is a function with its place.
func symbol(s profiling.Symbol) safetext.Line {
	if s.File == "" {
		return safetext.Clean(s.Name)
	}
	return safetext.Format("%s  %s", s.Name, where(s))
}

// where is a function's file, and line where that is known.
func where(s profiling.Symbol) string {
	if s.Line == 0 {
		return s.File
	}
	return s.File + ":" + strconv.FormatInt(s.Line, 10)
}

func rowID(i int, s profiling.Symbol) string { return s.Name + "\x00" + strconv.Itoa(i) }

func (l *look) value(v int64) safetext.Line { return safetext.Clean(profiling.FormatValue(v, l.unit)) }

// signed is a change with its sign: colour only repeats it.
func (l *look) signed(v int64) safetext.Line {
	if v > 0 {
		return safetext.Clean("+" + profiling.FormatValue(v, l.unit))
	}
	return l.value(v)
}

func size(v int64) int64 {
	if v < 0 {
		return -v
	}
	return v
}

// shape is how grow reads another tree.
type shape[F any] struct {
	node     func(F) flame.Node
	children func(F) []F
	weight   func(F) int64
}

// grow makes a flame graph's tree of another, without recursion and without boxes below
// least; it tells how many those were.
func grow[F any](root F, least int64, of shape[F]) (*flame.Node, int) {
	type todo struct {
		from F
		into *flame.Node
	}
	top := new(flame.Node)
	left := 0
	for stack := []todo{{root, top}}; len(stack) > 0; {
		at := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		*at.into = of.node(at.from)
		for _, c := range of.children(at.from) {
			if of.weight(c) < least {
				left++
				continue
			}
			child := new(flame.Node)
			at.into.Children = append(at.into.Children, child)
			stack = append(stack, todo{c, child})
		}
	}
	return top, left
}

// parse reads pprof's bytes within the usual limits.
func parse(raw []byte) (*profiling.Profile, error) {
	return profiling.Parse(bytes.NewReader(raw), profiling.Limits{})
}
