package tui

import (
	"context"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/microtop/microtop/tui/guard"
	"github.com/microtop/microtop/tui/safetext"
	"github.com/microtop/microtop/tui/theme"
)

// Shell is the program's one model: a stack of screens in a frame, with what all
// screens share. Make it with [NewShell], or leave both to [Run]. Like any model it
// is used from one goroutine.
type Shell struct {
	cfg    Config
	scope  Scope
	theme  theme.Theme
	routes routes
	keys   Keymap
	now    func() time.Time

	stack   []layer
	parting []tea.Cmd // what screens that left have still to do
	nextID  int
	over    overlay // the dialog on top, nil without one
	owner   int     // the screen the dialog is for
	line    *prompt // the ":" or "/" line, nil when closed

	visits   visits
	look     Look
	commands history
	journal  *Journal
	showing  Toast     // in the foot; empty text: none
	shown    time.Time // since when
	swaps    int       // asked for so far
	serial   int       // of the last toast
	mouse    bool
	ctrlC    time.Time // of the last one that cancelled nothing

	w, h  int
	body  string // the top screen's drawing
	stale bool   // body is out of date
	dirty bool   // view is out of date
	view  tea.View
	x, y  int // of the body

	cells ansi.Method // how the renderer counts cells, which is how the terminal does
	memo  memo
}

// layer is a screen on the stack. Its id finds it when its commands report.
type layer struct {
	id     int
	route  string
	plain  bool // opened without With
	visit  int
	screen Screen
}

// addressed is a message of a screen's own command.
type addressed struct {
	to  int
	msg tea.Msg
}

// tick redraws the header, where ages grow.
type tick struct{}

var _ tea.Model = (*Shell)(nil)

// NewShell checks the configuration and makes the model. It opens no screen yet. Its
// timers end with ctx or Close.
func NewShell(ctx context.Context, cfg Config) (*Shell, error) {
	if cfg.Theme.Name == "" {
		cfg.Theme = theme.Default()
	}
	s := &Shell{cfg: cfg, scope: NewScope(ctx), theme: cfg.Theme, routes: cfg.Routes, keys: cfg.Keys, now: time.Now, mouse: !cfg.NoMouse, stale: true, dirty: true, look: Look{}}
	if s.journal = cfg.Journal; s.journal == nil {
		s.journal = NewJournal(nil)
	}
	maps.Copy(s.look, cfg.Look)
	if err := s.keys.check(s.globals(), s.routes); err != nil { //nolint:contextcheck // what the actions run has the shell's scope
		return nil, err
	}
	if _, ok := s.routes.find(cfg.Start.Name); !ok {
		return nil, fmt.Errorf("no screen %q to start with", cfg.Start.Name)
	}
	return s, nil
}

// Init opens the first screen.
func (s *Shell) Init() tea.Cmd {
	cmds := []tea.Cmd{s.open(s.cfg.Start)}
	if s.cfg.Header != nil {
		cmds = append(cmds, s.nextTick())
	}
	return tea.Batch(cmds...)
}

func (s *Shell) nextTick() tea.Cmd { return s.after(time.Second, tick{}) }

// after returns a command that sends msg after d, unless the shell was closed.
func (s *Shell) after(d time.Duration, msg tea.Msg) tea.Cmd {
	return s.scope.Cmd(func(ctx context.Context) tea.Msg {
		timer := time.NewTimer(d)
		defer timer.Stop()
		select {
		case <-timer.C:
			return msg
		case <-ctx.Done():
			return nil
		}
	})
}

// Close closes every screen, the top one first.
func (s *Shell) Close() {
	s.scope.Close()
	for len(s.stack) > 0 {
		s.drop()
	}
	if s.cfg.KeepLook != nil && !maps.Equal(s.look, s.cfg.Look) {
		s.cfg.KeepLook(s.look)
	}
}

// Update routes a message to the dialog, the prompt line, an action or a screen.
func (s *Shell) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	_, cmd := s.update(msg)
	if len(s.parting) > 0 {
		cmd = tea.Batch(append(s.parting, cmd)...)
		s.parting = nil
	}
	return s, cmd
}

func (s *Shell) update(msg tea.Msg) (tea.Model, tea.Cmd) {
	if _, pressed := msg.(tea.KeyPressMsg); !pressed {
		s.memo.actions = nil
	}
	switch msg := msg.(type) {
	case tick:
		s.dirty = true
		return s, s.nextTick()
	case tea.WindowSizeMsg:
		s.w, s.h = max(msg.Width, 0), max(msg.Height, 0)
		s.changed()
		return s, nil
	case tea.KeyPressMsg:
		s.dirty = true
		return s, s.key(normal(msg))
	case tea.PasteMsg:
		s.dirty = true
		return s, s.paste(msg)
	case tea.MouseMsg:
		return s, s.mouseEvent(msg)
	case addressed:
		if cmd, ok := s.ask(msg.to, msg.msg); ok {
			return s, cmd
		}
		return s, s.deliver(msg.to, msg.msg)
	case tea.ModeReportMsg:
		if msg.Mode == ansi.ModeUnicodeCore && (msg.Value == ansi.ModeSet || msg.Value == ansi.ModeReset || msg.Value == ansi.ModePermanentlySet) {
			s.cells = ansi.GraphemeWidth
			s.changed()
		}
		return s, nil
	case tea.KeyReleaseMsg, tea.ColorProfileMsg, tea.EnvMsg, tea.RawMsg, tea.KeyboardEnhancementsMsg, tea.PasteStartMsg, tea.PasteEndMsg:
		return s, nil
	case tea.ResumeMsg:
		s.changed()
		return s, nil
	}
	cmd, ok := s.ask(s.topID(), msg)
	if !ok {
		return s, s.deliver(s.topID(), msg)
	}
	return s, cmd
}

// ask does what a message asks the shell for, on behalf of screen from. It tells
// whether the message was for the shell.
func (s *Shell) ask(from int, msg tea.Msg) (tea.Cmd, bool) {
	switch msg := msg.(type) {
	case Open:
		s.dirty = true
		return s.open(msg), true
	case Back:
		return s.back(), true
	case Quit:
		return s.quit(), true
	case Toast:
		return s.toast(msg), true
	case Did:
		return s.did(msg), true
	case Swap:
		return s.swap(from, msg), true
	case approved:
		return s.prepare(msg.Swap), true
	case swapped:
		return s.replace(msg), true
	case hush:
		s.hush(msg)
	case Confirm:
		s.show(from, newQuestion(msg))
	case Menu:
		s.show(from, newMenu(msg))
	case Prompt:
		s.show(from, newAsk(msg))
	case Copy:
		return s.copy(msg), true
	case Edit:
		return s.edit(from, msg), true
	case editing:
		return s.startEditor(from, msg), true
	case edited:
		s.changed()
		return s.own(from, msg.done(msg.text, msg.err)), true
	case chosen:
		s.changed()
		return s.choose(msg), true
	case confirmed:
		s.changed()
		return s.own(from, msg.action.Run()), true
	case guard.Panicked:
		return s.broke(msg), true
	default:
		return nil, false
	}
	s.dirty = true
	return nil, true
}

// deliver hands a message to a screen that is still there.
func (s *Shell) deliver(id int, msg tea.Msg) tea.Cmd {
	for i, l := range s.stack {
		if l.id == id {
			if i == len(s.stack)-1 {
				s.changed()
			}
			return s.own(id, l.screen.Update(msg))
		}
	}
	return nil
}

// own takes a screen's command: what [Do] asks of the shell is done at once, anything
// else runs and reports to the screen.
func (s *Shell) own(id int, cmd tea.Cmd) tea.Cmd {
	if cmd != nil && isDo(cmd) {
		if done, ok := s.ask(id, cmd()); ok {
			return done
		}
	}
	return address(id, cmd)
}

// address sends what a command reports to screen id. Messages that are Bubble Tea's
// own, and those for the guard, pass as they are.
func address(id int, cmd tea.Cmd) tea.Cmd {
	if cmd == nil {
		return nil
	}
	return func() tea.Msg {
		msg := guard.Each(cmd(), func(c tea.Cmd) tea.Cmd { return address(id, c) })
		if msg == nil || foreign(msg) {
			return msg
		}
		if a, ok := msg.(addressed); ok {
			return a
		}
		return addressed{id, msg}
	}
}

func foreign(msg tea.Msg) bool {
	path := reflect.TypeOf(msg).PkgPath()
	return strings.HasPrefix(path, "charm.land/bubbletea/") || strings.HasPrefix(path, "github.com/charmbracelet/ultraviolet") ||
		path == reflect.TypeFor[guard.Exec]().PkgPath()
}

// open pushes a screen, or goes back to one that is there already.
func (s *Shell) open(o Open) tea.Cmd {
	route, ok := s.routes.find(o.Name)
	if !ok {
		return s.toast(Toast{Warn, safetext.Format("no screen %q%s", o.Name, meant(o.Name, s.names()))})
	}
	for i, l := range s.stack {
		if o.With == nil && l.plain && l.route == route.Name {
			s.dropTo(i + 1)
			return nil
		}
	}
	screen, err := route.make(o.With)
	if err != nil {
		return s.toast(Toast{Bad, safetext.Format("%s: %v", route.Name, err)})
	}
	cmd := s.push(layer{route: route.Name, plain: o.With == nil, visit: s.visits.opened(o), screen: screen})
	if route.Command != nil {
		s.did(Did{Text: safetext.Format("opened %s", screen.Title()), Command: route.Command(o.With), Quiet: true})
	}
	return cmd
}

// push puts a new screen on top; its id is given here.
func (s *Shell) push(l layer) tea.Cmd {
	s.remember()
	s.reshape(l.screen)
	s.nextID++
	s.moved()
	l.id = s.nextID
	s.stack = append(s.stack, l)
	s.changed()
	return s.own(l.id, l.screen.Init())
}

// drop closes the top screen.
func (s *Shell) drop() {
	s.remember()
	top := len(s.stack) - 1
	if l, ok := s.stack[top].screen.(Leaver); ok {
		s.parting = append(s.parting, l.Leave())
	}
	s.stack[top].screen.Close()
	s.stack[top] = layer{}
	s.stack = s.stack[:top]
}

func (s *Shell) back() tea.Cmd {
	s.dropTo(max(len(s.stack)-1, min(len(s.stack), 1)))
	return nil
}

func (s *Shell) screen() Screen {
	if len(s.stack) == 0 {
		return nil
	}
	return s.stack[len(s.stack)-1].screen
}

func (s *Shell) topID() int {
	if len(s.stack) == 0 {
		return 0
	}
	return s.stack[len(s.stack)-1].id
}

// changed makes the next View draw the top screen again.
func (s *Shell) changed() { s.stale, s.dirty = true, true }

func (s *Shell) names() []string {
	var names []string
	for _, r := range s.routes {
		names = append(names, r.Name)
	}
	return names
}

// broke reports a panic in a command or goroutine. The program goes on: commands only
// bring messages, they share no state with the screens.
func (s *Shell) broke(p guard.Panicked) tea.Cmd {
	for _, line := range slices.Backward(safetext.CleanBlock(string(p.Stack)).Lines()) { // the log shows the newest first
		s.did(Did{Level: Bad, Text: line, Quiet: true})
	}
	return s.toast(Toast{Bad, safetext.Format("%s (see :log)", p.Error())})
}

// redraw repairs what another program wrote over the screen: the terminal is given
// away and taken back, which enters the alternate screen anew.
func (s *Shell) redraw() tea.Cmd {
	s.changed()
	return tea.Sequence(Do(guard.Exec{}), tea.ClearScreen)
}
