package profile

import (
	"context"
	"errors"
	"path/filepath"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/microtop/microtop/profiling"
	"github.com/microtop/microtop/tui"
	"github.com/microtop/microtop/tui/pane"
	"github.com/microtop/microtop/tui/safetext"
	"github.com/microtop/microtop/tui/table"
	"github.com/microtop/microtop/views/show"
)

// list is the screen of the captures on disk.
type list struct {
	*show.List[profiling.Entry]
	env   env
	scope tui.Scope
	now   time.Time
}

var (
	_ tui.Screen   = (*list)(nil)
	_ tui.Filterer = (*list)(nil)
	_ tui.Escaper  = (*list)(nil)
)

// listed brings the captures.
type listed struct {
	entries []profiling.Entry
	err     error
}

func newList(ctx context.Context, e env) *list {
	l := &list{env: e, scope: tui.NewScope(ctx), now: time.Now()}
	l.List = show.NewList(show.Options[profiling.Entry]{
		Name: "profile", Theme: e.theme, ID: func(c profiling.Entry) string { return c.ID }, Cells: l.cells, About: l.about,
		Columns: []table.Column{
			{Title: "KIND", Min: 5, Max: 12},
			{Title: "SERVICE", Min: 8, Max: 40, Whole: 28, Flex: 1},
			{Title: "NODE", Min: 9, Max: 60, Flex: 2, Priority: 1},
			{Title: "LENGTH", Min: 6, Right: true, Priority: 2, Number: show.By(func(c profiling.Entry) float64 { return float64(c.Meta.Duration) })},
			{Title: "SIZE", Min: 6, Right: true, Priority: 3, Number: show.By(func(c profiling.Entry) float64 { return float64(c.Size) })},
			{Title: "TAKEN", Min: 16, Priority: 1, Number: show.By(func(c profiling.Entry) float64 { return float64(c.Meta.Start.Unix()) })},
			{Title: "AGE", Min: 5, Right: true, Priority: 4, Style: show.Dim, Number: show.By(func(c profiling.Entry) float64 { return -float64(c.Meta.Start.Unix()) })},
		},
	})
	l.SetEmpty(safetext.CleanBlock("reading the captures …"))
	return l
}

// about writes the preview of a capture.
func (l *list) about(sheet *pane.Sheet, c profiling.Entry) {
	field := func(name, value string) { sheet.Field(safetext.Clean(name), sheet.Pens.Text, safetext.Clean(value)) }
	field("service", c.Meta.Service)
	field("node", c.Meta.Node)
	field("taken", c.Meta.Start.Local().Format(time.DateTime))
	field("size", show.Bytes(uint64(c.Size))) //nolint:gosec // not negative
	field("file", filepath.Base(c.File))
}

func (l *list) cells(c profiling.Entry) []safetext.Line {
	length := "moment"
	if c.Meta.Duration > 0 {
		length = show.Duration(c.Meta.Duration)
	}
	return []safetext.Line{
		safetext.Clean(string(c.Meta.Kind)), safetext.Clean(c.Meta.Service), safetext.Clean(c.Meta.Node), safetext.Clean(length),
		safetext.Clean(show.Bytes(uint64(c.Size))), safetext.Clean(c.Meta.Start.Local().Format("2006-01-02 15:04:05")), //nolint:gosec // not negative
		safetext.Clean(show.Since(l.now, c.Meta.Start)),
	}
}

// Init implements [tui.Screen].
func (l *list) Init() tea.Cmd { return l.read() }

func (l *list) read() tea.Cmd {
	dir := l.env.dir
	return l.scope.Cmd(func(context.Context) tea.Msg {
		entries, err := stored(dir, (*profiling.Store).List)
		return listed{entries, err}
	})
}

// Title implements [tui.Screen].
func (l *list) Title() safetext.Line { return safetext.Literal("profiles") }

// Close implements [tui.Screen].
func (l *list) Close() { l.scope.Close() }

// Update implements [tui.Screen].
func (l *list) Update(msg tea.Msg) tea.Cmd {
	read, ok := msg.(listed)
	if !ok {
		return l.List.Update(msg)
	}
	l.now = time.Now()
	l.Set(read.entries)
	l.SetEmpty(safetext.BlockOf(safetext.Literal("no captures yet"), safetext.Line{},
		safetext.Literal("c takes one of a service's nodes; o on a node or service does too")))
	if read.err != nil {
		l.SetEmpty(safetext.BlockOf(safetext.Literal("the captures cannot be read"), safetext.Clean(read.err.Error()), safetext.Line{}, safetext.Literal("r tries again")))
		return tui.Fail(read.err)
	}
	return nil
}

// View implements [tui.Screen].
func (l *list) View(w, h int) string {
	c, ok := l.Item()
	if !ok {
		return l.Draw(w, h)
	}
	return l.Draw(w, h, show.More(safetext.Clean(c.File)))
}

// Actions implements [tui.Screen].
func (l *list) Actions() []tui.Action {
	if l.Modal() {
		return show.Picking()
	}
	return l.actions()
}

func (l *list) actions() []tui.Action {
	return append([]tui.Action{
		{ID: "profile.open", Keys: []string{"enter"}, Name: "open", Help: "top and flame graph of the capture", Disabled: l.none, Run: l.open},
		{ID: "profile.capture", Keys: []string{"c"}, Name: "capture", Help: "take profiles of a service's nodes", Run: l.capture},
		{ID: "profile.diff", Keys: []string{"d"}, Name: "diff", Help: "compare the two marked captures, the older as base", Disabled: l.notTwo, Run: l.diff},
		{ID: "profile.merge", Keys: []string{"m"}, Name: "merge", Help: "add the marked captures up", Disabled: l.notSeveral, Run: l.merge},
		{ID: "profile.copy", Keys: []string{"y"}, Name: "copy", Help: "copy the file's path, or the command that opens it in pprof", Disabled: l.none, Run: l.copy},
		{ID: "profile.delete", Keys: []string{"X"}, Name: "delete", Help: "delete the marked captures, or the one under the cursor", Disabled: l.none, Confirm: l.askDelete, Run: l.delete, Hidden: true},
		{ID: "profile.refresh", Keys: []string{"r"}, Name: "refresh", Help: "read the folder again", Run: l.read, Hidden: true},
	}, l.Keys("profile")...)
}

func (l *list) none() string {
	if _, ok := l.Item(); !ok {
		return "no capture is selected"
	}
	return ""
}

func (l *list) notTwo() string {
	if l.Marks() != 2 {
		return "mark two captures with space first"
	}
	return ""
}

func (l *list) notSeveral() string {
	if l.Marks() < 2 {
		return "mark two or more captures with space first"
	}
	return ""
}

func (l *list) open() tea.Cmd {
	c, ok := l.Item()
	if !ok {
		return nil
	}
	if c.Meta.Kind == profiling.Trace {
		command := profiling.OpenCommand(c.Meta.Kind, c.File)
		return tui.Do(tui.Confirm{Question: safetext.Format("An execution trace opens in Go's own viewer: %s. Copy the command?", command),
			Yes: tui.Do(tui.Copy{What: safetext.Literal("the command"), Text: command})})
	}
	return tui.Do(tui.Open{Name: "top", With: opened{ids: []string{c.ID}}})
}

func (l *list) capture() tea.Cmd {
	initial := ""
	if c, ok := l.Item(); ok {
		initial = c.Meta.Service
	}
	return tui.Do(tui.Prompt{Title: safetext.Literal("profile the nodes of which service?"), Initial: initial, Done: func(service string) tea.Cmd {
		if service == "" {
			return nil
		}
		return tui.Do(tui.Open{Name: "profile", With: service})
	}})
}

// diff compares two captures, from the older to the newer.
func (l *list) diff() tea.Cmd {
	two := l.Items()
	if len(two) != 2 {
		return nil
	}
	base, next := two[0], two[1]
	if next.Meta.Start.Before(base.Meta.Start) {
		base, next = next, base
	}
	return tui.Do(tui.Open{Name: "top", With: opened{ids: []string{next.ID}, base: base.ID}})
}

func (l *list) merge() tea.Cmd {
	var ids []string
	for _, c := range l.Items() {
		ids = append(ids, c.ID)
	}
	return tui.Do(tui.Open{Name: "top", With: opened{ids: ids}})
}

func (l *list) copy() tea.Cmd {
	c, ok := l.Item()
	if !ok {
		return nil
	}
	return copyEntry(c)
}

// copyEntry asks what of a capture to copy.
func copyEntry(c profiling.Entry) tea.Cmd {
	choices := []show.Text{
		{Key: "p", What: safetext.Literal("the path"), Text: c.File},
		{Key: "c", What: safetext.Literal("the pprof command"), Text: profiling.OpenCommand(c.Meta.Kind, c.File)},
		{Key: "i", What: safetext.Literal("the id"), Text: c.ID},
	}
	if c.Meta.Kind != profiling.Trace {
		choices = append(choices, show.Text{Key: "w", What: safetext.Literal("the command of pprof's web pages"), Text: show.Command("microtop", "profile", "web", c.ID)})
	}
	return show.Copy(choices...)
}

func (l *list) askDelete() safetext.Line {
	items := l.Items()
	if len(items) == 1 {
		return safetext.Format("Delete the capture %s?", items[0].ID)
	}
	return safetext.Format("Delete %d marked captures?", len(items))
}

func (l *list) delete() tea.Cmd {
	dir, items := l.env.dir, l.Items()
	l.ClearMarks()
	return l.scope.Cmd(func(context.Context) tea.Msg {
		entries, err := stored(dir, func(s *profiling.Store) ([]profiling.Entry, error) {
			var failed []error
			for _, c := range items {
				if err := s.Remove(c.ID); err != nil && !errors.Is(err, profiling.ErrNotFound) {
					failed = append(failed, err)
				}
			}
			left, err := s.List()
			return left, errors.Join(append(failed, err)...)
		})
		return listed{entries, err}
	})
}
