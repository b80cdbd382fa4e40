// Package cmd is the command line of a service: flags and MICRO_* variables that choose its components and configure
// them, with v4's names.
//
// A service parses its command line by itself, on its first Init. [DefaultFlags] names the flags; each is accepted with
// dashes and with underscores, and each has environment variables, which count where the flag is not given:
//
//	MICRO_REGISTRY=file ./service --server-address :8080
//
// What is given on the command line or in the environment wins over the program's options. Programs start with [NewCmd]
// only to add flags or commands of their own to [Cmd.App].
//
// Plug-ins register their names when they are imported, if only for that:
//
//	import _ "github.com/microtop/microtop/framework/registry/file"
package cmd

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// DefaultCmd serves programs that use no service. It configures the components' Default… variables.
var DefaultCmd = NewCmd()

// Cmd is the command line of one service.
type Cmd interface {
	// App is the command that is parsed, to be given further flags and commands before Init.
	App() *cobra.Command
	// Init applies options, parses the command line and the environment, and configures the components that the options
	// point to. What cannot be parsed or found ends the process with a message and status 1, and a request for help
	// or for the version with status 0; only if Exit names a function that returns does Init return, with the error.
	Init(opts ...Option) error
	// Options returns the options in force.
	Options() Options
}

// ErrShown is what Init returns when help or the version was asked for and printed.
var ErrShown = errors.New("help shown")

// NewCmd returns a command line that has read nothing yet. Without options for the components it configures the
// components' Default… variables.
func NewCmd(opts ...Option) Cmd {
	c := &command{opts: newOptions(opts...)}
	c.app = &cobra.Command{
		Use:               filepath.Base(os.Args[0]),
		Args:              cobra.ArbitraryArgs,
		PersistentPreRunE: func(ran *cobra.Command, _ []string) error { return c.before(ran) },
		RunE:              func(*cobra.Command, []string) error { return nil },
		SilenceErrors:     true,
		SilenceUsage:      true,
		CompletionOptions: cobra.CompletionOptions{DisableDefaultCmd: true},
	}
	c.app.SetGlobalNormalizationFunc(dashes)
	c.app.PersistentFlags().AddFlagSet(DefaultFlags())
	c.title()
	return c
}

// Init initialises DefaultCmd.
func Init(opts ...Option) error { return DefaultCmd.Init(opts...) }

type command struct {
	opts Options
	app  *cobra.Command
}

var _ Cmd = (*command)(nil)

// App implements Cmd.
func (c *command) App() *cobra.Command { return c.app }

// Options implements Cmd.
func (c *command) Options() Options { return c.opts }

// Init implements Cmd.
func (c *command) Init(opts ...Option) error {
	for _, set := range opts {
		set(&c.opts)
	}
	c.title()
	err := c.parse()
	switch {
	case err == nil:
		return nil
	case errors.Is(err, ErrShown):
		c.opts.Exit(0)
	default:
		_, _ = fmt.Fprintf(c.app.ErrOrStderr(), "%s: %v\nTry --help.\n", c.app.Name(), err) // nowhere else to say it
		c.opts.Exit(1)
	}
	return err
}

// title gives the command the names in the options.
func (c *command) title() {
	if c.opts.Name != "" {
		c.app.Use = c.opts.Name
	}
	if c.opts.Description != "" {
		c.app.Short = c.opts.Description
	}
	if c.opts.Version != "" {
		c.app.Version = c.opts.Version
	}
}

func (c *command) parse() error {
	c.app.SetArgs(c.args())
	ran, err := c.app.ExecuteC()
	if err != nil {
		return err
	}
	if asked(ran, "help") || asked(ran, "version") {
		return ErrShown
	}
	return nil
}

func asked(ran *cobra.Command, name string) bool {
	f := ran.Flags().Lookup(name)
	return f != nil && f.Value.Type() == "bool" && f.Value.String() == "true"
}

// args are what is parsed. The arguments of a test program are its own.
func (c *command) args() []string {
	switch {
	case c.opts.Args != nil:
		return c.opts.Args
	case flag.Lookup("test.v") != nil:
		return []string{}
	default:
		return os.Args[1:]
	}
}

// before completes the flags from the environment and applies them; it runs before the command's own work.
func (c *command) before(ran *cobra.Command) error {
	if err := fromEnvironment(ran.Flags(), c.opts.LookupEnv); err != nil {
		return err
	}
	return apply(ran.Flags(), &c.opts)
}

// dashes makes the two spellings of a flag one.
func dashes(_ *pflag.FlagSet, name string) pflag.NormalizedName {
	return pflag.NormalizedName(dashed(name))
}
