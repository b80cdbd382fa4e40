package cli

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/microtop/microtop/profiling"
)

// view makes a command that looks at one profile.
func (a *app) view(use, short string, show func(*profiling.Profile, profiling.Options, []string) error, extra int) *cobra.Command {
	var flags viewFlags
	cmd := &cobra.Command{
		Use: use, Short: short, Args: cobra.ExactArgs(1 + extra),
		RunE: func(_ *cobra.Command, args []string) error {
			options, err := flags.options()
			if err != nil {
				return err
			}
			p, err := profileOf(args[0])
			if err != nil {
				return err
			}
			return show(p, options, args[1:])
		},
	}
	flags.add(cmd)
	return cmd
}

func (a *app) topCommand() *cobra.Command {
	return a.view("top FILE|ID", "Show where a profile's value was spent", func(p *profiling.Profile, o profiling.Options, _ []string) error {
		table, err := profiling.Top(p, o)
		if err != nil {
			return err
		}
		unit := table.Type.Unit
		return list(a, table.Rows, []string{"FLAT", "FLAT%", "SUM%", "CUM", "CUM%", "FUNCTION"}, func(r profiling.Row) []string {
			return []string{
				profiling.FormatValue(r.Flat, unit), profiling.FormatPercent(r.FlatPercent), profiling.FormatPercent(r.SumPercent),
				profiling.FormatValue(r.Cum, unit), profiling.FormatPercent(r.CumPercent), symbolName(r.Symbol),
			}
		})
	}, 0)
}

// symbolName is a symbol as a row shows it.
func symbolName(s profiling.Symbol) string {
	switch {
	case s.Name != "" && s.Line > 0:
		return s.Name + " " + s.File + ":" + strconv.FormatInt(int64(s.Line), 10)
	case s.Name != "":
		return s.Name
	default:
		return s.File
	}
}

type peekRow struct {
	Role    string  `json:"role"`
	Name    string  `json:"name"`
	Value   int64   `json:"value"`
	Percent float64 `json:"percent"`
}

func (a *app) peekCommand() *cobra.Command {
	return a.view("peek FILE|ID FUNCTION", "Show who calls a function and whom it calls", func(p *profiling.Profile, o profiling.Options, args []string) error {
		around, err := profiling.Peek(p, args[0], o)
		if err != nil {
			return err
		}
		var rows []peekRow
		for _, e := range around.Callers {
			rows = append(rows, peekRow{"caller", symbolName(e.Symbol), e.Value, e.Percent})
		}
		rows = append(rows, peekRow{"function", symbolName(around.Row.Symbol), around.Row.Cum, 100})
		for _, e := range around.Callees {
			rows = append(rows, peekRow{"callee", symbolName(e.Symbol), e.Value, e.Percent})
		}
		return list(a, rows, []string{"ROLE", "VALUE", "%", "FUNCTION"}, func(r peekRow) []string {
			return []string{r.Role, profiling.FormatValue(r.Value, around.Type.Unit), profiling.FormatPercent(r.Percent), r.Name}
		})
	}, 1)
}

func (a *app) treeCommand() *cobra.Command {
	return a.view("tree FILE|ID", "Show a profile's call tree", func(p *profiling.Profile, o profiling.Options, _ []string) error {
		rows, err := profiling.Tree(p, o)
		if err != nil {
			return err
		}
		unit := p.DefaultType().Unit
		return list(a, rows, []string{"TOTAL", "SELF", "FUNCTION"}, func(r profiling.TreeRow) []string {
			return []string{profiling.FormatValue(r.Total, unit), profiling.FormatValue(r.Self, unit), strings.Repeat("  ", r.Depth) + symbolName(r.Symbol)}
		})
	}, 0)
}

func (a *app) webCommand() *cobra.Command {
	var port uint16
	cmd := &cobra.Command{
		Use: "web FILE|ID", Short: "Serve pprof's own web pages of a profile to this host", Args: cobra.ExactArgs(1),
		Long: "Prints the address of pprof's web pages and serves them until it is interrupted, to this host only. Neither source\n" +
			"files nor programs that the profile names are read. The page \"graph\" needs graphviz.",
		RunE: func(cmd *cobra.Command, args []string) error {
			p, err := profileOf(args[0])
			if err != nil {
				return err
			}
			err = profiling.Web(cmd.Context(), p, int(port), func(url string) { _ = a.rows(url) })
			if err == nil {
				err = cmd.Context().Err()
			}
			return err
		},
	}
	cmd.Flags().Uint16Var(&port, "port", 0, "the port to serve at; 0 is any that is free")
	return cmd
}

func (a *app) flameCommand() *cobra.Command {
	return a.view("flame FILE|ID", "Print a profile's stacks in folded form, as flame graph tools read it", func(p *profiling.Profile, o profiling.Options, _ []string) error {
		text, err := profiling.Folded(p, o)
		if err != nil {
			return err
		}
		return a.text(text)
	}, 0)
}

func (a *app) diffCommand() *cobra.Command {
	return a.view("diff BASE NEW", "Show what changed from one profile to another", func(base *profiling.Profile, o profiling.Options, args []string) error {
		next, err := profileOf(args[0])
		if err != nil {
			return err
		}
		c, err := profiling.Diff(base, next, o)
		if err != nil {
			return err
		}
		unit := c.Type.Unit
		return list(a, c.Rows, []string{"FLAT", "FLAT%", "CUM", "CUM%", "FUNCTION"}, func(r profiling.DiffRow) []string {
			return []string{
				signed(r.Flat, unit), profiling.FormatPercent(r.FlatPercent), signed(r.Cum, unit), profiling.FormatPercent(r.CumPercent), symbolName(r.Symbol),
			}
		})
	}, 1)
}

func signed(v int64, unit string) string {
	if v > 0 {
		return "+" + profiling.FormatValue(v, unit)
	}
	return profiling.FormatValue(v, unit)
}

func (a *app) mergeCommand() *cobra.Command {
	var out string
	var force bool
	cmd := &cobra.Command{
		Use: "merge FILE|ID…", Short: "Merge profiles of one kind into one file", Args: cobra.MinimumNArgs(2),
		RunE: func(_ *cobra.Command, args []string) error {
			if out == "" {
				return usagef("name the file to write with --out")
			}
			profiles := make([]*profiling.Profile, 0, len(args))
			for _, name := range args {
				p, err := profileOf(name)
				if err != nil {
					return err
				}
				profiles = append(profiles, p)
			}
			merged, err := profiling.Merge(profiles)
			if err != nil {
				return err
			}
			data, err := merged.Encode()
			if err != nil {
				return err
			}
			_, err = profiling.WriteFile(out, profiling.Meta{Service: "merged", Kind: merged.Kind, Start: time.Now()}, data, force)
			return err
		},
	}
	cmd.Flags().StringVar(&out, "out", "", "the file to write")
	cmd.Flags().BoolVar(&force, "force", false, "overwrite it")
	return cmd
}

type keptRow struct {
	ID         string    `json:"id"`
	Service    string    `json:"service"`
	Version    string    `json:"version"`
	Node       string    `json:"node"`
	Kind       string    `json:"kind"`
	Start      time.Time `json:"start"`
	DurationMs int64     `json:"durationMs"`
	Size       int64     `json:"size"`
	File       string    `json:"file"`
}

func (r keptRow) cells() []string {
	return []string{r.ID, r.Service, r.Kind, r.Start.Format(time.RFC3339), strconv.FormatInt(r.Size, 10)}
}

func (a *app) captureListCommand() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List the captures that the console kept", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			store, err := profiling.OpenStore("")
			if err != nil {
				return err
			}
			defer func() { _ = store.Close() }() // only read
			entries, err := store.List()
			if err != nil {
				return err
			}
			rows := make([]keptRow, 0, len(entries))
			for _, e := range entries {
				m := e.Meta
				rows = append(rows, keptRow{e.ID, m.Service, m.Version, m.Node, string(m.Kind), m.Start.UTC(), m.Duration.Milliseconds(), e.Size, e.File})
			}
			return list(a, rows, []string{"ID", "SERVICE", "KIND", "TIME", "BYTES"}, keptRow.cells)
		},
	}
}

func (a *app) captureRemoveCommand() *cobra.Command {
	var yes bool
	cmd := &cobra.Command{
		Use: "rm ID…", Short: "Remove kept captures", Args: cobra.MinimumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			if !yes {
				return usagef("this removes %s: say --yes", strings.Join(args, ", "))
			}
			store, err := profiling.OpenStore("")
			if err != nil {
				return err
			}
			defer func() { _ = store.Close() }() // what was removed is removed
			for _, id := range slices.Compact(args) {
				if err := store.Remove(id); err != nil {
					return fmt.Errorf("%s: %w", id, err)
				}
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&yes, "yes", false, "remove them")
	return cmd
}
