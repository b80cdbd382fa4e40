//go:build unix

package guard_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/term"
	"github.com/creack/pty"
	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/microtop/microtop/tui/guard"
)

// The test binary is also the program under test: GUARD_CASE says what goes wrong.
func TestMain(m *testing.M) {
	if name := os.Getenv("GUARD_CASE"); name != "" {
		os.Exit(program(name))
	}
	goleak.VerifyTestMain(m)
}

func program(name string) int {
	if err := guard.Check(os.Getenv, os.Stdout, "services, call"); err != nil {
		fmt.Println(err)
		return 1
	}
	m := &model{name: name}
	m.guard = guard.New(m, os.Stdout, os.Stderr)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	m.cancel = cancel
	err := m.guard.Run(ctx)
	fmt.Printf("ended, error: %v\n", err)
	return guard.Code(err)
}

type model struct {
	name   string
	guard  *guard.Guard
	cancel func()
	said   string
	broken bool
}

func (m *model) Init() tea.Cmd { return nil }

func (m *model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case guard.Panicked:
		m.said = "SAID " + msg.Error()
	case string:
		m.said = msg
	case tea.KeyPressMsg:
		switch msg.String() {
		case "q":
			return m, tea.Quit
		case "ctrl+z":
			return m, tea.Suspend
		case "e":
			return m, func() tea.Msg {
				return guard.Exec{
					Command: exec.CommandContext(context.Background(), "sh", "-c", "trap 'echo SH''ELL; exit 3' INT; echo RUN''NING; while :; do sleep 0.01; done"),
					Done:    func(err error) tea.Msg { return fmt.Sprint("EDITED ", err) },
				}
			}
		case "x":
			return m, m.breakIt()
		}
	}
	return m, nil
}

func (m *model) breakIt() tea.Cmd {
	boom := func() tea.Msg { panic("boom \x1b[31m") }
	switch m.name {
	case "update":
		panic("boom in update")
	case "view":
		m.broken = true
	case "cmd":
		return boom
	case "batch":
		return tea.Sequence(func() tea.Msg { return nil }, tea.Batch(boom, func() tea.Msg { return nil }))
	case "go":
		m.guard.Go(func() { panic("boom in a goroutine") })
	case "cancel":
		m.cancel()
	case "stuck":
		fmt.Print("STUCK")
		select {}
	}
	return nil
}

func (m *model) View() tea.View {
	if m.broken {
		panic("boom in view")
	}
	v := tea.NewView("READY\n" + m.said)
	v.AltScreen, v.MouseMode, v.ReportFocus = true, tea.MouseModeCellMotion, true
	return v
}

// child is a program in a pty.
type child struct {
	t      *testing.T
	cmd    *exec.Cmd
	ptmx   *os.File
	tty    *os.File // stays open, to read the terminal's state after the exit
	before *term.State
	mu     sync.Mutex
	out    bytes.Buffer
}

func start(t *testing.T, env string, command ...string) *child {
	t.Helper()
	ptmx, tty, err := pty.Open()
	if err != nil {
		t.Fatal("no pty: ", err)
	}
	if err := pty.Setsize(ptmx, &pty.Winsize{Rows: 24, Cols: 80}); err != nil {
		t.Fatal(err)
	}
	before, err := term.GetState(tty.Fd())
	if err != nil {
		t.Fatal(err)
	}
	c := &child{t: t, ptmx: ptmx, tty: tty, before: before}
	c.cmd = exec.CommandContext(t.Context(), command[0], command[1:]...)
	c.cmd.Env = append(os.Environ(), "TERM=xterm-256color", "PS1=PROMPT> ", "GUARD_CASE="+env,
		"GORACE=exitcode=0 log_path=/dev/null") // killing a stuck program races inside its libraries
	c.cmd.Stdin, c.cmd.Stdout, c.cmd.Stderr = tty, tty, tty
	c.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := c.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	wg.Go(func() { _, _ = io.Copy(c, ptmx) })
	t.Cleanup(func() {
		_ = c.cmd.Process.Kill()
		_ = tty.Close()
		_ = ptmx.Close()
		wg.Wait()
	})
	return c
}

func (c *child) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.out.Write(p)
}

func (c *child) output() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.out.String()
}

// waitFor waits until text has come n times.
func (c *child) waitFor(text string, n int) {
	c.t.Helper()
	deadline := time.Now().Add(10 * time.Second)
	for strings.Count(c.output(), text) < n {
		if time.Now().After(deadline) {
			c.t.Fatalf("no %q in %q", text, c.output())
		}
		time.Sleep(5 * time.Millisecond)
	}
}

func (c *child) keys(s string) {
	c.t.Helper()
	if _, err := c.ptmx.WriteString(s); err != nil {
		c.t.Fatal(err)
	}
}

// exits waits for the end and checks the status and the terminal.
func (c *child) exits(code int) {
	c.t.Helper()
	done := make(chan struct{})
	go func() { _ = c.cmd.Wait(); close(done) }()
	select {
	case <-done:
	case <-time.After(10 * time.Second):
		c.t.Fatalf("does not end: %q", c.output())
	}
	if got := c.cmd.ProcessState.ExitCode(); got != code {
		c.t.Errorf("exit status %d, want %d", got, code)
	}
	c.waitFor("ended, error: ", 1) // the program's last words: all before it was read
	c.restored()
}

var mode = regexp.MustCompile(`\x1b\[\?([0-9;]+)([hl])`)

// restored checks the terminal: its settings, and each mode that was ever switched.
func (c *child) restored() {
	c.t.Helper()
	after, err := term.GetState(c.tty.Fd())
	if err != nil {
		c.t.Fatal(err)
	}
	if d := cmp.Diff(fmt.Sprintf("%+v", c.before), fmt.Sprintf("%+v", after)); d != "" {
		c.t.Errorf("the terminal's settings changed:\n%s", d)
	}
	on := map[string]bool{}
	for _, m := range mode.FindAllStringSubmatch(c.output(), -1) {
		for _, n := range strings.Split(m[1], ";") {
			on[n] = m[2] == "h"
		}
	}
	if _, ever := on["1049"]; !ever {
		c.t.Error("the alternate screen was never used: the test proves nothing")
	}
	for n, on := range on {
		if on != (n == "25") { // only the cursor stays on
			c.t.Errorf("mode %s is %v", n, on)
		}
	}
}

func TestTheTerminalIsRestored(t *testing.T) {
	for _, c := range []struct {
		name  string
		keys  string
		sees  string // on the screen before sig is sent
		sig   syscall.Signal
		code  int
		print string // after the end
	}{
		{name: "quit", keys: "q", print: "ended, error: <nil>"},
		{name: "update", keys: "x", code: 1, print: "boom in update\r\n\r\ngoroutine "},
		{name: "view", keys: "x", code: 1, print: "boom in view\r\n\r\ngoroutine "},
		{name: "cancel", keys: "x", print: "ended, error: <nil>"},
		{name: "cmd", keys: "x", sees: "SAID", sig: syscall.SIGTERM, code: 143},
		{name: "batch", keys: "x", sees: "SAID", sig: syscall.SIGTERM, code: 143},
		{name: "go", keys: "x", sees: "SAID", sig: syscall.SIGTERM, code: 143},
		{name: "term", sig: syscall.SIGTERM, code: 143},
		{name: "hup", sig: syscall.SIGHUP, code: 129},
		{name: "int", sig: syscall.SIGINT, code: 130},
		{name: "quit signal", sig: syscall.SIGQUIT, code: 131, print: "goroutine 1 ["},
		{name: "stuck", keys: "x", sees: "STUCK", sig: syscall.SIGTERM, code: 143},
		{name: "stuck", keys: "x", sees: "STUCK", sig: syscall.SIGHUP, code: 129},
		{name: "stuck", keys: "x", sees: "STUCK", sig: syscall.SIGQUIT, code: 131, print: "breakIt"},
	} {
		t.Run(c.name+" "+c.sig.String(), func(t *testing.T) {
			t.Parallel()
			p := start(t, c.name, os.Args[0])
			p.waitFor("READY", 1)
			if c.keys != "" {
				p.keys(c.keys)
			}
			if c.sees != "" {
				p.waitFor(c.sees, 1)
			}
			if c.sig != 0 {
				if err := p.cmd.Process.Signal(c.sig); err != nil {
					t.Fatal(err)
				}
			}
			p.exits(c.code)
			if c.print != "" {
				p.waitFor(c.print, 1)
			}
			out := p.output()
			if end := strings.LastIndex(out, "\x1b[?1049l"); c.code != 0 && strings.Contains(out[:max(end, 0)], "goroutine ") {
				t.Errorf("a stack was printed before the terminal was restored: %q", out)
			}
			if strings.Contains(out, "boom \x1b[31m") {
				t.Error("the panic's value reached the terminal as it was")
			}
		})
	}
}

func TestSuspendAndResume(t *testing.T) {
	p := start(t, "suspend", "sh", "-i")
	p.waitFor("PROMPT> ", 1)
	p.keys(os.Args[0] + "\n")
	for round := 1; round <= 2; round++ {
		p.waitFor("READY", round)
		p.keys("\x1a")
		p.waitFor("PROMPT> ", round+1)
		p.keys("fg\n")
	}
	p.waitFor("READY", 3)
	p.keys("q")
	p.waitFor("ended, error: <nil>", 1)
	p.waitFor("PROMPT> ", 4)
	p.keys("exit\n")
	p.exits(0)
}

func TestInterruptDuringAnotherProgramEndsOnlyThat(t *testing.T) {
	p := start(t, "exec", os.Args[0])
	p.waitFor("READY", 1)
	p.keys("e")
	p.waitFor("RUNNING", 1)
	p.keys("\x03")
	p.waitFor("SHELL", 1)
	p.waitFor("EDITED exit status 3", 1)
	p.keys("q")
	p.exits(0)
}

func TestTheFirstProcessOfATerminalDoesNotStop(t *testing.T) {
	p := start(t, "suspend", os.Args[0])
	p.waitFor("READY", 1)
	p.keys("\x1aq")
	p.exits(0)
}

func TestCheckRefuses(t *testing.T) {
	getenv := func(string) string { return "dumb" }
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	if err := guard.Check(getenv, w, "services, call"); err == nil || !strings.Contains(err.Error(), "services, call") {
		t.Errorf("a pipe: %v", err)
	}
	ptmx, tty, err := pty.Open()
	if err != nil {
		t.Fatal("no pty: ", err)
	}
	defer ptmx.Close()
	defer tty.Close()
	if err := guard.Check(getenv, tty, "services, call"); err == nil || strings.Contains(err.Error(), "\n") {
		t.Errorf("TERM=dumb: %v", err)
	}
	if err := guard.Check(func(string) string { return "xterm" }, tty, ""); err != nil {
		t.Error(err)
	}
}
