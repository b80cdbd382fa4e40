// Package cli is configuration in the flags of a command of cobra: --database-host=x is host in database. A service's own
// command line is one (framework/cmd), so that its flags and MICRO_* variables can be read too. Start with [NewSource].
package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/microtop/microtop/framework/cmd"
	"github.com/microtop/microtop/framework/config/internal/nested"
	"github.com/microtop/microtop/framework/config/source"
)

type contextKey struct{}

// Context sets the command whose flags are read: the one that ran, or is running. Its name is v4's; there it takes
// urfave/cli's context.
func Context(c *cobra.Command) source.Option { return source.SetValue(contextKey{}, c) }

type cli struct {
	opts    source.Options
	command *cobra.Command
}

var _ source.Source = (*cli)(nil)

// NewSource returns a source of the flags of cmd.DefaultCmd, or of Context's command. Flags count that were given or, as those
// of framework/cmd, have an environment variable; the flags must be parsed before the source is loaded.
func NewSource(opts ...source.Option) source.Source {
	o := source.NewOptions(opts...)
	return &cli{opts: o, command: source.Value(o, contextKey{}, (*cobra.Command)(nil))}
}

// Read implements source.Source.
func (c *cli) Read() (*source.ChangeSet, error) {
	command := c.command
	if command == nil {
		command = cmd.DefaultCmd.App()
	}
	if !command.Flags().Parsed() {
		return nil, fmt.Errorf("config source cli: the flags of %s are not parsed yet: load the source once the command runs, or after Init", command.Name())
	}
	values := map[string]any{}
	var failed error
	command.Flags().Visit(func(f *pflag.Flag) {
		value, err := value(command.Flags(), f)
		values[f.Name] = value
		failed = errors.Join(failed, err)
	})
	if failed != nil {
		return nil, fmt.Errorf("config source cli: %w", failed)
	}
	tree, err := nested.Tree(values)
	if err != nil {
		return nil, fmt.Errorf("config source cli: %w", err)
	}
	return nested.ChangeSet("cli", tree, c.opts.Encoder)
}

// value is a flag's value as its type has it, durations in nanoseconds; text where JSON has no such type.
func value(flags *pflag.FlagSet, f *pflag.Flag) (any, error) {
	text := f.Value.String()
	switch f.Value.Type() {
	case "bool":
		return strconv.ParseBool(text)
	case "int", "int8", "int16", "int32", "int64", "uint", "uint8", "uint16", "uint32", "uint64", "float32", "float64", "count":
		if json.Valid([]byte(text)) { // not NaN
			return json.Number(text), nil
		}
		return text, nil
	case "duration":
		return time.ParseDuration(text)
	case "stringToString":
		return flags.GetStringToString(f.Name)
	}
	if list, ok := f.Value.(pflag.SliceValue); ok {
		return list.GetSlice(), nil
	}
	return text, nil
}

var errReadOnly = errors.New("config source cli: it is only read")

// Write implements source.Source: it returns an error, since nothing is written.
func (c *cli) Write(*source.ChangeSet) error { return errReadOnly }

// Watch implements source.Source.
func (c *cli) Watch() (source.Watcher, error) { return source.NewNoopWatcher() }

// String implements source.Source.
func (c *cli) String() string { return "cli" }
