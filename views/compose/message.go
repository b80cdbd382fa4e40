package compose

import (
	"errors"
	"fmt"

	tea "charm.land/bubbletea/v2"

	"github.com/microtop/microtop/introspect/schema"
	"github.com/microtop/microtop/tui"
	"github.com/microtop/microtop/tui/form"
	"github.com/microtop/microtop/tui/safetext"
	"github.com/microtop/microtop/tui/theme"
)

// undos is how many changes of the form can be taken back.
const undos = 50

// Message edits a message as a form made from its schema, or as JSON. The two say the same: whichever is shown is
// written from the other when they are swapped.
type Message struct {
	body  *Body
	form  *form.Form
	rows  *rows
	draft *schema.Draft // nil while the type is not known
	shown bool          // the form is
	focus bool
	undo  []string // what the form said before each change
	read  string   // what the form said when it was read from the JSON
}

// NewMessage returns an empty message, shown as JSON until [Message.SetShape].
func NewMessage(scope tui.Scope, th theme.Theme, placeholder safetext.Line) *Message {
	m := &Message{body: NewBody(scope, th, placeholder), form: form.New(form.Options{Theme: th, Empty: safetext.Literal("the message has no fields")})}
	m.rows = &rows{}
	return m
}

// SetShape makes the form, of what the message says already. It is shown if asForm and if it can say that.
func (m *Message) SetShape(s *Shape, asForm bool) tea.Cmd {
	m.body.SetCheck(s.Check())
	if _, known := s.Schema.Types[s.Endpoint.Request]; known {
		m.draft = s.Schema.Draft(s.Endpoint.Request)
		m.rows = newRows(m.draft)
		m.form.SetSource(m.rows)
	}
	text := m.body.Text()
	if m.draft != nil && asForm && m.draft.Load([]byte(text)) == nil {
		m.shown, m.read = true, m.Draft()
		m.SetFocus(m.focus)
		m.changed()
		return nil
	}
	if text == "" {
		text = s.Template()
	}
	return m.body.Put(text) // to have it checked
}

// AsForm tells whether the form is shown.
func (m *Message) AsForm() bool { return m.shown }

// NoForm is why the message cannot be shown as a form, or empty.
func (m *Message) NoForm() string {
	if m.draft == nil {
		return "the fields of the message are not known"
	}
	return ""
}

// Swap shows the form in place of the JSON, or the other way round.
func (m *Message) Swap() tea.Cmd {
	if m.shown {
		m.form.Stop()
		m.shown = false
		m.SetFocus(m.focus)
		if now := m.Draft(); now != m.read || m.body.Text() == "" {
			return m.body.Put(now)
		}
		return m.body.Put(m.body.Text()) // as it was written
	}
	if m.draft == nil {
		return tui.Say(tui.Warn, safetext.Clean(m.NoForm()))
	}
	return m.toForm(m.body.Text())
}

// toForm shows the form of a JSON text, or says why it cannot.
func (m *Message) toForm(text string) tea.Cmd {
	before := m.Draft()
	if err := m.draft.Load([]byte(text)); err != nil {
		m.body.Refuse(err)
		return tui.Say(tui.Warn, safetext.Clean(err.Error()))
	}
	if m.shown {
		m.keep(before)
	}
	m.shown, m.read = true, m.Draft()
	m.SetFocus(m.focus)
	m.changed()
	return nil
}

// Draft is what the form says, as JSON.
func (m *Message) Draft() string {
	if m.draft == nil {
		return ""
	}
	return string(m.draft.JSON())
}

// Text is the message as JSON.
func (m *Message) Text() string {
	if m.shown {
		return m.Draft()
	}
	return m.body.Text()
}

// Put replaces the message.
func (m *Message) Put(text string) tea.Cmd {
	put := m.body.Put(text)
	if m.shown {
		if m.toForm(text) == nil {
			return nil
		}
		m.shown = false
		m.SetFocus(m.focus)
	}
	return put
}

// SetFocus says whether keys come here.
func (m *Message) SetFocus(on bool) {
	m.focus = on
	m.body.SetFocus(on && !m.shown)
	m.form.SetFocus(on && m.shown)
}

// Typing tells whether letters are typed rather than commands.
func (m *Message) Typing() bool { return m.focus && (!m.shown || m.form.Editing()) }

// Editing tells whether a field of the form is being typed in: every key is its own.
func (m *Message) Editing() bool { return m.shown && m.form.Editing() }

// SetSize sets the size in cells.
func (m *Message) SetSize(w, h int) {
	m.body.SetSize(w, h)
	m.form.SetSize(w, h)
}

// View draws the message.
func (m *Message) View() string {
	if m.shown {
		return m.form.View()
	}
	return m.body.View()
}

// Cursor is where the terminal's own cursor belongs.
func (m *Message) Cursor() (x, y int, ok bool) {
	if m.shown {
		return m.form.Cursor()
	}
	return m.body.Cursor()
}

// Update takes keys, pastes, mouse events and the message's own messages.
func (m *Message) Update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case taken:
		m.take(msg)
		return nil
	case tea.KeyPressMsg, tea.PasteMsg, tea.MouseMsg:
		if m.shown {
			return m.do(m.form.Update(msg))
		}
	}
	cmd, _ := m.body.Update(msg)
	return cmd
}

// SetSearch looks for a field of the form.
func (m *Message) SetSearch(expr string) error { return m.form.SetSearch(expr) }

// Search is what is looked for.
func (m *Message) Search() string { return m.form.Search() }

// Tidy indents the JSON; a form is tidy.
func (m *Message) Tidy() tea.Cmd {
	if m.shown {
		return nil
	}
	return m.body.Tidy()
}

// External opens the user's editor on the message as JSON.
func (m *Message) External() tea.Cmd {
	m.form.Stop()
	return tui.Do(tui.Edit{Text: m.Text(), Ext: ".json", Done: func(text string, err error) tea.Cmd {
		if err != nil {
			return tui.Fail(err)
		}
		return m.Put(text)
	}})
}

// Refuse shows why the message was not taken, at the field it is about.
func (m *Message) Refuse(err error) {
	if !m.shown {
		m.body.Refuse(err)
		return
	}
	var wrong *schema.BodyError
	if errors.As(err, &wrong) {
		if p := m.draft.Find(wrong.Path); p != nil {
			p.Refuse(errors.New(wrong.Reason))
			m.reveal(p)
			return
		}
	}
	m.form.SetStatus(safetext.Clean(err.Error()))
}

// changed draws the form anew after its draft changed.
func (m *Message) changed() {
	m.rows.lay()
	m.form.Refresh()
	status := safetext.Literal("nothing is set: an empty message is sent")
	if n := m.draft.Filled(); n > 0 {
		status = safetext.Format("%d set; enter edits, space sets or leaves out, delete clears", n)
	}
	if problems := m.draft.Problems(); len(problems) > 0 {
		status = safetext.Format("%s: %s", problems[0].Path(), problems[0].Problem())
	}
	m.form.SetStatus(status)
}

// reveal opens what is above a part and moves to it.
func (m *Message) reveal(p *schema.Part) {
	for up := p.Parent(); up != nil; up = up.Parent() {
		m.rows.open[up.Path()] = true
	}
	m.changed()
	if i := m.rows.index(p); i >= 0 {
		m.form.Select(i)
	}
}

// keep notes what the form said, to be taken back to.
func (m *Message) keep(before string) {
	if n := len(m.undo); n > 0 && m.undo[n-1] == before {
		return
	}
	m.undo = append(m.undo, before)
	m.undo = m.undo[max(len(m.undo)-undos, 0):]
}

// Undo takes the last change of the form back.
func (m *Message) Undo() tea.Cmd {
	n := len(m.undo)
	if !m.shown || n == 0 {
		return tui.Say(tui.Warn, safetext.Literal("there is nothing to take back"))
	}
	last := m.undo[n-1]
	m.undo = m.undo[:n-1]
	if err := m.draft.Load([]byte(last)); err != nil {
		return tui.Fail(fmt.Errorf("take back: %w", err))
	}
	m.changed()
	return nil
}
