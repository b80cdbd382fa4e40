package cli

import (
	"context"
	"os"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/microtop/microtop/introspect/secret"
	"github.com/microtop/microtop/tui"
	"github.com/microtop/microtop/tui/guard"
	"github.com/microtop/microtop/tui/theme"
)

// plainCommands are what serves where the console cannot.
const plainCommands = "microtop services, call, stream, tail, profile … (microtop --help lists them)"

// consoleFlags shape the console.
type consoleFlags struct {
	theme   string
	ascii   bool
	noMouse bool
}

func (f *consoleFlags) add(flags *pflag.FlagSet) {
	flags.StringVar(&f.theme, "theme", "default", "the console's colours: default (the terminal's own), light, dark, colorblind or plain")
	flags.BoolVar(&f.ascii, "ascii", false, "draw the console with ASCII only")
	flags.BoolVar(&f.noMouse, "no-mouse", false, "leave the mouse to the terminal")
}

func (a *app) console(cmd *cobra.Command, _ []string) error { return a.openConsole(cmd.Context()) }

// openConsole runs the console until it is left. Its guard takes the signals from here on.
func (a *app) openConsole(ctx context.Context) error {
	if err := guard.Check(os.Getenv, os.Stdout, plainCommands); err != nil {
		return err
	}
	look, err := theme.FromEnv(a.look.theme, a.look.ascii, os.Getenv)
	if err != nil {
		return usageError{err}
	}
	where, err := a.target()
	if err != nil {
		return err
	}
	journal := tui.NewJournal(func(text string) string { return secret.Text(text) })
	hub, err := newHub(context.WithoutCancel(ctx), a, look, journal)
	if err != nil {
		return err
	}
	first, err := hub.connect(ctx, a, where)
	if err != nil {
		return err
	}
	err = tui.Run(context.WithoutCancel(ctx), tui.Config{
		Name: "microtop", Theme: look, Routes: first.Routes, Start: first.Start, Header: first.Header, Palette: first.Palette, Close: first.Close,
		Journal: journal, NoMouse: a.look.noMouse, Plain: plainCommands,
		Look: readLook(lookFile()), KeepLook: keepLook(lookFile()),
	})
	if closed := hub.close(); err == nil {
		err = closed
	}
	return err
}
