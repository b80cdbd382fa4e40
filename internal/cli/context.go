package cli

import (
	"cmp"
	"errors"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/microtop/microtop/introspect/contexts"
)

type contextRow struct {
	Name            string `json:"name"`
	Current         bool   `json:"current"`
	Registry        string `json:"registry"`
	RegistryAddress string `json:"registryAddress"`
	Broker          string `json:"broker"`
	Colour          string `json:"colour"`
	ReadOnly        bool   `json:"readonly"`
}

func (r contextRow) cells() []string {
	mark, may := "", "all"
	if r.Current {
		mark = "*"
	}
	if r.ReadOnly {
		may = "read only"
	}
	return []string{mark, r.Name, cmp.Or(r.Registry, "-"), cmp.Or(r.RegistryAddress, "-"), cmp.Or(r.Broker, "-"), may}
}

func (a *app) contextCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "context", Aliases: []string{"contexts", "ctx"}, Short: "Saved targets: what to connect to, under a name", Args: cobra.NoArgs,
		Long: "Saved targets: what to connect to, under a name.\n\n" +
			"--context NAME or MICROTOP_CONTEXT chooses one, else the current one is used. What a flag says wins over the environment,\n" +
			"that over the context, that over the defaults. They are in contexts.yaml, which may be edited by hand.",
		RunE: func(*cobra.Command, []string) error { return a.listContexts() },
	}
	named := func(use, short string, run func(f *contexts.File, name string) error) *cobra.Command {
		return &cobra.Command{
			Use: use, Short: short, Args: cobra.ExactArgs(1), ValidArgsFunction: completeContexts,
			RunE: func(_ *cobra.Command, args []string) error {
				f, err := contexts.Open("")
				if err != nil {
					return err
				}
				return run(f, args[0])
			},
		}
	}
	remove := named("remove NAME", "Forget a context", (*contexts.File).Remove)
	remove.Aliases = []string{"rm"}
	cmd.AddCommand(
		&cobra.Command{Use: "list", Aliases: []string{"ls"}, Short: "The saved contexts; * is the current one", Args: cobra.NoArgs, RunE: func(*cobra.Command, []string) error { return a.listContexts() }},
		&cobra.Command{
			Use: "show [NAME]", Short: "A context as it is in its file; without a name the one that commands here use", Args: cobra.MaximumNArgs(1),
			ValidArgsFunction: completeContexts, RunE: func(_ *cobra.Command, args []string) error { return a.showContext(args) },
		},
		a.setContextCommand(),
		named("use NAME", "Make a context the current one; none makes none it", (*contexts.File).Use),
		remove,
	)
	return cmd
}

func (a *app) listContexts() error {
	saved, _, err := readContexts()
	if err != nil {
		return err
	}
	var rows []contextRow
	for _, c := range saved.Contexts {
		rows = append(rows, contextRow{c.Name, c.Name == saved.Current, c.Registry, c.RegistryAddress, c.Broker, c.Colour, c.ReadOnly})
	}
	if len(rows) == 0 {
		_ = a.errLine("microtop: no contexts yet; `microtop context set NAME --registry … --registry-address …` saves one")
	}
	return list(a, rows, []string{"", "NAME", "REGISTRY", "ADDRESS", "BROKER", "ACCESS"}, contextRow.cells)
}

func readContexts() (contexts.Saved, *contexts.File, error) {
	f, err := contexts.Open("")
	if err != nil {
		return contexts.Saved{}, nil, err
	}
	saved, err := f.Read()
	return saved, f, err
}

func (a *app) showContext(args []string) error {
	format, err := a.format(asJSON, asYAML, asNDJSON)
	if err != nil {
		return err
	}
	saved, _, err := readContexts()
	if err != nil {
		return err
	}
	name := cmp.Or(a.flags.context, saved.Current)
	if len(args) > 0 {
		name = args[0]
	}
	if name == "" || name == contexts.None {
		return errors.New("no context is chosen: `microtop context use NAME` chooses one, `microtop context list` lists them")
	}
	c, err := saved.Get(name)
	switch {
	case err != nil:
		return err
	case format == asYAML:
		return a.yaml(c)
	case format == asNDJSON:
		return a.line(c)
	}
	return a.json(c)
}

func (a *app) setContextCommand() *cobra.Command {
	var metadata, unset []string
	var colour string
	cmd := &cobra.Command{
		Use: "set NAME", Aliases: []string{"add"}, Short: "Save what the connection flags say as a context, or change one", Args: cobra.ExactArgs(1),
		Long: "Save what the connection flags say as a context, or change what they say of one. Secrets are not saved: give\n" +
			"{{env:NAME}} or {{file:PATH}} in their place.",
		Example: `  microtop context set staging --registry file --registry-address /mnt/staging/registry --colour yellow
  microtop context set prod --registry mdns --tls --debug-token '{{env:PROD_TOKEN}}' --debug-token-hosts 10.0.0.0/8 --readonly --colour red`,
		ValidArgsFunction: completeContexts,
		RunE: func(cmd *cobra.Command, args []string) error {
			saved, f, err := readContexts()
			if err != nil {
				return err
			}
			c := contexts.Context{Name: args[0]}
			if i := slices.Index(saved.Names(), args[0]); i >= 0 {
				c = saved.Contexts[i]
			}
			if cmd.Flags().Changed("colour") {
				c.Colour = colour
			}
			if err := addMetadata(&c, metadata); err != nil {
				return err
			}
			a.say(&c)
			for _, field := range unset {
				if !c.Clear(field) {
					return usagef("--unset %s: use one of %s", field, strings.Join(contexts.Fields(), ", "))
				}
			}
			if err := f.Set(c); err != nil {
				return usageError{err}
			}
			return nil
		},
	}
	cmd.Flags().StringArrayVar(&metadata, "metadata", nil, "a header of each call as key=value; may be given again; key= takes it out")
	cmd.Flags().StringVar(&colour, "colour", "", "the context's colour in the console: "+strings.Join(contexts.Colours, ", ")+" or #rrggbb")
	cmd.Flags().StringArrayVar(&unset, "unset", nil, "a field to say nothing of any more, by its name in the file; may be given again")
	return cmd
}

func addMetadata(c *contexts.Context, pairs []string) error {
	out := map[string]string{}
	for key, value := range c.Metadata {
		out[key] = value
	}
	for _, pair := range pairs {
		key, value, ok := strings.Cut(pair, "=")
		if !ok || key == "" {
			return usagef("--metadata %q: write key=value", pair)
		}
		if out[key] = value; value == "" {
			delete(out, key)
		}
	}
	c.Metadata = out
	return nil
}

// say puts what the connection flags say into a context; files as they are found from any folder.
func (a *app) say(c *contexts.Context) {
	f := a.flags
	whole := func(names ...string) []string {
		out := absolute(names...)
		for i, name := range names {
			if strings.Contains(name, "{{") || strings.HasPrefix(name, "~/") {
				out[i] = name
			}
		}
		return out
	}
	address := f.registryAddress
	if cmp.Or(f.registry, c.Registry) == "file" {
		address = whole(address)[0]
	}
	paths := f.protoPaths
	if len(f.protos) > 0 && len(paths) == 0 {
		paths = []string{"."}
	}
	for flag, put := range map[string]func(){
		"registry":          func() { c.Registry = f.registry },
		"registry-address":  func() { c.RegistryAddress = address },
		"broker":            func() { c.Broker = f.broker },
		"broker-address":    func() { c.BrokerAddress = f.brokerAddress },
		"transport":         func() { c.Transport = f.transport },
		"protocol":          func() { c.Protocol = f.protocol },
		"tls":               func() { c.TLS = f.tls.on },
		"ca":                func() { c.CA = whole(f.tls.ca)[0] },
		"cert":              func() { c.Cert = whole(f.tls.cert)[0] },
		"key":               func() { c.Key = whole(f.tls.key)[0] },
		"servername":        func() { c.ServerName = f.tls.serverName },
		"insecure":          func() { c.Insecure = f.tls.insecure },
		"debug-token":       func() { c.DebugToken = f.debugToken },
		"debug-token-hosts": func() { c.DebugTokenHosts = f.tokenHosts },
		"timeout":           func() { c.Timeout = f.timeout.String() },
		"proto":             func() { c.Proto, c.ProtoPath = f.protos, whole(paths...) },
		"proto-path":        func() { c.ProtoPath = whole(paths...) },
		"protoset":          func() { c.Protoset = whole(f.protosets...) },
		"readonly":          func() { c.ReadOnly = f.readOnly },
	} {
		if a.given.Changed(flag) {
			put()
		}
	}
}

// completeContexts completes a context's name.
func completeContexts(_ *cobra.Command, args []string, prefix string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return contextNames(prefix)
}

// completeContextFlag completes the name that --context takes.
func completeContextFlag(_ *cobra.Command, _ []string, prefix string) ([]string, cobra.ShellCompDirective) {
	return contextNames(prefix)
}

func contextNames(prefix string) ([]string, cobra.ShellCompDirective) {
	saved, _, err := readContexts()
	if err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	names := slices.DeleteFunc(saved.Names(), func(name string) bool { return !strings.HasPrefix(name, prefix) })
	return names, cobra.ShellCompDirectiveNoFileComp
}
