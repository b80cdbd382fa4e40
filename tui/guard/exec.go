package guard

import (
	"io"
	"os/exec"
	"sync/atomic"

	tea "charm.land/bubbletea/v2"
)

// Exec is a message that hands the terminal to another program, an editor say, until
// it ends. Unlike tea.ExecProcess it lets ctrl+c end that program only.
type Exec struct {
	Command *exec.Cmd
	Done    func(error) tea.Msg // must not panic
}

// foreign runs the other program and says so.
type foreign struct {
	*exec.Cmd
	running *atomic.Bool
}

var _ tea.ExecCommand = (*foreign)(nil)

func (f *foreign) Run() error {
	f.running.Store(true)
	defer f.running.Store(false)
	return f.Cmd.Run()
}

func (f *foreign) SetStdin(r io.Reader)  { f.Stdin = r }
func (f *foreign) SetStdout(w io.Writer) { f.Stdout = w }
func (f *foreign) SetStderr(w io.Writer) { f.Stderr = w }
