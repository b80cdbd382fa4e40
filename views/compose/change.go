package compose

import (
	"slices"

	tea "charm.land/bubbletea/v2"

	"github.com/microtop/microtop/introspect/schema"
	"github.com/microtop/microtop/tui"
	"github.com/microtop/microtop/tui/form"
	"github.com/microtop/microtop/tui/input"
	"github.com/microtop/microtop/tui/safetext"
)

// do does to the draft what the user wants of the form.
func (m *Message) do(e form.Event) tea.Cmd {
	if e.Op == form.Nothing || e.Row < 0 || e.Row >= m.rows.Len() {
		return nil
	}
	f := m.rows.list[e.Row]
	switch e.Op {
	case form.Open, form.Close:
		m.fold(f, e.Op == form.Open)
		return nil
	case form.Begin:
		return m.begin(f)
	case form.Choose:
		return m.choose(f.part)
	case form.Commit, form.Toggle, form.Clear, form.Next, form.Previous, form.Act:
	case form.Nothing:
	}
	before := m.Draft()
	cmd := m.change(e, f)
	if m.Draft() != before {
		m.keep(before)
	}
	m.changed()
	return cmd
}

// change does what changes the draft.
func (m *Message) change(e form.Event, f field) tea.Cmd {
	p := f.part
	switch e.Op {
	case form.Commit:
		return m.commit(e, f)
	case form.Toggle:
		if f.add {
			return nil
		}
		return m.toggle(p)
	case form.Clear:
		if !f.add {
			m.draft.Unset(p)
		}
	case form.Next:
		m.step(p, 1)
	case form.Previous:
		m.step(p, -1)
	case form.Act:
		return m.add(p)
	case form.Nothing, form.Choose, form.Open, form.Close, form.Begin:
	}
	return nil
}

// begin starts typing in a field, unless it is too long for a line.
func (m *Message) begin(f field) tea.Cmd {
	if len(f.part.Text()) > input.Max {
		return tui.Say(tui.Warn, safetext.Literal("too long for a line: ctrl+e edits the message in your editor"))
	}
	m.form.Edit()
	return nil
}

// commit gives a field what was typed, or a map a new key.
func (m *Message) commit(e form.Event, f field) tea.Cmd {
	p := f.part
	var cmd tea.Cmd
	switch {
	case f.add && e.Text == "" && p.MapKey() != "string":
	case f.add:
		return m.put(p, e.Text)
	case e.Text == "" && p.State() == schema.Unset:
	case e.Text == "" && (p.Kind() == schema.Free || p.Text() != "") && !textual(p):
		m.draft.Unset(p)
	case p.State() == schema.Unset || p.Text() != e.Text || p.Problem() != nil:
		m.draft.Set(p, e.Text)
	}
	if e.Move != 0 {
		m.changed()
		cmd = m.editNext(e.Row, e.Move)
	}
	return cmd
}

// textual tells whether an empty text is a value of the part's.
func textual(p *schema.Part) bool {
	return p.Type() == "string" || p.Type() == "[]string" || p.Removable()
}

// editNext goes on to the next row, and types there if it is a value.
func (m *Message) editNext(row, step int) tea.Cmd {
	next := row + step
	if next < 0 || next >= m.rows.Len() {
		return nil
	}
	m.form.Select(next)
	if m.rows.Row(next).Kind == form.Text {
		return m.begin(m.rows.list[next])
	}
	return nil
}

func (m *Message) toggle(p *schema.Part) tea.Cmd {
	switch {
	case p.Removable():
		return tui.Say(tui.Warn, safetext.Literal("it is there or it is not: delete takes it out"))
	case p.State() != schema.Unset:
		m.draft.Unset(p)
	default:
		m.draft.Default(p)
		if group(p) {
			m.rows.open[p.Path()] = true
		}
	}
	return nil
}

// step takes the next value of a choice; before the first one it is unset.
func (m *Message) step(p *schema.Part, by int) {
	choices := p.Choices()
	at := -1
	if p.State() != schema.Unset {
		at = slices.Index(choices, p.Text())
	}
	first := -1
	if p.Removable() {
		first = 0 // an element cannot be unset
	}
	at += by
	switch {
	case at >= len(choices):
		at = first
	case at < first:
		at = len(choices) - 1
	}
	if at < 0 {
		m.draft.Unset(p)
		return
	}
	m.draft.Set(p, choices[at])
}

// choose asks for a value.
func (m *Message) choose(p *schema.Part) tea.Cmd {
	take := func(change func()) tea.Cmd { return tui.Do(taken{m, change}) }
	menu := tui.Menu{Title: safetext.Clean(p.Path())}
	for _, name := range p.Choices() {
		menu.Items = append(menu.Items, tui.Item{Label: safetext.Clean(name), Run: take(func() { m.draft.Set(p, name) })})
	}
	if !p.Removable() {
		menu.Items = append(menu.Items, tui.Item{Label: safetext.Literal("(unset)"), Run: take(func() { m.draft.Unset(p) })})
	}
	return tui.Do(menu)
}

// taken is what was chosen in a menu.
type taken struct {
	message *Message
	change  func()
}

// take does what was chosen in one of the message's menus.
func (m *Message) take(msg taken) {
	if msg.message != m || !m.shown {
		return
	}
	before := m.Draft()
	msg.change()
	m.keep(before)
	m.changed()
}

// add adds an element to a list, or asks for the key of a map's new entry.
func (m *Message) add(p *schema.Part) tea.Cmd {
	if p.Kind() == schema.Map {
		m.form.Edit()
		return nil
	}
	return m.put(p, "")
}

// put adds an element or entry and goes there.
func (m *Message) put(p *schema.Part, key string) tea.Cmd {
	added, err := m.draft.Add(p, key)
	if err != nil {
		return tui.Fail(err)
	}
	m.rows.open[added.Path()] = true
	m.reveal(added)
	if !group(added) && added.Kind() != schema.Choice {
		m.form.Edit()
	}
	return nil
}

// fold opens or closes a group; what is no open group closes its parent.
func (m *Message) fold(f field, open bool) {
	p := f.part
	switch {
	case open && group(p) && !f.add:
		m.rows.open[p.Path()] = true
	case open:
		return
	case group(p) && m.rows.open[p.Path()]:
		delete(m.rows.open, p.Path())
		if f.add {
			m.form.Select(m.rows.index(p))
		}
	case p.Parent() != nil && p.Parent().Parent() != nil:
		up := p.Parent()
		delete(m.rows.open, up.Path())
		m.form.Select(m.rows.index(up))
	}
	m.changed()
}
