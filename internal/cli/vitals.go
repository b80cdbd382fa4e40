package cli

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	pb "github.com/microtop/microtop/framework/debug/proto"
	"github.com/microtop/microtop/introspect"
	"github.com/microtop/microtop/introspect/vitals"
)

type healthRow struct {
	Service string `json:"service"`
	Version string `json:"version"`
	Node    string `json:"node"`
	Address string `json:"address"`
	Status  string `json:"status"`
	Error   string `json:"error,omitempty"`
}

func (r healthRow) cells() []string {
	return []string{r.Service, r.Version, r.Node, r.Address, r.Status, r.Error}
}

func (a *app) healthCommand() *cobra.Command {
	var flags targetFlags
	cmd := &cobra.Command{
		Use: "health NAME", Short: "Ask each node of a service whether it is well", Args: cobra.MaximumNArgs(1), ValidArgsFunction: a.completeServices,
		RunE: func(cmd *cobra.Command, args []string) error {
			target, _, err := flags.target(args)
			if err != nil {
				return err
			}
			return a.withSession(cmd, func(ctx context.Context, s *introspect.Session) error {
				answers, err := vitals.Health(ctx, s, target)
				if err != nil {
					return err
				}
				rows := make([]healthRow, 0, len(answers))
				failed := false
				for _, answer := range answers {
					row := healthRow{answer.Service, answer.Version, answer.Id, answer.Address, answer.Value.GetStatus(), detail(answer.Err)}
					if answer.Err != nil {
						row.Status = "failed"
					}
					failed = failed || row.Status != "ok"
					rows = append(rows, row)
				}
				return failedIf(failed, list(a, rows, []string{"SERVICE", "VERSION", "NODE", "ADDRESS", "STATUS", "ERROR"}, healthRow.cells))
			})
		},
	}
	flags.add(cmd.Flags())
	return cmd
}

func detail(err error) string {
	if err == nil {
		return ""
	}
	text, _ := advised(err)
	return text
}

// failedIf makes a command whose output says what failed end with status 1.
func failedIf(failed bool, err error) error {
	if err == nil && failed {
		return silentError{}
	}
	return err
}

type statsRow struct {
	Service    string    `json:"service"`
	Version    string    `json:"version"`
	Node       string    `json:"node"`
	Address    string    `json:"address"`
	Time       time.Time `json:"time,omitzero"`
	Started    time.Time `json:"started,omitzero"`
	UptimeMs   uint64    `json:"uptimeMs"`
	Memory     uint64    `json:"memory"`
	Goroutines uint64    `json:"goroutines"`
	GCPauseMs  float64   `json:"gcPauseMs"`
	Requests   uint64    `json:"requests"`
	Errors     uint64    `json:"errors"`
	Error      string    `json:"error,omitempty"`
}

func (r statsRow) cells() []string {
	if r.Error != "" {
		return []string{r.Service, r.Version, r.Node, "", "", "", "", "", r.Error}
	}
	return []string{
		r.Service, r.Version, r.Node, (time.Duration(r.UptimeMs/1000) * time.Second).String(), //nolint:gosec // bounded by statsRowOf
		fmt.Sprintf("%.1f MB", float64(r.Memory)/1e6), strconv.FormatUint(r.Goroutines, 10),
		strconv.FormatUint(r.Requests, 10), strconv.FormatUint(r.Errors, 10), "",
	}
}

func statsRowOf(answer vitals.Answer[*pb.StatsResponse]) statsRow {
	v := answer.Value
	unix := func(n uint64) time.Time {
		if n == 0 {
			return time.Time{}
		}
		return time.Unix(int64(min(n, 1<<37)), 0).UTC() // bounded, to years of four digits
	}
	return statsRow{
		Service: answer.Service, Version: answer.Version, Node: answer.Id, Address: answer.Address, Error: detail(answer.Err),
		Time: unix(v.GetTimestamp()), Started: unix(v.GetStarted()), UptimeMs: min(v.GetUptime(), 1<<40) * 1000,
		Memory: v.GetMemory(), Goroutines: v.GetThreads(), GCPauseMs: float64(v.GetGc()) / 1e6,
		Requests: v.GetRequests(), Errors: v.GetErrors(),
	}
}

func (a *app) statsCommand() *cobra.Command {
	var flags targetFlags
	cmd := &cobra.Command{
		Use: "stats NAME", Short: "Show each node's counters, memory and goroutines", Args: cobra.MaximumNArgs(1), ValidArgsFunction: a.completeServices,
		RunE: func(cmd *cobra.Command, args []string) error {
			target, _, err := flags.target(args)
			if err != nil {
				return err
			}
			return a.withSession(cmd, func(ctx context.Context, s *introspect.Session) error {
				answers, err := vitals.Stats(ctx, s, target)
				if err != nil {
					return err
				}
				rows := make([]statsRow, 0, len(answers))
				failed := false
				for _, answer := range answers {
					rows = append(rows, statsRowOf(answer))
					failed = failed || answer.Err != nil
				}
				columns := []string{"SERVICE", "VERSION", "NODE", "UPTIME", "HEAP", "GOROUTINES", "REQUESTS", "ERRORS", "ERROR"}
				return failedIf(failed, list(a, rows, columns, statsRow.cells))
			})
		},
	}
	flags.add(cmd.Flags())
	return cmd
}

type logLine struct {
	Time     time.Time         `json:"time"`
	Service  string            `json:"service"`
	Node     string            `json:"node"`
	Metadata map[string]string `json:"metadata"`
	Message  string            `json:"message"`
}

func (a *app) logsCommand() *cobra.Command {
	var flags targetFlags
	var count int64
	var follow bool
	cmd := &cobra.Command{
		Use: "logs NAME", Short: "Print the last log lines of each node", Args: cobra.MaximumNArgs(1), ValidArgsFunction: a.completeServices,
		RunE: func(cmd *cobra.Command, args []string) error {
			target, _, err := flags.target(args)
			if err != nil {
				return err
			}
			if count < 0 {
				return usagef("--count must not be negative")
			}
			format, err := a.format(asNDJSON, asJSON, asTable)
			if err != nil {
				return err
			}
			return a.withSession(cmd, func(ctx context.Context, s *introspect.Session) error {
				nodes, err := vitals.Nodes(ctx, s, target)
				if err != nil {
					return err
				}
				return a.logs(ctx, s, nodes, count, follow, format)
			})
		},
	}
	flags.add(cmd.Flags())
	cmd.Flags().Int64Var(&count, "count", 0, "the last so many lines; 0 means all that are kept")
	cmd.Flags().BoolVarP(&follow, "follow", "f", false, "go on with lines to come")
	return cmd
}

// logs prints the records of all nodes as they come.
func (a *app) logs(ctx context.Context, s *introspect.Session, nodes []vitals.Node, count int64, follow bool, format string) error {
	var mu sync.Mutex
	var failed error
	var wg sync.WaitGroup
	for _, node := range nodes {
		wg.Go(func() {
			err := vitals.Logs(ctx, s, node, count, follow, func(r *pb.Record) bool {
				mu.Lock()
				defer mu.Unlock()
				line := logLine{time.Unix(r.GetTimestamp(), 0).UTC(), node.Service, node.Id, notNilMap(r.GetMetadata()), r.GetMessage()}
				if format == asTable {
					return a.rows(strings.Join([]string{line.Time.Format(time.RFC3339), node.Id, line.Metadata["level"], line.Message}, " ")) == nil
				}
				return a.line(line) == nil
			})
			if err != nil {
				mu.Lock()
				defer mu.Unlock()
				_ = a.errLine("logs of " + node.Id + ": " + detail(err))
				failed = silentError{}
			}
		})
	}
	wg.Wait()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return failed
}
