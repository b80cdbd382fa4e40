package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/microtop/microtop/internal/demo"
	"github.com/microtop/microtop/introspect/contexts"
)

func (a *app) demoCommand() *cobra.Command {
	var headless bool
	var limit time.Duration
	cmd := &cobra.Command{
		Use: "demo", Short: "Start a shop of ten services and open the console on it", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if limit < 0 {
				return usagef("--for must not be negative")
			}
			if cmd.Flags().Changed("context") {
				return usagef("the demo is its own target: leave --context out")
			}
			a.flags.context = contexts.None
			if headless || limit > 0 || !onTerminal(a.out) || !readsTerminal(a.in) {
				return a.headlessDemo(cmd.Context(), limit)
			}
			return a.demoConsole(cmd.Context())
		},
	}
	a.look.add(cmd.Flags())
	cmd.Flags().BoolVar(&headless, "headless", false, "only run the fleet")
	cmd.Flags().DurationVar(&limit, "for", 0, "end this long after the fleet is up; implies --headless")
	return cmd
}

func readsTerminal(in io.Reader) bool {
	f, ok := in.(io.Writer)
	return ok && onTerminal(f)
}

// headlessDemo runs the fleet until the time is up or a signal ends it.
func (a *app) headlessDemo(ctx context.Context, limit time.Duration) error {
	err := demo.Run(ctx, a.demoConfig(a.out), limit)
	if err == nil && ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

func (a *app) demoConfig(out io.Writer) demo.Config {
	return demo.Config{Registry: a.flags.registry, RegistryAddress: a.flags.registryAddress, Out: out, Notes: a.err}
}

// demoConsole starts the fleet, opens the console on it, and stops it when the console is left.
func (a *app) demoConsole(ctx context.Context) error {
	_, _ = fmt.Fprintln(a.err, "starting the shop: ten services, each a process of its own …")
	f, err := demo.Start(ctx, a.demoConfig(a.err))
	if err != nil {
		return err
	}
	a.flags.registry, a.flags.registryAddress = f.Registry()
	err = a.openConsole(ctx)
	_, _ = fmt.Fprintln(a.err, "stopping the shop …")
	return errors.Join(err, f.Stop())
}

// demoNodeCommand is what the fleet's processes run.
func (a *app) demoNodeCommand() *cobra.Command {
	return &cobra.Command{
		Use: demo.NodeCommand, Hidden: true, DisableFlagParsing: true,
		RunE: func(cmd *cobra.Command, args []string) error { return demo.RunNode(cmd.Context(), args) },
	}
}
