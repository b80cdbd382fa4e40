package guard

import (
	"reflect"
	"runtime/debug"

	tea "charm.land/bubbletea/v2"
)

// Panicked says that a command or a goroutine broke. As an error it is what
// [Guard.Run] returns after a panic in Update or View, which always end the program:
// the model cannot be trusted afterwards.
type Panicked struct {
	Value any
	Stack []byte
}

// guarded is the model as Bubble Tea sees it.
type guarded struct {
	guard *Guard
	model tea.Model
}

var _ tea.Model = (*guarded)(nil)

func (m *guarded) Init() (cmd tea.Cmd) {
	defer m.recover()
	return m.guard.wrap(m.model.Init())
}

func (m *guarded) Update(msg tea.Msg) (self tea.Model, cmd tea.Cmd) {
	self = m // also when it panics
	if m.guard.fatal.Load() != nil {
		return m, nil
	}
	defer m.recover()
	m.model, cmd = m.model.Update(msg)
	return m, m.guard.wrap(cmd)
}

func (m *guarded) View() (v tea.View) {
	if m.guard.fatal.Load() != nil {
		return v
	}
	defer m.recover()
	return m.model.View()
}

func (m *guarded) recover() {
	if v := recover(); v != nil {
		m.guard.fatal.CompareAndSwap(nil, &Panicked{v, debug.Stack()})
		m.guard.Go(m.guard.program.Quit)
	}
}

// wrap makes a panic of cmd, or of a command it brings forth, a message.
func (g *Guard) wrap(cmd tea.Cmd) tea.Cmd {
	if cmd == nil {
		return nil
	}
	return func() (msg tea.Msg) {
		defer func() {
			if v := recover(); v != nil {
				msg = Panicked{v, debug.Stack()}
			}
		}()
		switch msg := cmd().(type) {
		case tea.SuspendMsg:
			if !canStop() {
				return nil
			}
			return msg
		case Exec:
			return tea.Exec(&foreign{command: msg.Command, running: &g.foreign}, msg.Done)()
		default:
			return Each(msg, g.wrap)
		}
	}
}

// Each returns msg with change applied to every command in it, when msg is a batch or
// a sequence of commands; the type of the latter is Bubble Tea's own.
func Each(msg tea.Msg, change func(tea.Cmd) tea.Cmd) tea.Msg {
	v := reflect.ValueOf(msg)
	if v.Kind() != reflect.Slice || v.Type().Elem() != reflect.TypeFor[tea.Cmd]() {
		return msg
	}
	changed := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
	for i := range v.Len() {
		if cmd, ok := v.Index(i).Interface().(tea.Cmd); ok && cmd != nil {
			changed.Index(i).Set(reflect.ValueOf(change(cmd)))
		}
	}
	return changed.Interface()
}
