package cli

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/introspect"
	"github.com/microtop/microtop/introspect/fleet"
)

// withSession opens a session, runs the command and closes it.
func (a *app) withSession(cmd *cobra.Command, run func(ctx context.Context, s *introspect.Session) error) error {
	ctx := cmd.Context()
	s, err := a.session(ctx)
	if err != nil {
		return err
	}
	err = run(ctx, s)
	if closed := s.Close(); err == nil {
		err = closed
	}
	return err
}

// nothingAt says where nothing was found, and how to go on.
func (a *app) nothingAt(s *introspect.Session, found int) {
	if found == 0 {
		_ = a.errLine("microtop: nothing is registered in " + s.Where() + "; `microtop doctor` says what is wrong, `microtop demo` starts a fleet to try")
	}
}

type serviceRow struct {
	Name      string   `json:"name"`
	Versions  []string `json:"versions"`
	Nodes     int      `json:"nodes"`
	Endpoints int      `json:"endpoints"`
	Internal  bool     `json:"internal"`
}

func (a *app) servicesCommand() *cobra.Command {
	var all bool
	cmd := &cobra.Command{
		Use: "services", Aliases: []string{"svc"}, Short: "List the services in the registry", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.withSession(cmd, func(ctx context.Context, s *introspect.Session) error {
				found, err := fleet.List(ctx, s.Registry())
				if err != nil {
					return err
				}
				a.nothingAt(s, len(found))
				return list(a, serviceRows(found, all), []string{"SERVICE", "VERSIONS", "NODES", "ENDPOINTS"}, serviceRow.cells)
			})
		},
	}
	cmd.Flags().BoolVar(&all, "all", false, "show the framework's own services too")
	return cmd
}

func (r serviceRow) cells() []string {
	return []string{r.Name, strings.Join(r.Versions, ", "), strconv.Itoa(r.Nodes), strconv.Itoa(r.Endpoints)}
}

func serviceRows(found []*registry.Service, all bool) []serviceRow {
	rows := map[string]*serviceRow{}
	endpoints := map[string]map[string]bool{}
	for _, s := range found {
		if fleet.Internal(s.Name) && !all {
			continue
		}
		row := rows[s.Name]
		if row == nil {
			row = &serviceRow{Name: s.Name, Internal: fleet.Internal(s.Name)}
			rows[s.Name], endpoints[s.Name] = row, map[string]bool{}
		}
		row.Versions = append(row.Versions, s.Version)
		row.Nodes += len(s.Nodes)
		for _, e := range s.Endpoints {
			endpoints[s.Name][e.Name+e.Metadata["topic"]] = true
		}
	}
	out := make([]serviceRow, 0, len(rows))
	for _, name := range slices.Sorted(maps.Keys(rows)) {
		row := rows[name]
		slices.Sort(row.Versions)
		row.Versions = slices.Compact(row.Versions)
		row.Endpoints = len(endpoints[name])
		out = append(out, *row)
	}
	return out
}

type nodeRow struct {
	Service   string            `json:"service"`
	Version   string            `json:"version"`
	ID        string            `json:"id"`
	Address   string            `json:"address"`
	Protocol  string            `json:"protocol"`
	Server    string            `json:"server"`
	Transport string            `json:"transport"`
	Registry  string            `json:"registry"`
	Metadata  map[string]string `json:"metadata"`
	LastSeen  time.Time         `json:"lastSeen"`
}

func (r nodeRow) cells() []string {
	return []string{r.Service, r.Version, r.ID, r.Address, r.Protocol, r.Transport}
}

func (a *app) nodesCommand() *cobra.Command {
	var all bool
	cmd := &cobra.Command{
		Use: "nodes [SERVICE]", Aliases: []string{"no"}, Short: "List the nodes in the registry", Args: cobra.MaximumNArgs(1),
		ValidArgsFunction: a.completeServices,
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.withSession(cmd, func(ctx context.Context, s *introspect.Session) error {
				rows, err := nodeRows(ctx, s, args, all)
				if err != nil {
					return err
				}
				a.nothingAt(s, len(rows))
				return list(a, rows, []string{"SERVICE", "VERSION", "ID", "ADDRESS", "PROTOCOL", "TRANSPORT"}, nodeRow.cells)
			})
		},
	}
	cmd.Flags().BoolVar(&all, "all", false, "show the framework's own services too")
	return cmd
}

func nodeRows(ctx context.Context, s *introspect.Session, args []string, all bool) ([]nodeRow, error) {
	var found []*registry.Service
	var err error
	if len(args) == 1 {
		found, err = s.Resolve(ctx, introspect.Target{Service: args[0]})
	} else {
		found, err = fleet.List(ctx, s.Registry())
	}
	if err != nil {
		return nil, err
	}
	var out []nodeRow
	now := time.Now().UTC()
	for _, service := range found {
		if fleet.Internal(service.Name) && !all && len(args) == 0 {
			continue
		}
		for _, n := range service.Nodes {
			md := n.Metadata
			out = append(out, nodeRow{
				Service: service.Name, Version: service.Version, ID: n.Id, Address: n.Address, Metadata: notNilMap(md), LastSeen: now,
				Protocol: md["protocol"], Server: md["server"], Transport: md["transport"], Registry: md["registry"],
			})
		}
	}
	slices.SortFunc(out, func(a, b nodeRow) int {
		return strings.Compare(a.Service+"\x00"+a.Version+"\x00"+a.ID, b.Service+"\x00"+b.Version+"\x00"+b.ID)
	})
	return out, nil
}

// completable says whether a shell can be handed the name: whoever registers a service chooses it.
func completable(name string) bool {
	return name != "" && name[0] != '-' && !strings.ContainsFunc(name, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && !strings.ContainsRune("._-/", r)
	})
}

// completeServices completes a service's name from the registry.
func (a *app) completeServices(cmd *cobra.Command, args []string, prefix string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	ctx, cancel := context.WithTimeout(cmd.Context(), 2*time.Second)
	defer cancel()
	s, err := a.session(ctx)
	if err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	defer func() { _ = s.Close() }() // a completion has nowhere to say it
	listed, err := s.Registry().ListServices(registry.ListContext(ctx))
	if err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	var names []string
	for _, service := range listed {
		if strings.HasPrefix(service.Name, prefix) && !fleet.Internal(service.Name) && completable(service.Name) {
			names = append(names, service.Name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names), cobra.ShellCompDirectiveNoFileComp
}

func (a *app) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Print the version", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprintln(a.out, "microtop "+buildVersion())
			return err
		},
	}
}
