package guard

import (
	"io"
	"os/exec"
	"sync/atomic"
	"time"

	tea "charm.land/bubbletea/v2"
)

// Exec is a message that hands the terminal to another program, an editor say, until
// it ends. Unlike tea.ExecProcess it lets ctrl+c end that program only.
type Exec struct {
	Command *exec.Cmd           // nil: the terminal is given away and taken back, which repairs it
	Done    func(error) tea.Msg // must not panic; nil: nothing is said
}

// foreign runs the other program and says so.
type foreign struct {
	command *exec.Cmd
	running *atomic.Bool
}

var _ tea.ExecCommand = (*foreign)(nil)

// away is how long the terminal is given away at least: the goroutine that Bubble Tea
// stops drawing with may otherwise stop the ticker it has just started again, and
// nothing is drawn any more.
const away = 20 * time.Millisecond

// late is how long after the other program's end a signal still counts as meant for it.
const late = 50 * time.Millisecond

func (f *foreign) Run() error {
	timer := time.NewTimer(away)
	defer func() { <-timer.C }()
	if f.command == nil {
		return nil
	}
	f.running.Store(true)
	err := f.command.Run()
	// The ctrl+c that ended the other program was sent to this one too, and may be on its way.
	settle := time.NewTimer(late)
	<-settle.C
	f.running.Store(false)
	return err
}

func (f *foreign) SetStdin(r io.Reader) {
	if f.command != nil {
		f.command.Stdin = r
	}
}

func (f *foreign) SetStdout(w io.Writer) {
	if f.command != nil {
		f.command.Stdout = w
	}
}

func (f *foreign) SetStderr(w io.Writer) {
	if f.command != nil {
		f.command.Stderr = w
	}
}
