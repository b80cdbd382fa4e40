// Package flag is configuration in the flags of the standard library's package flag: --database-host=x is host in database.
// Start with [NewSource]; framework/config/source/cli reads flags of cobra and pflag.
package flag

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"

	"github.com/microtop/microtop/framework/config/internal/nested"
	"github.com/microtop/microtop/framework/config/source"
)

type (
	includeUnsetKey struct{}
	flagSetKey      struct{}
)

// IncludeUnset says whether flags that were not given count too, with their defaults. Default false, so that defaults do not
// win over sources loaded before.
func IncludeUnset(b bool) source.Option { return source.SetValue(includeUnsetKey{}, b) }

// WithFlagSet sets the flags to read in place of flag.CommandLine.
func WithFlagSet(f *flag.FlagSet) source.Option { return source.SetValue(flagSetKey{}, f) }

type flags struct {
	opts  source.Options
	set   *flag.FlagSet // nil: flag.CommandLine as it is when read
	unset bool
}

var _ source.Source = (*flags)(nil)

// NewSource returns a source of flag.CommandLine, which must be parsed before the source is loaded.
func NewSource(opts ...source.Option) source.Source {
	o := source.NewOptions(opts...)
	return &flags{opts: o, set: source.Value(o, flagSetKey{}, (*flag.FlagSet)(nil)), unset: source.Value(o, includeUnsetKey{}, false)}
}

// Read implements source.Source.
func (f *flags) Read() (*source.ChangeSet, error) {
	set := f.set
	if set == nil {
		set = flag.CommandLine
	}
	if !set.Parsed() {
		return nil, errors.New("config source flag: the flags are not parsed yet: call flag.Parse before loading the source")
	}
	values := map[string]any{}
	visit := set.Visit
	if f.unset {
		visit = set.VisitAll
	}
	visit(func(each *flag.Flag) { values[each.Name] = value(each.Value) })
	tree, err := nested.Tree(values)
	if err != nil {
		return nil, fmt.Errorf("config source flag: %w", err)
	}
	return nested.ChangeSet("flag", tree, f.opts.Encoder)
}

// value is a flag's value as its type has it, durations in nanoseconds; text where JSON has no such type.
func value(v flag.Value) any {
	if typed, ok := v.(flag.Getter); ok {
		got := typed.Get()
		if _, err := json.Marshal(got); err == nil && got != nil {
			return got
		}
	}
	return v.String()
}

var errReadOnly = errors.New("config source flag: it is only read")

// Write implements source.Source: it returns an error, since nothing is written.
func (f *flags) Write(*source.ChangeSet) error { return errReadOnly }

// Watch implements source.Source.
func (f *flags) Watch() (source.Watcher, error) { return source.NewNoopWatcher() }

// String implements source.Source.
func (f *flags) String() string { return "flag" }
