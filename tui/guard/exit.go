package guard

import (
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"syscall"

	"github.com/charmbracelet/x/term"

	"github.com/microtop/microtop/tui/safetext"
)

// Signal is the error of a program that a signal ended.
type Signal struct{ Signal os.Signal }

// Error names the signal.
func (s Signal) Error() string { return "ended by a signal: " + s.Signal.String() }

// Error says what was wrong, in one line.
func (p Panicked) Error() string {
	return safetext.Format("internal error: %v", p.Value).String()
}

// Code is the exit status for an error of [Guard.Run]: 0 for nil, 128 and the
// signal's number as shells have it, else 1.
func Code(err error) int {
	var s Signal
	switch {
	case err == nil:
		return 0
	case errors.As(err, &s):
		if n, ok := s.Signal.(syscall.Signal); ok {
			return 128 + int(n)
		}
	}
	return 1
}

// Check refuses what no full-screen program can run on. plain names what to use instead.
func Check(getenv func(string) string, out *os.File, plain string) error {
	switch {
	case out == nil || !term.IsTerminal(out.Fd()):
		return fmt.Errorf("the output is not a terminal: use %s", plain)
	case getenv("TERM") == "dumb":
		return fmt.Errorf("the terminal is too simple (TERM=dumb): use %s", plain)
	}
	return nil
}

// report prints the stack after a panic, and where every goroutine is after SIGQUIT.
func (g *Guard) report(err error) {
	var p Panicked
	var s Signal
	switch {
	case errors.As(err, &p):
		p.Print(g.errs)
	case errors.As(err, &s) && s.Signal == syscall.SIGQUIT:
		stacks := make([]byte, 1<<20)
		stacks = stacks[:runtime.Stack(stacks, true)]
		_, _ = fmt.Fprintln(g.errs, safetext.CleanBlock(string(stacks)))
	}
}

// Print writes the panic's value and stack, safe for a terminal.
func (p Panicked) Print(w io.Writer) {
	_, _ = fmt.Fprintf(w, "%s\n\n%s\n", p.Error(), safetext.CleanBlock(string(p.Stack)))
}
