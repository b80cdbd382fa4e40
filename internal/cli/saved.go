package cli

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/microtop/microtop/introspect/collection"
	"github.com/microtop/microtop/introspect/invoke"
)

// savedFlags choose a saved call and fill its variables in.
type savedFlags struct {
	name, folder, environment string
	vars, allowed             []string
}

func (f *savedFlags) add(flags *pflag.FlagSet) {
	flags.StringVar(&f.name, "saved", "", "make the saved call of this name; flags given beside it win")
	f.addFolder(flags)
	flags.StringVar(&f.environment, "environment", "", "the environment that gives the saved call's variables their values")
	flags.StringArrayVar(&f.vars, "var", nil, "a variable of the saved call as name=value; may be given again")
	flags.StringSliceVar(&f.allowed, "allow-env", nil, "an environment variable that the saved call may send to an address of its own; may be given again")
}

func (f *savedFlags) addFolder(flags *pflag.FlagSet) {
	flags.StringVar(&f.folder, "collection", "", "the folder of saved calls (MICROTOP_CALLS); default ~/.config/microtop/calls")
}

// request is the saved call with its variables filled in, and how its connection is secured. address is the one that the
// command line gives in place of the call's own, if it does.
func (f *savedFlags) request(address string) (invoke.Request, *collection.TLS, error) {
	folder := collection.Open(f.folder)
	c, err := folder.Read(f.name)
	if err != nil {
		return invoke.Request{}, nil, err
	}
	if address == "" {
		if err := f.lends(c); err != nil {
			return invoke.Request{}, nil, err
		}
	}
	secured, err := folder.TLS(c)
	if err != nil {
		return invoke.Request{}, nil, err
	}
	vars, err := folder.Environment(f.environment)
	if err != nil {
		return invoke.Request{}, nil, err
	}
	for _, pair := range f.vars {
		name, value, ok := strings.Cut(pair, "=")
		if !ok || name == "" {
			return invoke.Request{}, nil, usagef("--var %q: write name=value", pair)
		}
		vars[name] = value
	}
	r, err := c.Request(vars, os.LookupEnv)
	if err != nil {
		return r, nil, usageError{fmt.Errorf("saved call %s: %w", f.name, err)}
	}
	return r, secured, nil
}

// lends refuses to send to an address that the call chose what the user did not allow.
func (f *savedFlags) lends(c collection.Call) error {
	names := slices.DeleteFunc(c.Lends(), func(name string) bool { return slices.Contains(f.allowed, name) })
	if len(names) == 0 {
		return nil
	}
	list := strings.Join(names, ",")
	return usagef("saved call %s sends %s of the environment to %s, an address that it names itself: add --allow-env %s if that is meant, or --address to say where",
		f.name, strings.Join(names, ", "), c.Address, list)
}

// merge is a saved call with what the command line says in its place.
func merge(cmd *cobra.Command, saved, given invoke.Request) invoke.Request {
	saved.Version, saved.Node, saved.Address = cmp.Or(given.Version, saved.Version), cmp.Or(given.Node, saved.Node), cmp.Or(given.Address, saved.Address)
	saved.ContentType = cmp.Or(given.ContentType, saved.ContentType)
	if len(given.Body) > 0 {
		saved.Body = given.Body
	}
	if given.Retries != nil {
		saved.Retries = given.Retries
	}
	if cmd.Flags().Changed("timeout") {
		saved.Timeout = 0 // the session's
	}
	for key, value := range given.Metadata {
		saved.Metadata[key] = value
	}
	return saved
}

func (a *app) savedCommand() *cobra.Command {
	var f savedFlags
	var replace bool
	cmd := &cobra.Command{
		Use: "saved", Short: "List, show, import and export saved calls", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			return usagef("say what: saved list, show, environments, import or line")
		},
	}
	f.addFolder(cmd.PersistentFlags())
	importing := &cobra.Command{
		Use: "import NAME LINE", Short: "Save the call of a `microtop call` or `grpcurl` line", Args: cobra.ExactArgs(2),
		Example: `  microtop saved import cart/get 'grpcurl -plaintext -d "{}" 127.0.0.1:50051 shop.Cart/Get'`,
		RunE:    func(_ *cobra.Command, args []string) error { return a.importCall(f, args[0], args[1], replace) },
	}
	importing.Flags().BoolVar(&replace, "replace", false, "replace the call of that name")
	var asGRPCurl bool
	line := &cobra.Command{
		Use: "line NAME", Short: "A saved call as a `microtop call` line, its variables as they are", Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error { return a.lineOf(f, args[0], asGRPCurl) },
	}
	line.Flags().BoolVar(&asGRPCurl, "grpcurl", false, "as a grpcurl line, for a call that names an address")
	cmd.AddCommand(
		&cobra.Command{Use: "list", Short: "The names of the saved calls", Args: cobra.NoArgs, RunE: func(*cobra.Command, []string) error { return a.listSaved(f) }},
		&cobra.Command{Use: "show NAME", Short: "A saved call as it is in its file", Args: cobra.ExactArgs(1), RunE: func(_ *cobra.Command, args []string) error {
			c, err := collection.Open(f.folder).Read(args[0])
			if err != nil {
				return err
			}
			format, err := a.format(asJSON, asYAML, asNDJSON)
			switch {
			case err != nil:
				return err
			case format == asYAML:
				return a.yaml(c)
			case format == asNDJSON:
				return a.line(c)
			}
			return a.json(c)
		}},
		&cobra.Command{Use: "environments", Short: "The environments and the names of their variables", Args: cobra.NoArgs, RunE: func(*cobra.Command, []string) error { return a.listEnvironments(f) }},
		line,
		importing,
	)
	return cmd
}

type savedRow struct {
	Name     string `json:"name"`
	Service  string `json:"service"`
	Endpoint string `json:"endpoint"`
	Doc      string `json:"doc"`
	Problem  string `json:"problem,omitempty"`
}

func (a *app) listSaved(f savedFlags) error {
	folder := collection.Open(f.folder)
	names, err := folder.List()
	if err != nil {
		return err
	}
	var rows []savedRow
	for _, name := range names {
		row := savedRow{Name: name}
		if c, err := folder.Read(name); err != nil {
			row.Problem = err.Error()
		} else {
			row.Service, row.Endpoint, row.Doc = cmp.Or(c.Service, c.Address), c.Endpoint, c.Doc
		}
		rows = append(rows, row)
	}
	return list(a, rows, []string{"NAME", "SERVICE", "ENDPOINT", "DOC"}, func(r savedRow) []string {
		return []string{r.Name, r.Service, r.Endpoint, cmp.Or(r.Problem, r.Doc)}
	})
}

type environmentRow struct {
	Name      string   `json:"name"`
	Variables []string `json:"variables"`
	Problem   string   `json:"problem,omitempty"`
}

// listEnvironments prints no values: they may be secret.
func (a *app) listEnvironments(f savedFlags) error {
	folder := collection.Open(f.folder)
	names, err := folder.Environments()
	if err != nil {
		return err
	}
	var rows []environmentRow
	for _, name := range names {
		row := environmentRow{Name: name}
		vars, err := folder.Environment(name)
		if err != nil {
			row.Problem = err.Error()
		}
		row.Variables = notNil(slices.Sorted(maps.Keys(vars)))
		rows = append(rows, row)
	}
	return list(a, rows, []string{"NAME", "VARIABLES"}, func(r environmentRow) []string {
		return []string{r.Name, cmp.Or(r.Problem, strings.Join(r.Variables, ", "))}
	})
}

func (a *app) importCall(f savedFlags, name, line string, replace bool) error {
	r, secured, err := collection.Parse(line)
	if err != nil {
		return usageError{fmt.Errorf("import: %w", err)}
	}
	c, secrets, err := collection.FromRequest(r)
	if err != nil {
		return usageError{fmt.Errorf("import: %w", err)}
	}
	c.TLS = secured
	if err := collection.Open(f.folder).Save(name, c, replace); err != nil {
		if !replace {
			err = errors.Join(err, errors.New("--replace replaces one that exists"))
		}
		return err
	}
	if len(secrets) > 0 {
		return a.errLine("microtop: secrets are not saved: set " + strings.Join(secrets, ", ") + " in the environment")
	}
	return nil
}

// lineOf prints the line with each variable as itself.
func (a *app) lineOf(f savedFlags, name string, asGRPCurl bool) error {
	folder := collection.Open(f.folder)
	c, err := folder.Read(name)
	if err != nil {
		return err
	}
	r, err := c.Raw()
	if err != nil {
		return err
	}
	secured, err := folder.TLS(c)
	if err != nil {
		return err
	}
	if !asGRPCurl {
		return a.commandLine(collection.Line(r, secured.Flags()...))
	}
	text, err := collection.GRPCurl(r, secured)
	if err != nil {
		return fmt.Errorf("saved call %s: %w", name, err)
	}
	return a.commandLine(text)
}

// commandLine prints a line for a shell, whole: what is cut or cleaned is another one. A terminal gets it cleaned.
func (a *app) commandLine(line string) error {
	if onTerminal(a.out) {
		return a.text(line + "\n")
	}
	_, err := io.WriteString(a.out, line+"\n")
	return err
}
