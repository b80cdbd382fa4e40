package guard

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/term"
)

// reset switches off whatever a full-screen program switches on: alternate screen,
// hidden cursor, mouse, bracketed paste, focus reports, keyboard protocols,
// synchronized output, colours.
const reset = "\x1b[?2026l\x1b[?1000;1002;1003;1006l\x1b[?2004l\x1b[?1004l\x1b[<u\x1b[>4;0m\x1b[?1049l\x1b[?25h\x1b[0m"

// grace is how long a program may take to end when asked, and again when killed.
const grace = time.Second

// Guard runs one program. Make it with [New].
type Guard struct {
	program *tea.Program
	out     *os.File // the terminal; nil when the output is none
	errs    io.Writer
	fatal   atomic.Pointer[Panicked]
	foreign atomic.Bool // another program has the terminal
	ended   atomic.Bool
	wg      sync.WaitGroup
}

// New prepares a program. out is the terminal whose state is kept, nil in tests
// without one; stacks are written to errs.
func New(model tea.Model, out *os.File, errs io.Writer, opts ...tea.ProgramOption) *Guard {
	g := &Guard{errs: errs}
	if out != nil && term.IsTerminal(out.Fd()) {
		g.out = out
	}
	opts = append(opts, tea.WithoutSignalHandler())
	g.program = tea.NewProgram(&guarded{guard: g, model: model}, opts...)
	return g
}

// Go runs fn in a goroutine. A panic in it reaches the model as [Panicked]. [Guard.Run]
// waits for fn a second at its end, so fn should end when the program's context does.
func (g *Guard) Go(fn func()) {
	g.wg.Go(func() {
		defer func() {
			if v := recover(); v != nil {
				g.program.Send(Panicked{v, debug.Stack()})
			}
		}()
		fn()
	})
}

// Send hands the model a message. It waits while Update is busy, and is a no-op after
// the end; feeders use tui.Feed, which never waits.
func (g *Guard) Send(msg tea.Msg) { g.program.Send(msg) }

// Ended tells whether the program is over and its model free to be used. After a
// [Guard.Run] that left a stuck Update behind it is false.
func (g *Guard) Ended() bool { return g.ended.Load() }

// Run runs the program until it quits, ctx ends, a signal ends it or it breaks. The
// error is nil after a quit, a [Signal] after a signal, [Panicked] after a panic in
// Update or View, else what went wrong; see [Code]. Run returns even when Update is
// stuck; the process should end then.
func (g *Guard) Run(ctx context.Context) error {
	var saved *term.State
	if g.out != nil {
		var err error
		if saved, err = term.GetState(g.out.Fd()); err != nil {
			return fmt.Errorf("read the terminal's state: %w", err)
		}
	}
	sigs := make(chan os.Signal, 4)
	signal.Notify(sigs, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGINT, syscall.SIGQUIT)
	defer signal.Stop(sigs)

	done := make(chan error, 1)
	go func() { // not waited for when Update is stuck
		_, err := g.program.Run()
		g.ended.Store(true)
		done <- err
	}()
	clean, err := g.wait(ctx, sigs, done)
	g.restore(saved, clean)
	within(grace, g.wg.Wait)
	g.report(err)
	return err
}

// wait returns why the program ended, and whether it restored the terminal itself.
func (g *Guard) wait(ctx context.Context, sigs <-chan os.Signal, done <-chan error) (clean bool, why error) {
	for {
		select {
		case err := <-done:
			if p := g.fatal.Load(); p != nil {
				return err == nil, *p
			}
			return err == nil, err
		case <-ctx.Done():
			return g.end(done), nil
		case s := <-sigs:
			if g.foreign.Load() && (s == syscall.SIGINT || s == syscall.SIGQUIT) {
				continue // meant for the other program
			}
			return g.end(done), Signal{s}
		}
	}
}

// end asks the program to quit and kills it when it does not, which is so when
// Update is stuck. It tells whether the program ended by itself.
func (g *Guard) end(done <-chan error) bool {
	g.Go(g.program.Quit) // waits while Update is stuck
	timer := time.NewTimer(grace)
	defer timer.Stop()
	select {
	case err := <-done:
		return err == nil
	case <-timer.C:
		within(grace, g.program.Kill)
		return false
	}
}

// restore puts the terminal back. What the program itself put back is not reset
// again: leaving the alternate screen twice may move the cursor.
func (g *Guard) restore(saved *term.State, clean bool) {
	if g.out == nil {
		return
	}
	if !clean {
		within(grace, func() { _, _ = g.out.WriteString(reset) }) // may block when the terminal is gone
	}
	_ = term.Restore(g.out.Fd(), saved)
}

// within waits for fn, at most d.
func within(d time.Duration, fn func()) {
	done := make(chan struct{})
	go func() { fn(); close(done) }()
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-done:
	case <-timer.C:
	}
}
