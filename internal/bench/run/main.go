// Command run measures this framework beside others and prints which goals are met: `make bench`.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"

	"github.com/microtop/microtop/internal/bench"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1) //nolint:gocritic // nothing is left to be stopped
	}
}

func run(ctx context.Context, args []string, out, progress io.Writer) error {
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	long := flags.Bool("long", false, "eleven rounds of two seconds a visit in place of five short ones")
	rounds := flags.Int("rounds", 0, "how often each system is visited; at least 5 for figures that count")
	only := flags.String("only", "", "only the cells whose name contains this")
	before := flags.String("before", "", "a build of ./peer from before a change: it is measured in the same rounds")
	profiles := flags.String("profiles", "", "have both ends of each system write a CPU profile into this folder")
	report := flags.String("json", "", "also write the report to this file")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *before != "" && *profiles != "" {
		return errors.New("-before compares, and -profiles costs one side time: use them one after the other")
	}
	pace := bench.Quick
	if *long {
		pace = bench.Long
	}
	if *rounds > 0 {
		pace.Rounds = *rounds
	}
	var cells []bench.Cell
	names := map[string]bool{}
	for _, c := range bench.Cells() {
		if strings.Contains(c.Name, *only) {
			cells, names[c.Name] = append(cells, c), true
		}
	}
	var goals []bench.Goal
	for _, g := range bench.Goals() {
		if names[g.Cell] {
			goals = append(goals, g)
		}
	}
	dir, err := os.MkdirTemp("", "bench")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	programs, err := bench.Build(ctx, dir)
	if err != nil {
		return err
	}
	if programs.Profiles = *profiles; *before != "" {
		programs.Before, cells = *before, bench.Against(cells)
	}
	found, err := bench.Run(ctx, programs, cells, goals, pace, progress)
	if err != nil {
		return err
	}
	found.Table(out)
	found.Changes(out, cells)
	if *report == "" {
		return nil
	}
	return write(*report, found)
}

// write writes the report into a file.
func write(path string, r *bench.Report) error {
	f, err := os.Create(path) //nolint:gosec // the user named it
	if err != nil {
		return err
	}
	if err := r.JSON(f); err != nil {
		_ = f.Close()
		return err
	}
	return f.Close()
}
