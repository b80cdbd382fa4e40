//go:build unix

package tui_test

import (
	"io"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/charmbracelet/x/vt"
	"github.com/creack/pty"
)

// real is a console in a pty.
type real struct {
	t    *testing.T
	cmd  *exec.Cmd
	ptmx *os.File
	em   *vt.SafeEmulator
	mu   sync.Mutex
	raw  strings.Builder
}

func startReal(t *testing.T, env ...string) *real {
	t.Helper()
	r := &real{t: t, em: vt.NewSafeEmulator(80, 24), cmd: exec.CommandContext(t.Context(), os.Args[0])}
	r.cmd.Env = append(append(os.Environ(), "TUI_RUN=1", "TERM=xterm-256color", "LANG=C.UTF-8", "LC_ALL="), env...)
	ptmx, err := pty.StartWithSize(r.cmd, &pty.Winsize{Rows: 24, Cols: 80})
	if err != nil {
		t.Fatal("no pty: ", err)
	}
	r.ptmx = ptmx
	var wg sync.WaitGroup
	wg.Go(func() { _, _ = io.Copy(r, ptmx) })
	wg.Go(func() { _, _ = io.Copy(ptmx, r.em) }) // a terminal answers questions
	t.Cleanup(func() {
		_ = r.cmd.Process.Kill()
		_ = r.em.InputPipe().(io.Closer).Close()
		_ = ptmx.Close()
		wg.Wait()
	})
	return r
}

func (r *real) Write(p []byte) (int, error) {
	r.mu.Lock()
	r.raw.Write(p)
	r.mu.Unlock()
	return r.em.Write(p)
}

func (r *real) written() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.raw.String()
}

func (r *real) waitFor(text string) {
	r.t.Helper()
	strip := regexp.MustCompile(`\x1b\[[0-9;:]*m`)
	for deadline := time.Now().Add(10 * time.Second); !strings.Contains(strip.ReplaceAllString(r.em.Render(), ""), text); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			r.t.Fatalf("no %q on the screen:\n%s", text, r.em.Render())
		}
	}
}

func (r *real) keys(s string) {
	r.t.Helper()
	if _, err := r.ptmx.WriteString(s); err != nil {
		r.t.Fatal(err)
	}
}

func (r *real) exits(code int) {
	r.t.Helper()
	_ = r.cmd.Wait()
	if got := r.cmd.ProcessState.ExitCode(); got != code {
		r.t.Errorf("exit status %d, want %d", got, code)
	}
}

func TestRunInATerminal(t *testing.T) {
	t.Parallel()
	r := startReal(t)
	r.waitFor("apple")
	r.keys(":frui")
	r.waitFor(":fruit")
	r.keys("\x1b")
	r.waitFor(": command")
	r.keys("\x0c") // ctrl+l: the alternate screen is entered anew
	for deadline := time.Now().Add(5 * time.Second); strings.Count(r.written(), "\x1b[?1049h") < 2; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("ctrl+l does not enter the alternate screen again")
		}
	}
	r.waitFor("apple")
	if err := pty.Setsize(r.ptmx, &pty.Winsize{Rows: 24, Cols: 60}); err != nil {
		t.Fatal(err)
	}
	r.waitFor("─┐")
	r.keys("q")
	r.exits(0)
}

func TestRunEndsBySignal(t *testing.T) {
	t.Parallel()
	r := startReal(t)
	r.waitFor("apple")
	if err := r.cmd.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	r.exits(129)
}

func TestNoColorOfAnyTextMeansNoColour(t *testing.T) {
	t.Parallel()
	r := startReal(t, "NO_COLOR=yes")
	r.waitFor("apple")
	r.waitFor("? help")
	if colour := regexp.MustCompile(`\x1b\[([0-9;]*;)?(3|4|9|10)[0-9][;m]`).FindString(r.written()); colour != "" {
		t.Errorf("wrote %q", colour)
	}
	if !strings.Contains(r.written(), "\x1b[7m") && !strings.Contains(r.written(), ";7m") {
		t.Error("the selected row does not stand out")
	}
	r.keys("q")
	r.exits(0)
}

func TestALinuxConsoleGetsASCII(t *testing.T) {
	t.Parallel()
	r := startReal(t, "TERM=linux")
	r.waitFor("+-----")
	if strings.ContainsFunc(r.written(), func(c rune) bool { return c > 126 }) {
		t.Error("more than ASCII was written")
	}
	r.keys("q")
	r.exits(0)
}
