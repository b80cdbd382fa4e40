package cli

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/microtop/microtop/introspect"
	"github.com/microtop/microtop/introspect/invoke"
	"github.com/microtop/microtop/introspect/load"
)

type percentiles struct {
	Min  float64 `json:"min"`
	Mean float64 `json:"mean"`
	P50  float64 `json:"p50"`
	P90  float64 `json:"p90"`
	P95  float64 `json:"p95"`
	P99  float64 `json:"p99"`
	P999 float64 `json:"p999"`
	Max  float64 `json:"max"`
}

func percentilesOf(h *load.Histogram) percentiles {
	at := func(q float64) float64 { return milliseconds(h.At(q)) }
	return percentiles{milliseconds(h.Min()), milliseconds(h.Mean()), at(0.5), at(0.9), at(0.95), at(0.99), at(0.999), milliseconds(h.Max())}
}

type loadBar struct {
	FromMs float64 `json:"fromMs"`
	ToMs   float64 `json:"toMs"`
	Count  uint64  `json:"count"`
}

type loadFailure struct {
	Error string `json:"error"`
	Count uint64 `json:"count"`
}

// loadReport is what `load` prints.
type loadReport struct {
	Service           string        `json:"service"`
	Endpoint          string        `json:"endpoint"`
	Rate              float64       `json:"rate"`
	Concurrency       int           `json:"concurrency"`
	ElapsedMs         float64       `json:"elapsedMs"`
	Calls             uint64        `json:"calls"`
	Good              uint64        `json:"good"`
	Failed            uint64        `json:"failed"`
	NotSent           int           `json:"notSent"`
	RequestsPerSecond float64       `json:"requestsPerSecond"`
	Bytes             uint64        `json:"bytes"`
	LatencyMs         percentiles   `json:"latencyMs"`
	ServiceMs         percentiles   `json:"serviceMs"`
	Histogram         []loadBar     `json:"histogram"`
	Errors            []loadFailure `json:"errors"`
}

func (a *app) loadCommand() *cobra.Command {
	var flags requestFlags
	o := load.Options{}
	var yes bool
	cmd := &cobra.Command{
		Use: "load SERVICE ENDPOINT [JSON|-]", Short: "Call an endpoint at a steady rate and measure how long it takes", Args: cobra.RangeArgs(1, 3),
		Long: "Calls an endpoint at a steady rate. Latency counts from when each call was due, so that a stall is as many slow\n" +
			"calls as it held up; serviceMs counts from when it was sent. More than a modest load needs --yes.",
		Example:           `  microtop load shop.catalog Catalog.Get '{"id": "kettle"}' --rate 20 --duration 30s`,
		ValidArgsFunction: a.completeEndpoints,
		RunE: func(cmd *cobra.Command, args []string) error {
			format, err := a.format(asTable, asJSON, asYAML, asNDJSON)
			if err != nil {
				return err
			}
			if err := checkLoad(cmd, o, yes); err != nil {
				return err
			}
			request, err := flags.request(a, cmd, args)
			if err != nil {
				return err
			}
			return a.withSession(cmd, func(ctx context.Context, s *introspect.Session) error {
				o.Timeout = s.Timeout()
				return a.runLoad(ctx, s, request, o, format)
			})
		},
	}
	flags.add(cmd)
	cmd.Flags().Float64Var(&o.Rate, "rate", 10, "calls a second; 0 sends each when one before it is done")
	cmd.Flags().IntVar(&o.Concurrency, "concurrency", 10, "how many calls may be on their way at once")
	cmd.Flags().DurationVar(&o.Duration, "duration", 0, "how long to go on; 10s where --count is not given either")
	cmd.Flags().IntVarP(&o.Count, "count", "n", 0, "how many calls to make")
	cmd.Flags().BoolVar(&yes, "yes", false, "make the load even if it is more than modest")
	return cmd
}

// checkLoad refuses loads that are wrong, or large and not meant.
func checkLoad(cmd *cobra.Command, o load.Options, yes bool) error {
	if err := o.Check(); err != nil {
		return usageError{err}
	}
	if o.Concurrency < 1 {
		return usagef("--concurrency: 1 to %d", load.MaxConcurrency)
	}
	for _, name := range []string{"duration", "count"} {
		if f := cmd.Flags().Lookup(name); f.Changed && (f.Value.String() == "0" || f.Value.String() == "0s") {
			return usagef("--%s must be over 0", name)
		}
	}
	if !o.Modest() && !yes {
		return usagef("%s is more than a modest load (50 calls a second, 10 at once, 3000 in all): add --yes if it is meant", o)
	}
	return nil
}

func (a *app) runLoad(ctx context.Context, s *introspect.Session, r invoke.Request, o load.Options, format string) error {
	looked, cancel := context.WithTimeout(ctx, s.Timeout())
	defer cancel()
	call, err := invoke.Prepare(looked, s, r)
	if err != nil {
		return err
	}
	report, err := load.Run(ctx, o, func(ctx context.Context) load.Outcome {
		result := call.Do(ctx)
		if result.Err != nil {
			return load.Outcome{Kind: kindOf(result.Err)}
		}
		return load.Outcome{Bytes: result.Size}
	}, a.loadProgress())
	if err != nil {
		return err
	}
	if err := a.printLoad(r, o, report, format); err != nil {
		return err
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return failedIf(report.Failed > 0 || report.Late > 0, nil)
}

// loadProgress says on a terminal, once in a while, how it goes.
func (a *app) loadProgress() func(*load.Report) {
	if !onTerminal(a.err) {
		return nil
	}
	last := time.Now()
	return func(r *load.Report) {
		if time.Since(last) < 2*time.Second {
			return
		}
		last = time.Now()
		_ = a.errLine(fmt.Sprintf("%s  %d calls, %.1f a second, %d failed, p50 %.1f ms, p99 %.1f ms", r.Elapsed.Round(time.Second), r.Done, r.Rate(), r.Failed, milliseconds(r.Latency.At(0.5)), milliseconds(r.Latency.At(0.99))))
	}
}

func (a *app) printLoad(r invoke.Request, o load.Options, report *load.Report, format string) error {
	out := loadReport{
		Service: r.Service, Endpoint: r.Endpoint, Rate: o.Rate, Concurrency: o.Concurrency, ElapsedMs: milliseconds(report.Elapsed),
		Calls: report.Done, Good: report.Good, Failed: report.Failed, NotSent: report.Late, Bytes: report.Bytes,
		RequestsPerSecond: float64(int(report.Rate()*100)) / 100, LatencyMs: percentilesOf(&report.Latency), ServiceMs: percentilesOf(&report.Service),
		Histogram: []loadBar{}, Errors: []loadFailure{},
	}
	for _, b := range report.Latency.Bars(20) {
		out.Histogram = append(out.Histogram, loadBar{milliseconds(b.From), milliseconds(b.To), b.Count})
	}
	for _, f := range report.Failures {
		out.Errors = append(out.Errors, loadFailure{f.Kind, f.Count})
	}
	switch format {
	case asJSON:
		return a.json(out)
	case asNDJSON:
		return a.line(out)
	case asYAML:
		return a.yaml(out)
	}
	return a.rows(loadRows(out)...)
}

// loadRows is a report for people.
func loadRows(r loadReport) []string {
	lines := []string{
		fmt.Sprintf("%s %s: %d calls in %.1f s, %.1f a second, %d failed, %d not sent", r.Service, r.Endpoint, r.Calls, r.ElapsedMs/1000, r.RequestsPerSecond, r.Failed, r.NotSent),
		"", fmt.Sprintf("%-23s %9s %9s %9s %9s %9s %9s", "ms", "min", "p50", "p90", "p99", "p99.9", "max"),
	}
	for _, row := range []struct {
		name string
		p    percentiles
	}{{"latency, from when due", r.LatencyMs}, {"service, from when sent", r.ServiceMs}} {
		lines = append(lines, fmt.Sprintf("%-23s %9.2f %9.2f %9.2f %9.2f %9.2f %9.2f", row.name, row.p.Min, row.p.P50, row.p.P90, row.p.P99, row.p.P999, row.p.Max))
	}
	most := uint64(1)
	for _, b := range r.Histogram {
		most = max(most, b.Count)
	}
	if len(r.Histogram) > 0 {
		lines = append(lines, "")
	}
	for _, b := range r.Histogram {
		lines = append(lines, fmt.Sprintf("%10.2f ms %8d %s", b.ToMs, b.Count, strings.Repeat("#", int(b.Count*50/most)))) //nolint:gosec // at most 50
	}
	for i, e := range r.Errors {
		if i == 0 {
			lines = append(lines, "")
		}
		lines = append(lines, fmt.Sprintf("%8d  %s", e.Count, e.Error))
	}
	return lines
}
