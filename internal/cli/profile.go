package cli

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/microtop/microtop/introspect"
	"github.com/microtop/microtop/introspect/vitals"
	"github.com/microtop/microtop/profiling"
)

// captureFlags shape a capture.
type captureFlags struct {
	targetFlags
	kind    string
	seconds float64
	out     string
	force   bool
}

func (f *captureFlags) add(cmd *cobra.Command) {
	f.targetFlags.add(cmd.Flags())
	cmd.Flags().StringVar(&f.kind, "kind", "cpu", "what to profile: "+kindNames())
	cmd.Flags().Float64Var(&f.seconds, "seconds", 10, "how long to record, for the kinds that record")
	cmd.Flags().StringVar(&f.out, "out", "", "the file to write, or the folder for several nodes; default the current folder")
	cmd.Flags().BoolVar(&f.force, "force", false, "overwrite the file named by --out")
}

func kindNames() string {
	names := make([]string, 0, len(profiling.Kinds()))
	for _, k := range profiling.Kinds() {
		names = append(names, string(k))
	}
	return strings.Join(names, ", ")
}

func (a *app) profileCommand() *cobra.Command {
	cmd := a.captureCommand("profile NAME", "Take a pprof profile of each node of a service, and look at profiles")
	cmd.Aliases = []string{"pf"}
	cmd.Args = cobra.MaximumNArgs(1)
	cmd.AddCommand(
		a.captureCommand("capture NAME", "Take a pprof profile of each node of a service"),
		a.topCommand(), a.peekCommand(), a.treeCommand(), a.flameCommand(), a.diffCommand(), a.mergeCommand(), a.webCommand(),
		a.captureListCommand(), a.captureRemoveCommand(),
	)
	return cmd
}

func (a *app) captureCommand(use, short string) *cobra.Command {
	var flags captureFlags
	cmd := &cobra.Command{
		Use: use, Short: short, Args: cobra.MaximumNArgs(1), ValidArgsFunction: a.completeServices,
		Example: "  microtop profile shop.recommend --kind cpu --seconds 3 --out p.pb.gz",
		RunE: func(cmd *cobra.Command, args []string) error {
			target, _, err := flags.target(args)
			if err != nil {
				return err
			}
			kind, err := profiling.ParseKind(flags.kind)
			if err != nil {
				return usageError{err}
			}
			if !(flags.seconds > 0 && flags.seconds <= 300) { // NaN too
				return usagef("--seconds must be over 0 and at most 300")
			}
			return a.withSession(cmd, func(ctx context.Context, s *introspect.Session) error {
				return a.capture(ctx, s, target, kind, flags)
			})
		},
	}
	flags.add(cmd)
	return cmd
}

type captureRow struct {
	Service string `json:"service"`
	Node    string `json:"node"`
	Kind    string `json:"kind"`
	File    string `json:"file"`
	Size    int    `json:"size"`
	Open    string `json:"open"`
	Error   string `json:"error"`
}

func (r captureRow) cells() []string { return []string{r.Node, r.Kind, r.File, r.Open, r.Error} }

// capture takes the profiles and writes those that came.
func (a *app) capture(ctx context.Context, s *introspect.Session, target introspect.Target, kind profiling.Kind, flags captureFlags) error {
	nodes, err := vitals.Nodes(ctx, s, target)
	if err != nil {
		return err
	}
	out := flags.out
	if len(nodes) > 1 && out != "" {
		if err := os.MkdirAll(out, 0o700); err != nil {
			return fmt.Errorf("--out names a folder for the profiles of %d nodes: %w", len(nodes), err)
		}
		out += string(filepath.Separator)
	}
	targets := make([]profiling.Target, 0, len(nodes))
	for _, node := range nodes {
		targets = append(targets, profiling.NodeTarget(s, node))
	}
	options := profiling.CaptureOptions{Kind: kind, Duration: time.Duration(flags.seconds * float64(time.Second))}
	if onTerminal(a.err) {
		options.Progress = a.progress
	}
	rows := make([]captureRow, 0, len(nodes))
	failed := false
	for _, r := range profiling.Capture(ctx, targets, options) {
		row := captureRow{Service: r.Target.Service, Node: r.Target.Node, Kind: string(kind), Size: len(r.Data)}
		if r.Err == nil {
			row.File, r.Err = profiling.WriteFile(out, r.Meta, r.Data, flags.force)
			row.Open = profiling.OpenCommand(kind, row.File)
		}
		if r.Err != nil {
			row.Error, row.Open, failed = detail(r.Err), "", true
		}
		rows = append(rows, row)
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return failedIf(failed, list(a, rows, []string{"NODE", "KIND", "FILE", "OPEN", "ERROR"}, captureRow.cells))
}

// progress says on a terminal how far a node's capture is.
func (a *app) progress(p profiling.Progress) {
	_ = a.errLine(fmt.Sprintf("%s: %s %.0fs of %.0fs", p.Target.Node, p.State, p.Elapsed.Seconds(), p.Duration.Seconds()))
}

// viewFlags shape a look at profiles.
type viewFlags struct {
	sampleType, focus, ignore, hide, granularity string
	project, cum                                 bool
	limit                                        int
}

func (f *viewFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.sampleType, "type", "", "sample type, such as alloc_space; default the profile's own")
	flags.StringVar(&f.focus, "focus", "", "only stacks with a frame that matches")
	flags.StringVar(&f.ignore, "ignore", "", "no stacks with a frame that matches")
	flags.StringVar(&f.hide, "hide", "", "no frames that match")
	flags.StringVar(&f.granularity, "by", "function", "function, line or file")
	flags.BoolVar(&f.project, "project", false, "hide the runtime and the standard library")
	flags.BoolVar(&f.cum, "cum", false, "sort by cumulative value")
	flags.IntVar(&f.limit, "limit", 30, "rows at most; 0 means all")
}

func (f *viewFlags) options() (profiling.Options, error) {
	o := profiling.Options{Type: f.sampleType, Project: f.project, Cum: f.cum, Limit: f.limit}
	var err error
	if o.Granularity, err = profiling.ParseGranularity(f.granularity); err != nil {
		return o, usageError{err}
	}
	if o.Focus, err = profiling.CompilePattern("focus", f.focus); err != nil {
		return o, usageError{err}
	}
	if o.Ignore, err = profiling.CompilePattern("ignore", f.ignore); err != nil {
		return o, usageError{err}
	}
	if o.Hide, err = profiling.CompilePattern("hide", f.hide); err != nil {
		return o, usageError{err}
	}
	return o, nil
}

// profileOf reads a profile from a file, or a kept capture by its id.
func profileOf(name string) (*profiling.Profile, error) {
	file, err := os.Open(name) //nolint:gosec // the user names the file
	if err == nil {
		defer func() { _ = file.Close() }() // only read
		p, err := profiling.Parse(file, profiling.Limits{})
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		return p, nil
	}
	store, storeErr := profiling.OpenStore("")
	if storeErr != nil {
		return nil, err
	}
	defer func() { _ = store.Close() }() // only read
	entry, data, storeErr := store.Open(name)
	if storeErr != nil {
		return nil, fmt.Errorf("%w, and there is no capture of that name: `microtop profile list` shows the captures", err)
	}
	p, err := profiling.Parse(strings.NewReader(string(data)), profiling.Limits{})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	p.Kind = entry.Meta.Kind
	return p, nil
}
