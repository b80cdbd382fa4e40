package profile

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/microtop/microtop/profiling"
	"github.com/microtop/microtop/tui"
	"github.com/microtop/microtop/tui/paint"
	"github.com/microtop/microtop/tui/safetext"
	"github.com/microtop/microtop/tui/scroll"
	"github.com/microtop/microtop/views/show"
)

// lengths are how long one can watch.
var lengths = []time.Duration{time.Second, 5 * time.Second, 10 * time.Second, 20 * time.Second, 30 * time.Second, time.Minute, 2 * time.Minute, 5 * time.Minute}

// form is the screen that captures: what to capture, then how it goes.
type form struct {
	env     env
	scope   tui.Scope
	pens    *paint.Pens
	about   safetext.Line
	find    func(context.Context) ([]profiling.Target, error)
	targets []profiling.Target
	problem error
	found   bool

	kind   int // in profiling.Kinds
	length int // in lengths

	feed    *tui.Feed[step]
	flight  int
	cancel  context.CancelFunc // of what runs, else nil
	nodes   []profiling.Progress
	outcome []outcome // when it ended
	window  scroll.Window
}

var (
	_ tui.Screen   = (*form)(nil)
	_ tui.Escaper  = (*form)(nil)
	_ tui.Busy     = (*form)(nil)
	_ tui.Cursorer = (*form)(nil)
)

// step is how far one node of capture number flight is.
type step struct {
	flight   int
	progress profiling.Progress
}

// outcome is what became of one node's capture.
type outcome struct {
	node  profiling.Progress
	entry profiling.Entry
	total int64  // of what the kind is about: CPU time, heap in use
	sum   string // total in words, "" of a trace
	err   error
}

type (
	// ready brings the nodes.
	ready struct {
		targets []profiling.Target
		err     error
	}
	// captured brings the end of capture number flight.
	captured struct {
		flight   int
		outcomes []outcome
	}
)

func newForm(ctx context.Context, e env, about safetext.Line, find func(context.Context) ([]profiling.Target, error)) *form {
	return &form{env: e, scope: tui.NewScope(ctx), pens: paint.NewPens(e.theme), about: about, find: find, length: 2, feed: tui.NewFeed[step](4096)}
}

// Init implements [tui.Screen].
func (f *form) Init() tea.Cmd {
	return tea.Batch(f.feed.Next(f.scope.Context()), f.look())
}

func (f *form) look() tea.Cmd {
	find := f.find
	return f.scope.Cmd(func(ctx context.Context) tea.Msg {
		targets, err := find(ctx)
		return ready{targets, err}
	})
}

// Title implements [tui.Screen].
func (f *form) Title() safetext.Line { return safetext.Format("profile %s", f.about) }

// Close implements [tui.Screen].
func (f *form) Close() { f.scope.Close() }

// Update implements [tui.Screen].
func (f *form) Update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case ready:
		f.found, f.targets, f.problem = true, msg.targets, msg.err
	case tui.Batch[step]:
		for _, s := range msg.Items {
			if s.flight == f.flight && f.outcome == nil && s.progress.Index < len(f.nodes) {
				f.nodes[s.progress.Index] = s.progress
			}
		}
		return f.feed.Next(f.scope.Context())
	case captured:
		return f.onCaptured(msg)
	case tea.KeyPressMsg:
		f.key(msg)
	case tea.MouseWheelMsg:
		rows, _ := scroll.OfWheel(msg)
		f.move(rows)
	}
	return nil
}

func (f *form) key(k tea.KeyPressMsg) {
	switch scroll.Of(k) {
	case scroll.Down:
		f.move(1)
	case scroll.Up:
		f.move(-1)
	case scroll.Home:
		f.move(-1 << 20)
	case scroll.End:
		f.move(1 << 20)
	case scroll.PageDown, scroll.HalfDown:
		f.move(10)
	case scroll.PageUp, scroll.HalfUp:
		f.move(-10)
	case scroll.None, scroll.Left, scroll.Right:
		switch k.String() {
		case "right", "l", "+":
			f.length = min(f.length+1, len(lengths)-1)
		case "left", "h", "-":
			f.length = max(f.length-1, 0)
		}
	}
}

// move moves in the kinds, or in the nodes once it runs.
func (f *form) move(n int) {
	if f.nodes == nil {
		f.kind = min(max(f.kind+n, 0), len(profiling.Kinds())-1)
		return
	}
	f.window.To(f.window.Cursor + n)
}

func (f *form) chosenKind() profiling.Kind { return profiling.Kinds()[f.kind] }

// start captures from all nodes at once. What was cancelled is not kept.
func (f *form) start() tea.Cmd {
	ctx, cancel := context.WithCancel(f.scope.Context())
	f.flight++
	f.cancel, f.outcome = cancel, nil
	f.nodes = make([]profiling.Progress, len(f.targets))
	f.window = scroll.Window{}
	o := profiling.CaptureOptions{Kind: f.chosenKind(), Duration: lengths[f.length]}
	for i, t := range f.targets {
		f.nodes[i] = profiling.Progress{Index: i, Target: t, State: profiling.Waiting, Duration: o.Duration}
	}
	flight, feed, targets, dir := f.flight, f.feed, slices.Clone(f.targets), f.env.dir
	o.Progress = func(p profiling.Progress) { feed.Push(step{flight, p}) }
	return f.scope.Cmd(func(context.Context) tea.Msg {
		defer cancel()
		results := profiling.Capture(ctx, targets, o)
		if ctx.Err() != nil {
			return nil
		}
		return captured{flight, save(dir, results)}
	})
}

// save keeps what was captured.
func save(dir string, results []profiling.Result) []outcome {
	out := make([]outcome, len(results))
	_, err := stored(dir, func(s *profiling.Store) (any, error) {
		for i, r := range results {
			if out[i].err = r.Err; r.Err == nil {
				out[i].entry, out[i].err = s.Save(r.Meta, r.Data)
				out[i].total, out[i].sum = sum(r)
			}
		}
		return nil, nil
	})
	for i := range out {
		if out[i].err == nil && err != nil {
			out[i].err = err
		}
	}
	return out
}

// sum is what a profile adds up to, and that in words.
func sum(r profiling.Result) (int64, string) {
	if r.Meta.Kind == profiling.Trace {
		return 0, ""
	}
	p, err := parse(r.Data)
	if err != nil {
		return 0, ""
	}
	p.Kind = r.Meta.Kind
	total := p.Total("")
	return total, profiling.FormatValue(total, p.DefaultType().Unit)
}

// rank puts the node with the most first and those that failed last: of many nodes, which is it?
func (f *form) rank() {
	for i := range f.outcome {
		f.outcome[i].node = f.nodes[i]
	}
	slices.SortStableFunc(f.outcome, func(a, b outcome) int {
		return cmp.Or(cmp.Compare(failed(a.err), failed(b.err)), cmp.Compare(b.total, a.total))
	})
	for i, o := range f.outcome {
		f.nodes[i] = o.node
	}
	f.window = scroll.Window{}
}

func failed(err error) int {
	if err != nil {
		return 1
	}
	return 0
}

func (f *form) onCaptured(msg captured) tea.Cmd {
	if msg.flight != f.flight || f.cancel == nil {
		return nil
	}
	f.cancel()
	f.cancel = nil
	f.outcome = msg.outcomes
	f.rank()
	ids := f.saved()
	switch {
	case len(ids) == 0:
		return f.did(tui.Bad, safetext.Literal("no profile was captured"))
	case len(ids) < len(msg.outcomes):
		return f.did(tui.Warn, safetext.Format("%d of %d profiles saved", len(ids), len(msg.outcomes)))
	case len(ids) == 1 && f.chosenKind() != profiling.Trace:
		return tea.Batch(f.did(tui.Good, safetext.Literal("profile saved")), f.open())
	}
	return f.did(tui.Good, safetext.Format("%d saved", len(ids)))
}

// did says how a capture went, with the command that makes it again where the nodes are one, or all of one service.
func (f *form) did(level tui.Level, text safetext.Line) tea.Cmd {
	d := tui.Did{Level: level, Text: text}
	if len(f.targets) == 0 {
		return tui.Do(d)
	}
	args := append([]string{"microtop", "profile"}, f.env.flags...)
	args = append(args, f.targets[0].Service, "--kind", string(f.chosenKind()), "--seconds", strconv.Itoa(int(lengths[f.length].Seconds())))
	if len(f.targets) == 1 {
		args = append(args, "--node", f.targets[0].Node)
	}
	if !slices.ContainsFunc(f.targets, func(t profiling.Target) bool { return t.Service != f.targets[0].Service }) {
		d.Command = show.Command(args...)
	}
	return tui.Do(d)
}

// saved are the ids of what was kept.
func (f *form) saved() []string {
	var ids []string
	for _, o := range f.outcome {
		if o.err == nil {
			ids = append(ids, o.entry.ID)
		}
	}
	return ids
}

// open shows what was captured: of several nodes their sum.
func (f *form) open() tea.Cmd {
	if f.chosenKind() == profiling.Trace {
		return tui.Do(tui.Open{Name: "profile"})
	}
	return tui.Do(tui.Open{Name: "top", With: opened{ids: f.saved()}})
}

// openOne shows the capture of the node under the cursor.
func (f *form) openOne() tea.Cmd {
	if f.chosenKind() == profiling.Trace {
		return f.open()
	}
	return tui.Do(tui.Open{Name: "top", With: opened{ids: []string{f.outcome[f.window.Cursor].entry.ID}}})
}

// Actions implements [tui.Screen].
func (f *form) Actions() []tui.Action {
	list := []tui.Action{{ID: "capture.start", Keys: []string{"enter"}, Name: "capture", Help: "capture from all these nodes at once", Disabled: f.cannotStart, Run: f.start}}
	switch {
	case f.cancel != nil:
		list = []tui.Action{{ID: "capture.cancel", Keys: []string{"x"}, Name: "cancel", Help: "stop; nothing is kept", Run: func() tea.Cmd { f.Cancel(); return nil }}}
	case f.outcome != nil:
		list = []tui.Action{
			{ID: "capture.open", Keys: []string{"enter"}, Name: "open", Help: "show it; of several nodes their sum", Disabled: f.nothingSaved, Run: f.open},
			{ID: "capture.one", Keys: []string{"o"}, Name: "only this", Help: "show that of the node under the cursor", Disabled: f.notOne, Run: f.openOne},
			{ID: "capture.again", Keys: []string{"."}, Name: "again", Help: "capture the same once more", Run: f.start},
		}
	default:
		list = append(list,
			tui.Action{ID: "capture.longer", Keys: []string{"right"}, Name: "longer", Help: "watch for longer"},
			tui.Action{ID: "capture.shorter", Keys: []string{"left"}, Name: "shorter", Help: "watch for a shorter time"},
		)
	}
	return append(append(list,
		tui.Action{ID: "capture.list", Keys: []string{"c"}, Name: "captures", Help: "the captures on disk", Run: func() tea.Cmd { return tui.Do(tui.Open{Name: "profile"}) }},
		tui.Action{ID: "capture.refresh", Keys: []string{"r"}, Name: "refresh", Help: "look the nodes up again", Run: f.look, Hidden: true},
	), tui.Moving()...)
}

func (f *form) cannotStart() string {
	switch {
	case f.problem != nil:
		return "no nodes: " + strings.TrimSpace(f.problem.Error())
	case !f.found:
		return "the nodes are being looked up"
	case len(f.targets) == 0:
		return "there are no nodes"
	}
	return ""
}

func (f *form) nothingSaved() string {
	if len(f.saved()) == 0 {
		return "nothing was captured"
	}
	return ""
}

func (f *form) notOne() string {
	if at := f.window.Cursor; at >= len(f.outcome) || f.outcome[at].err != nil {
		return "this node gave no profile"
	}
	return ""
}

// Busy implements [tui.Busy].
func (f *form) Busy() bool { return f.cancel != nil }

// Cancel implements [tui.Busy]: nothing is kept.
func (f *form) Cancel() bool {
	if f.cancel == nil {
		return false
	}
	f.cancel()
	f.cancel, f.nodes = nil, nil
	return true
}

// Escape implements [tui.Escaper]: back to the form.
func (f *form) Escape() bool {
	if f.Cancel() {
		return true
	}
	if f.outcome == nil {
		return false
	}
	f.outcome, f.nodes = nil, nil
	return true
}
