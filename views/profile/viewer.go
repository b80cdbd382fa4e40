package profile

import (
	"context"
	"regexp"
	"slices"

	tea "charm.land/bubbletea/v2"

	"github.com/microtop/microtop/profiling"
	"github.com/microtop/microtop/tui"
	"github.com/microtop/microtop/tui/flame"
	"github.com/microtop/microtop/tui/match"
	"github.com/microtop/microtop/tui/pager"
	"github.com/microtop/microtop/tui/paint"
	"github.com/microtop/microtop/tui/pane"
	"github.com/microtop/microtop/tui/safetext"
	"github.com/microtop/microtop/tui/table"
	"github.com/microtop/microtop/views/show"
)

// tab is one way to look at a profile.
type tab int

const (
	onTop tab = iota
	onFlame
	onGroups
)

// viewer is the screen that shows a capture.
type viewer struct {
	env   env
	scope tui.Scope
	pens  *paint.Pens
	opens opened
	wake  *tui.Feed[struct{}] // the question changed where no command can be returned

	data    *data
	problem error
	asked   question // by the user
	working bool
	look    *look

	tab    tab
	top    *table.Table
	groups *table.Table
	flame  *flame.Flame
	detail *pager.Pager
	title  safetext.Line // of the detail that is open, empty for none
	stack  *pager.Pager  // of the group under the cursor
	group  string        // whose stack it is
}

var (
	_ tui.Screen   = (*viewer)(nil)
	_ tui.Filterer = (*viewer)(nil)
	_ tui.Typist   = (*viewer)(nil)
	_ tui.Escaper  = (*viewer)(nil)
	_ tui.Cursorer = (*viewer)(nil)
)

type (
	// loaded brings the captures.
	loaded struct {
		data *data
		err  error
	}
	// peeked brings the callers and callees of a function.
	peeked struct {
		title safetext.Line
		text  safetext.Block
		err   error
	}
)

func newViewer(ctx context.Context, e env, o opened) *viewer {
	v := &viewer{env: e, scope: tui.NewScope(ctx), pens: paint.NewPens(e.theme), opens: o, wake: tui.NewFeed[struct{}](1)}
	v.flame = flame.New(flame.Options{Theme: e.theme, Diff: o.base != "", Format: v.format, Empty: safetext.CleanBlock("nothing to draw")})
	v.top = table.New(table.Options{Theme: e.theme, Columns: topColumns(o.base != "")})
	v.groups = table.New(table.Options{Theme: e.theme, Columns: groupColumns(), Empty: safetext.CleanBlock("no goroutines")})
	v.detail = pager.New(pager.Options{Theme: e.theme})
	v.stack = pager.New(pager.Options{Theme: e.theme})
	v.top.SetEmpty(safetext.CleanBlock("reading the capture …"))
	return v
}

// format writes a cost in the unit that is shown.
func (v *viewer) format(cost int64) string {
	if v.look == nil {
		return ""
	}
	return profiling.FormatValue(cost, v.look.unit)
}

// Init implements [tui.Screen].
func (v *viewer) Init() tea.Cmd {
	dir, o := v.env.dir, v.opens
	return tea.Batch(v.wake.Next(v.scope.Context()), v.scope.Cmd(func(context.Context) tea.Msg {
		d, err := read(dir, o)
		return loaded{d, err}
	}))
}

// Title implements [tui.Screen].
func (v *viewer) Title() safetext.Line {
	switch {
	case v.opens.base != "":
		return safetext.Literal("diff")
	case len(v.opens.ids) > 1:
		return safetext.Format("%d merged", len(v.opens.ids))
	case v.data != nil:
		m := v.data.entries[0].Meta
		return safetext.Format("%s of %s %s", m.Kind, m.Service, show.Short(m.Service, m.Node))
	}
	return safetext.Clean(v.opens.ids[0])
}

// Close implements [tui.Screen].
func (v *viewer) Close() { v.scope.Close() }

// Update implements [tui.Screen].
func (v *viewer) Update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case loaded:
		return v.onLoaded(msg)
	case *look:
		return v.onLook(msg)
	case tui.Batch[struct{}]:
		return tea.Batch(v.ask(), v.wake.Next(v.scope.Context()))
	case peeked:
		if msg.err != nil {
			return tui.Fail(msg.err)
		}
		v.title = msg.title
		v.detail.SetBlock(msg.text, pager.Text)
		return nil
	case tea.MouseMsg:
		if inner, ok := (pane.Area{Y: 1, W: 1 << 16, H: 1 << 16}).In(msg); ok {
			v.toWidget(inner)
		}
		return nil
	}
	v.toWidget(msg)
	return nil
}

func (v *viewer) toWidget(msg tea.Msg) {
	switch {
	case !v.title.Empty():
		v.detail.Update(msg)
	case v.tab == onFlame:
		v.flame.Update(msg)
	case v.tab == onGroups:
		v.groups.Update(msg)
	default:
		v.top.Update(msg)
	}
}

func (v *viewer) onLoaded(msg loaded) tea.Cmd {
	if msg.err != nil {
		v.problem = msg.err
		v.top.SetEmpty(safetext.BlockOf(safetext.Literal("the capture cannot be shown"), safetext.Clean(msg.err.Error())))
		return nil
	}
	v.data = msg.data
	v.tab = onTop
	if v.data.profile.Kind == profiling.Goroutine && v.opens.base == "" {
		v.tab = onGroups
	}
	return v.ask()
}

// ask works out what the user asked for, one question at a time: the last one counts.
func (v *viewer) ask() tea.Cmd {
	if v.data == nil || v.working || v.look != nil && v.look.question == v.asked {
		return nil
	}
	v.working = true
	d, q := v.data, v.asked
	return v.scope.Cmd(func(ctx context.Context) tea.Msg { return answer(ctx, d, q) })
}

func (v *viewer) onLook(l *look) tea.Cmd {
	v.working = false
	if l.err != nil {
		if v.look == nil {
			v.problem = l.err
			v.top.SetEmpty(safetext.BlockOf(safetext.Literal("the capture cannot be shown"), safetext.Clean(l.err.Error())))
			return nil
		}
		if v.asked == l.question {
			v.asked = v.look.question // what is shown stays
		}
		return tea.Batch(tui.Fail(l.err), v.ask())
	}
	v.look = l
	v.top.SetEmpty(safetext.BlockOf(safetext.Literal("nothing here"), safetext.Literal("esc takes the focus away, p shows the runtime and the standard library too")))
	v.top.SetSource(l.top)
	v.groups.SetSource(l.groups)
	v.flame.SetRoot(l.root)
	v.group = ""
	return v.ask()
}

// SetFilter implements [tui.Filterer]: a focus in tables, a search in the flame graph.
func (v *viewer) SetFilter(text string) error {
	switch {
	case !v.title.Empty():
		return v.detail.SetSearch(text)
	case v.tab == onFlame:
		return v.flame.SetSearch(text)
	}
	if len(text) > match.MaxExpr {
		text = text[:match.MaxExpr]
	}
	if _, err := compile(text); err != nil {
		return err
	}
	v.asked.focus = text
	v.wake.Push(struct{}{})
	return nil
}

// Filter implements [tui.Filterer].
func (v *viewer) Filter() tui.Filter {
	switch {
	case !v.title.Empty():
		return tui.Filter{Text: safetext.Clean(v.detail.Search())}
	case v.tab == onFlame:
		return tui.Filter{Text: safetext.Clean(v.flame.Search())}
	}
	return tui.Filter{Text: safetext.Clean(v.asked.focus)}
}

// Typing is while a table asks by which column to sort: all keys are its own.
func (v *viewer) Typing() bool { return v.shownTable() != nil && v.shownTable().Modal() }

// shownTable is the table on the screen, nil when there is none.
func (v *viewer) shownTable() *table.Table {
	switch {
	case !v.title.Empty() || v.tab == onFlame:
		return nil
	case v.tab == onGroups:
		return v.groups
	}
	return v.top
}

// Escape implements [tui.Escaper].
func (v *viewer) Escape() bool {
	esc := tea.KeyPressMsg{Code: tea.KeyEscape}
	switch t := v.shownTable(); {
	case !v.title.Empty() && v.detail.Escapes():
		v.detail.Update(esc)
	case !v.title.Empty():
		v.title = safetext.Line{}
	case t == nil && v.flame.Escapes():
		v.flame.Update(esc)
	case t != nil && t.Escapes():
		t.Update(esc)
	default:
		return false
	}
	return true
}

// tabs are the ways there are to look at the profile.
func (v *viewer) tabs() []tab {
	if v.data != nil && v.data.profile.Kind == profiling.Goroutine && v.opens.base == "" {
		return []tab{onGroups, onTop, onFlame}
	}
	return []tab{onTop, onFlame}
}

func (v *viewer) turn(step int) func() tea.Cmd {
	return func() tea.Cmd {
		tabs := v.tabs()
		i := max(slices.Index(tabs, v.tab), 0)
		v.tab = tabs[(i+step+len(tabs))%len(tabs)]
		v.title = safetext.Line{}
		return nil
	}
}

// symbol is the function under the cursor.
func (v *viewer) symbol() (profiling.Symbol, bool) {
	if v.tab == onFlame && v.flame.Selected() != nil {
		return profiling.Symbol{Name: v.flame.Selected().Name.String()}, true
	}
	r, ok := v.top.Selected()
	if !ok || v.tab != onTop {
		return profiling.Symbol{}, false
	}
	switch item := r.Item.(type) {
	case profiling.Row:
		return item.Symbol, true
	case profiling.DiffRow:
		return item.Symbol, true
	}
	return profiling.Symbol{}, false
}

// highlight shows the function under the cursor in the flame graph.
func (v *viewer) highlight() tea.Cmd {
	s, ok := v.symbol()
	if !ok {
		return nil
	}
	v.tab = onFlame
	name := safetext.Clean(s.Name).String() // as the graph has it
	if err := v.flame.SetSearch("(?-i)^" + regexp.QuoteMeta(name) + "$"); err != nil {
		return tui.Say(tui.Warn, safetext.Literal("the name is too long to look for"))
	}
	return nil
}

// peek shows who calls the function under the cursor and whom it calls.
func (v *viewer) peek() tea.Cmd {
	s, ok := v.symbol()
	if !ok || v.data == nil {
		return nil
	}
	p, q := v.data.profile, v.look.question
	return v.scope.Cmd(func(context.Context) tea.Msg {
		o, err := q.options()
		if err != nil {
			return peeked{err: err}
		}
		n, err := profiling.Peek(p, s.Name, o)
		if err != nil {
			return peeked{err: err}
		}
		return peeked{title: safetext.Clean(s.Name), text: neighbours(n)}
	})
}

// neighbours writes callers, the function, callees.
func neighbours(n *profiling.Neighbours) safetext.Block {
	lines := []safetext.Line{symbol(n.Row.Symbol)}
	line := func(value int64, share float64, s profiling.Symbol) {
		lines = append(lines, safetext.Join("  ", safetext.Clean(profiling.FormatValue(value, n.Type.Unit)).PadLeft(12), safetext.Clean(percent(share)).PadLeft(6), symbol(s)))
	}
	lines = append(lines, safetext.Line{}, safetext.Literal("flat and with what it calls"))
	line(n.Row.Flat, n.Row.FlatPercent, n.Row.Symbol)
	line(n.Row.Cum, n.Row.CumPercent, n.Row.Symbol)
	lines = append(lines, safetext.Line{}, safetext.Format("called by %d", len(n.Callers)))
	for _, e := range n.Callers {
		line(e.Value, e.Percent, e.Symbol)
	}
	lines = append(lines, safetext.Line{}, safetext.Format("calls %d", len(n.Callees)))
	for _, e := range n.Callees {
		line(e.Value, e.Percent, e.Symbol)
	}
	return safetext.BlockOf(lines...)
}
