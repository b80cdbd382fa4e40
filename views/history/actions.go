package history

import (
	"context"
	"fmt"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/microtop/microtop/introspect/collection"
	"github.com/microtop/microtop/introspect/history"
	"github.com/microtop/microtop/tui"
	"github.com/microtop/microtop/tui/pager"
	"github.com/microtop/microtop/tui/safetext"
	"github.com/microtop/microtop/views/compose"
	"github.com/microtop/microtop/views/show"
)

// Actions implements [tui.Screen].
func (s *screen) Actions() []tui.Action {
	switch {
	case s.paging():
		return append([]tui.Action{
			{ID: "history.wrap", Keys: []string{"w"}, Name: "wrap", Help: "wrap long lines"},
			{ID: "history.next", Keys: []string{"n"}, Name: "next match", Hidden: true},
			{ID: "history.previous", Keys: []string{"N"}, Name: "match before", Hidden: true},
		}, tui.Moving()...)
	case s.Modal():
		return show.Picking()
	}
	return s.listActions()
}

func (s *screen) listActions() []tui.Action {
	return append([]tui.Action{
		{ID: "history.open", Keys: []string{"enter"}, Name: "open", Help: "compose the call again, as it was", Disabled: s.none, Run: s.open},
		{ID: "history.repeat", Keys: []string{"."}, Name: "repeat", Help: "send it again at once", Disabled: s.cannotRepeat, Run: s.repeat},
		{ID: "history.describe", Keys: []string{"d"}, Name: "describe", Help: "what was sent and what came back", Disabled: s.none, Run: s.describe},
		{ID: "history.diff", Keys: []string{"="}, Name: "diff", Help: "compare the two marked calls, the older first", Disabled: s.notTwo, Run: s.diff},
		{ID: "history.copy", Keys: []string{"y"}, Name: "copy", Help: "copy the request, the answer or the command line", Disabled: s.none, Run: s.copy},
		{ID: "history.forget", Keys: []string{"X"}, Name: "forget", Help: "forget the marked calls, or the one under the cursor", Disabled: s.none, Confirm: s.askForget, Run: s.forget, Hidden: true},
		{ID: "history.refresh", Keys: []string{"r"}, Name: "refresh", Help: "read the history again", Run: s.read, Hidden: true},
	}, s.Keys("history")...)
}

func (s *screen) none() string {
	if _, ok := s.Item(); !ok {
		return "no call is selected"
	}
	return ""
}

func (s *screen) cannotRepeat() string {
	r, ok := s.Item()
	switch {
	case !ok:
		return "no call is selected"
	case r.Stream:
		return "a stream is opened with enter"
	case r.Redacted:
		return "its secrets were left out: open it with enter and fill them in"
	case r.Cut && r.Request == nil:
		return "its request is not kept: it was too long, or no JSON"
	}
	return ""
}

func (s *screen) notTwo() string {
	if s.Marks() != 2 {
		return "mark two calls with space first"
	}
	return ""
}

func (s *screen) open() tea.Cmd {
	r, _ := s.Item()
	name := "call"
	if r.Stream {
		name = "stream"
	}
	open := tui.Do(tui.Open{Name: name, With: r.Again()})
	if r.Redacted {
		return tea.Sequence(open, tui.Say(tui.Warn, safetext.Format("secrets were left out: replace %q before it is sent", "[redacted]")))
	}
	return open
}

func (s *screen) repeat() tea.Cmd {
	r, _ := s.Item()
	return tui.Do(tui.Open{Name: "call", With: compose.Again{Request: r.Again()}})
}

// describe shows all that is known of a call.
func (s *screen) describe() tea.Cmd {
	r, _ := s.Item()
	s.title = title(r)
	s.page.SetBlock(safetext.BlockOf(s.written(r)...), pager.Text)
	return nil
}

// written writes a call out.
func (s *screen) written(r history.Record) []safetext.Line {
	lines := []safetext.Line{
		s.outcome(r), {},
		safetext.Format("at        %s", r.Time.Local().Format("2006-01-02 15:04:05")),
		safetext.Format("took      %s", show.Duration(time.Duration(r.DurationMs*float64(time.Millisecond)))),
		safetext.Format("attempts  %d", r.Attempts),
		safetext.Format("node      %s", r.AnsweredBy),
	}
	if r.Error != "" {
		lines = append(lines, safetext.Format("error     %s", r.Error))
	}
	for _, key := range show.SortedKeys(r.Metadata) {
		lines = append(lines, safetext.Format("metadata  %s: %s", key, r.Metadata[key]))
	}
	for _, part := range []struct {
		name safetext.Line
		body []byte
	}{{safetext.Literal("request"), r.Request}, {safetext.Literal("response"), r.Response}} {
		lines = append(lines, safetext.Line{}, part.name)
		if len(part.body) == 0 {
			lines = append(lines, safetext.Literal("  nothing, or nothing that is kept"))
			continue
		}
		block, _ := show.Body(part.body)
		lines = append(lines, block.Lines()...)
	}
	return lines
}

// diff compares two calls: first what was sent, then what came back.
func (s *screen) diff() tea.Cmd {
	pair := s.Items()
	a, b := pair[0], pair[1]
	if b.Time.Before(a.Time) {
		a, b = b, a
	}
	return s.scope.Cmd(func(context.Context) tea.Msg {
		lines := []pager.Line{{Text: safetext.Format("- %s  %s %s", a.Time.Local().Format("15:04:05"), target(a), a.Endpoint)}, {Text: safetext.Format("+ %s  %s %s", b.Time.Local().Format("15:04:05"), target(b), b.Endpoint)}}
		for _, part := range []struct {
			name string
			from []byte
			to   []byte
		}{{"outcome", told(a), told(b)}, {"request", a.Request, b.Request}, {"response", a.Response, b.Response}} {
			changed, same := show.Diff(part.from, part.to)
			note := part.name
			if same {
				note += ": the same"
			}
			lines = append(append(lines, pager.Line{}, pager.Line{Text: safetext.Clean(note), Role: pager.Rule}), changed...)
		}
		return compared{safetext.Literal("what differs"), lines}
	})
}

// told is how a call went, in lines to compare.
func told(r history.Record) []byte {
	text := fmt.Sprintf("status %d\nnode %s\n", r.Status, r.AnsweredBy)
	if r.Error != "" {
		text += "error " + r.Error + "\n"
	}
	for _, key := range show.SortedKeys(r.Metadata) {
		text += "metadata " + key + ": " + r.Metadata[key] + "\n"
	}
	return []byte(text)
}

func (s *screen) copy() tea.Cmd {
	r, _ := s.Item()
	choices := []show.Text{{Key: "q", What: safetext.Literal("the request"), Text: string(r.Request)}}
	if !r.Stream {
		choices = append(choices, show.Text{Key: "c", What: safetext.Literal("the command line"), Text: collection.Line(r.Again(), s.flags...)})
	}
	if len(r.Response) > 0 {
		choices = append([]show.Text{{Key: "a", What: safetext.Literal("the answer"), Text: string(r.Response)}}, choices...)
	}
	return show.Copy(choices...)
}

func (s *screen) askForget() safetext.Line {
	return safetext.Format("Forget %s?", show.Count(len(s.Items()), "call"))
}

func (s *screen) forget() tea.Cmd {
	var ids []string
	for _, r := range s.Items() {
		ids = append(ids, r.ID)
	}
	b := s.book
	return s.scope.Cmd(func(context.Context) tea.Msg {
		if err := b.Remove(ids...); err != nil {
			return listed{err: err}
		}
		records, err := b.List()
		return listed{records, err}
	})
}
