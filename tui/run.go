package tui

import (
	"context"
	"io"
	"os"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"

	"github.com/microtop/microtop/tui/guard"
	"github.com/microtop/microtop/tui/theme"
)

// Config is what the program above gives the shell.
type Config struct {
	Name   string      // the program's, in the header and the window title
	Theme  theme.Theme // zero: theme.Default
	Routes []Route     // in the order of help
	Start  Open        // the first screen
	Keys   Keymap      // the user's own keys

	// Header returns the header's segments for a width; asked once a second and after
	// each change. nil: the name only.
	Header func(w int) []Segment
	// Palette returns what ctrl+p offers besides actions and screens.
	Palette func() []Item
	// Close ends what stands behind the screens, such as a connection. It is called beside
	// the program once a [Swap] has put others in their place and they are closed; not when
	// the program ends. nil does nothing.
	Close func()
	// Journal keeps what was done and said; nil: one that nobody else reads.
	Journal *Journal

	// Look is how screens looked when the last run ended. KeepLook is given it at the end
	// if it changed.
	Look     Look
	KeepLook func(Look)

	NoMouse bool   // leave the mouse to the terminal; M switches
	Plain   string // the commands to use where no full screen can be, for [Run]'s refusal

	// For tests and other terminals than the process's own. Input and Output nil are
	// stdin and stdout; Width and Height are for an Output that is no terminal.
	Input         io.Reader
	Output        io.Writer
	Width, Height int
	Getenv        func(string) string // nil: os.Getenv
}

func (c Config) getenv(name string) string {
	if c.Getenv != nil {
		return c.Getenv(name)
	}
	return os.Getenv(name)
}

// Run runs the console until it is quit, ctx ends or a signal ends it, and restores
// the terminal whatever happens. [guard.Code] of the error is the exit status.
func Run(ctx context.Context, cfg Config) error {
	out := os.Stdout
	if cfg.Output != nil {
		out, _ = cfg.Output.(*os.File)
	} else if err := guard.Check(cfg.getenv, out, cfg.Plain); err != nil {
		return err
	}
	shell, err := NewShell(ctx, cfg)
	if err != nil {
		return err
	}
	g := guard.New(shell, out, os.Stderr, Options(cfg)...)
	err = g.Run(ctx)
	if g.Ended() { // else Update is stuck and the screens are not ours to touch
		shell.Close()
	}
	return err
}

// Options are the program options the configuration asks for.
func Options(cfg Config) []tea.ProgramOption {
	opts := []tea.ProgramOption{tea.WithFilter(Calm(time.Now))}
	if cfg.Input != nil {
		opts = append(opts, tea.WithInput(cfg.Input))
	}
	if cfg.Output != nil {
		opts = append(opts, tea.WithOutput(cfg.Output))
	}
	if cfg.Width > 0 || cfg.Height > 0 {
		opts = append(opts, tea.WithWindowSize(cfg.Width, cfg.Height))
	}
	if cfg.Theme.Name == "plain" || theme.NoColor(cfg.getenv) {
		opts = append(opts, tea.WithColorProfile(colorprofile.ASCII))
	}
	return opts
}

// Calm returns a filter that lets one wheel or motion event through in 16 ms, so that
// a flood from a touch pad does not delay keys.
func Calm(now func() time.Time) func(tea.Model, tea.Msg) tea.Msg {
	var last time.Time
	return func(_ tea.Model, msg tea.Msg) tea.Msg {
		switch msg.(type) {
		case tea.MouseWheelMsg, tea.MouseMotionMsg:
			if now().Sub(last) < 16*time.Millisecond {
				return nil
			}
			last = now()
		}
		return msg
	}
}
