package termshot

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/charmbracelet/x/vt"
	"github.com/creack/pty"
)

// grace is how long Close waits between asking the program to go and killing it.
const grace = 2 * time.Second

// Command says what to run and how large its terminal is.
type Command struct {
	Path   string
	Args   []string
	Dir    string   // the caller's when empty
	Env    []string // the caller's when nil; TERM and COLORTERM are set on top of either
	Width  int      // columns
	Height int      // rows
}

// Session is a program running in a terminal. Its methods may be called from several goroutines.
type Session struct {
	command *exec.Cmd
	tty     *os.File
	answers io.Closer // ends the emulator's answers
	loops   sync.WaitGroup
	drained chan struct{} // closed when the program ended and its last output is on the screen
	exited  chan struct{} // closed when the program ended; exit is set before
	exit    error
	close   sync.Once

	mu        sync.Mutex // guards what follows
	emulator  *vt.Emulator
	changed   chan struct{} // closed and replaced at each write
	cursor    bool
	title     string
	clipboard string
	written   int64
}

// Start runs the command. The program is killed when ctx ends; Close must be called in any case.
func Start(ctx context.Context, c Command) (*Session, error) {
	if c.Width <= 0 || c.Height <= 0 {
		return nil, fmt.Errorf("a terminal of %d columns and %d rows: both must be above 0", c.Width, c.Height)
	}
	s := &Session{
		command:  exec.CommandContext(ctx, c.Path, c.Args...), //nolint:gosec // running what the caller names is the purpose
		drained:  make(chan struct{}),
		exited:   make(chan struct{}),
		emulator: vt.NewEmulator(c.Width, c.Height),
		changed:  make(chan struct{}),
		cursor:   true,
	}
	s.command.Dir = c.Dir
	s.command.Env = c.Env
	if c.Env == nil {
		s.command.Env = os.Environ()
	}
	s.command.Env = append(s.command.Env, "TERM=xterm-256color", "COLORTERM=truecolor")
	s.command.Cancel = func() error { return s.signal(syscall.SIGKILL) }
	s.emulator.SetCallbacks(vt.Callbacks{
		CursorVisibility: func(visible bool) { s.cursor = visible },
		Title:            func(title string) { s.title = title },
	})
	s.emulator.RegisterOscHandler(clipboardOSC, s.copied)
	answers, ok := s.emulator.InputPipe().(io.Closer)
	if !ok {
		return nil, errors.New("the terminal emulator's input cannot be closed")
	}
	s.answers = answers
	tty, err := pty.StartWithSize(s.command, size(c.Width, c.Height))
	if err != nil {
		return nil, fmt.Errorf("start %s in a terminal: %w", c.Path, err)
	}
	s.tty = tty
	s.loops.Go(s.draw)
	s.loops.Go(s.answer)
	s.loops.Go(s.reap)
	return s, nil
}

// draw feeds the program's output to the emulator until the terminal closes.
func (s *Session) draw() {
	defer close(s.drained)
	buffer := make([]byte, 32<<10)
	for {
		n, err := s.tty.Read(buffer)
		s.mu.Lock()
		_, _ = s.emulator.Write(buffer[:n]) // the emulator takes any bytes
		s.written += int64(n)
		close(s.changed)
		s.changed = make(chan struct{})
		s.mu.Unlock()
		if err != nil { // EIO: the program and its children have let go of the terminal
			return
		}
	}
}

// answer hands the emulator's answers (cursor position, device attributes …) to the program. It goes on reading when nobody
// wants them any more, because the emulator waits for its reader.
func (s *Session) answer() {
	buffer := make([]byte, 1<<10)
	for {
		n, err := s.emulator.Read(buffer)
		if err != nil {
			return
		}
		_, _ = s.tty.Write(buffer[:n]) // fails once the terminal is closed
	}
}

func (s *Session) reap() {
	s.exit = s.command.Wait()
	close(s.exited)
}

// signal reaches the program and all its children: the terminal made them a group of their own.
func (s *Session) signal(sig syscall.Signal) error {
	if err := syscall.Kill(-s.command.Process.Pid, sig); err != nil && !errors.Is(err, syscall.ESRCH) {
		return err
	}
	return nil
}

// Screen is the text of the screen now: a line per row, without the blanks at their ends.
func (s *Session) Screen() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.emulator.String()
}

// AltScreen says whether the program shows the alternate screen, as full-screen programs do until they end.
func (s *Session) AltScreen() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.emulator.IsAltScreen()
}

// Written is how many bytes the program has written to the terminal.
func (s *Session) Written() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.written
}

// Pid is the process id of the program.
func (s *Session) Pid() int { return s.command.Process.Pid }

// Resize changes the size of the terminal and tells the program.
func (s *Session) Resize(width, height int) error {
	s.mu.Lock()
	s.emulator.Resize(width, height)
	s.mu.Unlock()
	if err := pty.Setsize(s.tty, size(width, height)); err != nil {
		return fmt.Errorf("resize the terminal to %dx%d: %w", width, height, err)
	}
	return nil
}

func size(width, height int) *pty.Winsize {
	return &pty.Winsize{Cols: uint16(width), Rows: uint16(height)} //nolint:gosec // terminals are small; 65,536 columns wrap in the kernel too
}

// WaitFor waits until the screen satisfies the condition, looking at it after each output. The error of a context that ended,
// or of a program that did, carries the last screen.
func (s *Session) WaitFor(ctx context.Context, condition func(screen string) bool) error {
	for {
		s.mu.Lock()
		screen, changed := s.emulator.String(), s.changed
		s.mu.Unlock()
		if condition(screen) {
			return nil
		}
		select {
		case <-changed:
		case <-s.drained:
			if condition(s.Screen()) {
				return nil
			}
			return fmt.Errorf("the program ended first; its last screen:\n%s", s.Screen())
		case <-ctx.Done():
			return fmt.Errorf("%w; the screen now:\n%s", ctx.Err(), screen)
		}
	}
}

// Contains is the condition that the screen shows a text.
func Contains(text string) func(screen string) bool {
	return func(screen string) bool { return strings.Contains(screen, text) }
}

// Wait waits until the program has ended and its last output is on the screen, and returns its exit error (nil for status 0).
func (s *Session) Wait(ctx context.Context) error {
	for _, done := range []chan struct{}{s.exited, s.drained} {
		select {
		case <-done:
		case <-ctx.Done():
			return fmt.Errorf("wait for %s to end: %w", s.command.Path, ctx.Err())
		}
	}
	return s.exit
}

// Close ends the program (SIGHUP, as a closed window does, then SIGKILL after two seconds), its children too, and waits. The
// screen stays readable. Closing twice is fine.
func (s *Session) Close() error {
	var err error
	s.close.Do(func() {
		err = s.signal(syscall.SIGHUP)
		timer := time.NewTimer(grace)
		defer timer.Stop()
		select {
		case <-s.exited:
		case <-timer.C:
		}
		err = errors.Join(err, s.signal(syscall.SIGKILL))
		<-s.exited
		err = errors.Join(err, s.tty.Close(), s.answers.Close())
		s.loops.Wait()
	})
	return err
}
