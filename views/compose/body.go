package compose

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/microtop/microtop/introspect/schema"
	"github.com/microtop/microtop/tui"
	"github.com/microtop/microtop/tui/editor"
	"github.com/microtop/microtop/tui/safetext"
	"github.com/microtop/microtop/tui/theme"
)

// rest is how long the typing must rest before a body is checked.
const rest = 200 * time.Millisecond

// Body edits a JSON body.
type Body struct {
	*editor.Editor
	scope tui.Scope
	check func([]byte) error
	gen   int // of the text; a check of an older one is of no interest
}

type (
	// due says that the typing rests.
	due struct {
		body *Body
		gen  int
	}
	// checked is how a check ended.
	checked struct {
		body      *Body
		gen       int
		err       error
		line, col int
	}
)

// NewBody returns an empty body. Its checks run beside the program and end with scope.
func NewBody(scope tui.Scope, th theme.Theme, placeholder safetext.Line) *Body {
	b := &Body{Editor: editor.New(editor.Options{Theme: th, Placeholder: placeholder}), scope: scope}
	b.SetCheck(nil)
	return b
}

// SetCheck says how the body is checked while it is typed. It runs beside the program and
// must be safe for that; nil checks that the body is JSON.
func (b *Body) SetCheck(check func([]byte) error) {
	if check == nil {
		check = func(body []byte) error { return (&schema.Service{}).Validate("", body) }
	}
	b.check = check
}

// Put replaces the text.
func (b *Body) Put(text string) tea.Cmd {
	if err := b.SetText(safetext.CleanBlock(text)); err != nil {
		return tui.Fail(err)
	}
	return b.later()
}

// Update takes keys, pastes, mouse events and the body's own messages. It reports whether
// the message was one of the latter.
func (b *Body) Update(msg tea.Msg) (cmd tea.Cmd, own bool) {
	switch msg := msg.(type) {
	case due:
		return b.run(msg), msg.body == b
	case checked:
		if msg.body == b && msg.gen == b.gen {
			b.mark(msg)
		}
		return nil, msg.body == b
	case tea.KeyPressMsg, tea.PasteMsg:
		b.Editor.Update(msg)
		return b.later(), false
	}
	return b.Editor.Update(msg), false
}

// later has the text checked when the typing rests.
func (b *Body) later() tea.Cmd {
	b.gen++
	gen := b.gen
	return b.scope.Cmd(func(ctx context.Context) tea.Msg {
		timer := time.NewTimer(rest)
		defer timer.Stop()
		select {
		case <-ctx.Done():
			return nil
		case <-timer.C:
			return due{b, gen}
		}
	})
}

func (b *Body) run(d due) tea.Cmd {
	if d.body != b || d.gen != b.gen {
		return nil
	}
	text, check := []byte(b.Text()), b.check
	return b.scope.Cmd(func(context.Context) tea.Msg { return result(b, d.gen, text, check(text)) })
}

// result finds the place of an error. It does not touch the body.
func result(b *Body, gen int, text []byte, err error) checked {
	c := checked{body: b, gen: gen, err: err}
	var wrong *schema.BodyError
	if errors.As(err, &wrong) {
		c.line, c.col = wrong.Line, wrong.Column
		if wrong.Line == 0 {
			c.line, c.col = place(text, wrong.Path)
		}
	}
	return c
}

func (b *Body) mark(c checked) {
	if c.err == nil {
		b.ClearError()
		return
	}
	text := safetext.Clean(c.err.Error())
	var wrong *schema.BodyError
	if errors.As(c.err, &wrong) && wrong.Line > 0 { // the editor says where
		text = safetext.Format("not JSON: %s", wrong.Reason)
	}
	b.SetError(c.line, c.col, text)
}

// Refuse shows why the body was not taken, until it is edited.
func (b *Body) Refuse(err error) {
	b.gen++ // what a check under way says matters less
	b.mark(result(b, b.gen, []byte(b.Text()), err))
}

// Tidy indents the text, if it is JSON.
func (b *Body) Tidy() tea.Cmd {
	var out bytes.Buffer
	text := []byte(b.Text())
	if err := json.Indent(&out, text, "", "  "); err != nil {
		b.Refuse(b.check(text))
		return tui.Say(tui.Warn, safetext.Literal("not JSON yet: nothing is changed"))
	}
	return b.Put(out.String())
}

// External opens the user's editor on the text.
func (b *Body) External() tea.Cmd {
	return tui.Do(tui.Edit{Text: b.Text(), Ext: ".json", Done: func(text string, err error) tea.Cmd {
		if err != nil {
			return tui.Fail(err)
		}
		return b.Put(text)
	}})
}
