// Package cli is the command line: thin commands that parse, call introspect or profiling, and print.
//
// Output shapes, flags and exit statuses are a contract with scripts: docs/commands.md.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/microtop/microtop/introspect/invoke"
	"github.com/microtop/microtop/introspect/nearest"
	"github.com/microtop/microtop/introspect/schema"
	"github.com/microtop/microtop/tui/guard"
	"github.com/microtop/microtop/tui/safetext"
)

// version is stamped by the build.
var version string

// Exit statuses.
const (
	exitOK          = 0
	exitFailed      = 1   // a call, a look-up or a node failed
	exitUsage       = 2   // wrong flags, malformed JSON, an unknown field: nothing was sent
	exitInterrupted = 130 // SIGINT
)

// usageError marks an error of the command line's form.
type usageError struct{ error }

// Unwrap returns the error that is marked.
func (e usageError) Unwrap() error { return e.error }

func usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// silentError ends a command whose output has said what failed.
type silentError struct{}

// Error implements error.
func (silentError) Error() string { return "failed" }

// app is what every command works with.
type app struct {
	in       io.Reader
	out, err io.Writer
	flags    connectFlags
	given    *pflag.FlagSet // where flags are
	look     consoleFlags
	output   string
}

// Main runs the command line and returns the exit status. A second signal ends the process at once.
func Main(args []string, in io.Reader, out, errOut io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop)
	a := &app{in: in, out: out, err: errOut}
	root := a.root()
	root.SetArgs(args)
	root.SetIn(in)
	root.SetOut(out)
	root.SetErr(errOut)
	err := root.ExecuteContext(ctx)
	return a.exit(ctx, err)
}

func (a *app) exit(ctx context.Context, err error) int {
	var usage usageError
	var body *schema.BodyError
	var kind *invoke.KindError
	var silent silentError
	var signalled guard.Signal
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &signalled):
		return guard.Code(err)
	case ctx.Err() != nil:
		return exitInterrupted // whatever that made fail
	case errors.As(err, &silent):
		return exitFailed
	}
	text := strings.ReplaceAll(safetext.CleanBlock(err.Error()).String(), "\n", "\n  ") // what follows is of the same error
	_, _ = fmt.Fprintf(a.err, "microtop: %s\n", text)                                   // nowhere to say that this failed
	if errors.As(err, &usage) || errors.As(err, &body) || errors.As(err, &kind) {
		return exitUsage
	}
	return exitFailed
}

func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "microtop",
		Short: "A terminal ops console for fleets of microservices",
		Long: "microtop watches the registry live, calls and streams with any endpoint, tails topics and takes profiles.\n" +
			"Without a command it opens the console; every action of the console is a command too.",
		Args:          cobra.NoArgs,
		SilenceErrors: true,
		SilenceUsage:  true,
		RunE:          a.console,

		PersistentPreRunE: func(*cobra.Command, []string) error { return a.check() },
	}
	root.SetFlagErrorFunc(wrongFlag)
	flags := root.PersistentFlags()
	a.flags.add(flags)
	a.given = flags
	a.look.add(root.Flags())
	flags.StringVarP(&a.output, "output", "o", "", "output format: table, json, yaml or ndjson; describe has proto too")
	root.AddCommand(
		a.servicesCommand(), a.nodesCommand(), a.describeCommand(), a.callCommand(), a.loadCommand(), a.savedCommand(), a.streamCommand(),
		a.topicsCommand(), a.tailCommand(), a.publishCommand(), a.profileCommand(), a.healthCommand(),
		a.statsCommand(), a.logsCommand(), a.watchCommand(), a.doctorCommand(), a.contextCommand(), a.generateCommand(), a.demoCommand(), a.demoNodeCommand(), a.versionCommand(),
	)
	_ = root.RegisterFlagCompletionFunc("context", completeContextFlag) // the flag is there
	markUsage(root)
	root.SetGlobalNormalizationFunc(func(_ *pflag.FlagSet, name string) pflag.NormalizedName {
		if name == "client" { // v4's name: the client that speaks the protocol
			name = "protocol"
		}
		return pflag.NormalizedName(strings.ReplaceAll(name, "_", "-"))
	})
	return root
}

// check refuses what no command takes, before anything is asked or sent.
func (a *app) check() error {
	if a.flags.timeout <= 0 {
		return usagef("--timeout must be over 0")
	}
	_, err := a.format("", asTable, asJSON, asYAML, asNDJSON, asProto)
	return err
}

// wrongFlag says how to go on.
func wrongFlag(cmd *cobra.Command, err error) error {
	if strings.Contains(err.Error(), "missing unit in duration") {
		return usagef("%w: write 5s, 500ms or 1m30s", err)
	}
	return usagef("%w\n`%s --help` lists the flags", err, cmd.CommandPath())
}

// markUsage makes wrong arguments a usage error for every command.
func markUsage(cmd *cobra.Command) {
	if check := cmd.Args; check != nil {
		cmd.Args = func(cmd *cobra.Command, args []string) error {
			err := check(cmd, args)
			switch {
			case err == nil:
				return nil
			case !strings.HasPrefix(err.Error(), "unknown command"): // as cobra says that it takes no arguments
			case cmd.HasSubCommands():
				return unknownCommand(cmd, args[0])
			default:
				err = fmt.Errorf("%s takes no argument %q", cmd.CommandPath(), args[0])
			}
			return usagef("%w\nusage: %s", err, cmd.UseLine())
		}
	}
	for _, child := range cmd.Commands() {
		markUsage(child)
	}
}

// unknownCommand names the commands that were perhaps meant.
func unknownCommand(cmd *cobra.Command, name string) error {
	var names []string
	for _, child := range cmd.Commands() {
		if child.IsAvailableCommand() {
			names = append(names, child.Name())
		}
	}
	meant := ""
	if near := nearest.Names(name, names); len(near) > 0 {
		meant = fmt.Sprintf(": did you mean %s?", strings.Join(near, " or "))
	}
	return usagef("unknown command %q for %q%s\n`%s --help` lists the commands", name, cmd.CommandPath(), meant, cmd.CommandPath())
}
