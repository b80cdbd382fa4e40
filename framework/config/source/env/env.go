// Package env is configuration in environment variables (docs/wire.md §12): DATABASE_HOST=x is host in database. Whole
// numbers and the words true and false are read as such. Start with [NewSource].
package env

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/microtop/microtop/framework/config/internal/nested"
	"github.com/microtop/microtop/framework/config/source"
)

// DefaultPrefixes are what sources without prefixes of their own are restricted to, as by WithPrefix. It is empty: they read
// all variables. A program may change it before the first NewSource.
var DefaultPrefixes = []string{}

type (
	prefixKey         struct{}
	strippedPrefixKey struct{}
)

// WithPrefix restricts the source to variables whose first parts are a prefix: with "DB" it reads DB_HOST as host in db, but
// not DBHOST. Upper and lower case are the same.
func WithPrefix(p ...string) source.Option { return source.SetValue(prefixKey{}, p) }

// WithStrippedPrefix restricts the source as WithPrefix does, and takes the prefix off: with "APP" it reads APP_DB_HOST as host
// in db. Where both are given, variables with any of the prefixes are read.
func WithStrippedPrefix(p ...string) source.Option { return source.SetValue(strippedPrefixKey{}, p) }

type env struct {
	opts           source.Options
	kept, stripped []string // in upper case, with an underscore at the end
}

var _ source.Source = (*env)(nil)

// NewSource returns a source of the process's environment. Where one name is the beginning of another, such as A and
// A_B, the longer counts. It is read once a second; programs that change their environment see the change.
func NewSource(opts ...source.Option) source.Source {
	o := source.NewOptions(opts...)
	kept, stripped := source.Value(o, prefixKey{}, []string(nil)), source.Value(o, strippedPrefixKey{}, []string(nil))
	if len(kept)+len(stripped) == 0 {
		kept = DefaultPrefixes
	}
	return &env{opts: o, kept: ended(kept), stripped: ended(stripped)}
}

func ended(prefixes []string) []string {
	var out []string
	for _, p := range prefixes {
		if p = strings.TrimRight(strings.ToUpper(p), "_"); p != "" {
			out = append(out, p+"_")
		}
	}
	return out
}

// Read implements source.Source.
func (e *env) Read() (*source.ChangeSet, error) {
	values := map[string]any{}
	for _, variable := range os.Environ() {
		name, value, _ := strings.Cut(variable, "=")
		if name, ok := e.named(name); ok {
			values[name] = nested.Scalar(value)
		}
	}
	tree, err := nested.Tree(values)
	if err != nil {
		return nil, fmt.Errorf("config source env: %w: choose variables with WithPrefix", err)
	}
	return nested.ChangeSet("env", tree, e.opts.Encoder)
}

// named returns the name that a variable is read by, if it is read.
func (e *env) named(variable string) (string, bool) {
	name := strings.ToUpper(variable)
	for _, p := range e.stripped {
		if rest, ok := strings.CutPrefix(name, p); ok {
			return rest, true
		}
	}
	for _, p := range e.kept {
		if strings.HasPrefix(name, p) {
			return name, true
		}
	}
	return name, len(e.kept)+len(e.stripped) == 0
}

var errReadOnly = errors.New("config source env: it is only read; set the variables themselves")

// Write implements source.Source: it returns an error, since nothing is written.
func (e *env) Write(*source.ChangeSet) error { return errReadOnly }

// Watch implements source.Source.
func (e *env) Watch() (source.Watcher, error) { return source.NewNoopWatcher() }

// String implements source.Source.
func (e *env) String() string { return "env" }
