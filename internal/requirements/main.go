// Command requirements runs the tests and says which rows of the requirements have one that passes.
//
// A test names its rows: TestA051_Heartbeat, or a sub-test A051_heartbeat. A skipped test does not count; a row with a failing
// test fails. The rows are in rows.txt.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:], os.Stdin, os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "requirements:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, in io.Reader, out io.Writer) error {
	flags := flag.NewFlagSet("requirements", flag.ContinueOnError)
	events := flags.String("json", "", "judge the output of go test -json in this file (- is standard input) instead of running the tests")
	missing := flags.Bool("missing", false, "print only the rows without a passing test")
	if err := flags.Parse(args); err != nil {
		return err
	}
	rows, err := parseRows(rowsFile)
	if err != nil {
		return err
	}
	var results Results
	switch *events {
	case "":
		err = results.runAll(ctx)
	case "-":
		err = results.Read(in)
	default:
		err = results.readFile(*events)
	}
	if err != nil {
		return err
	}
	return report(out, rows, &results, *missing)
}

func (r *Results) readFile(name string) error {
	file, err := os.Open(name) //nolint:gosec // the file the caller names
	if err != nil {
		return err
	}
	defer file.Close()
	return r.Read(file)
}

// runAll runs the tests of the module in the working directory and of the modules below internal.
func (r *Results) runAll(ctx context.Context) error {
	modules := []string{"."}
	err := filepath.WalkDir("internal", func(name string, entry fs.DirEntry, err error) error {
		if err == nil && entry.Name() == "go.mod" && filepath.Dir(name) != filepath.Join("internal", "tools") {
			modules = append(modules, filepath.Dir(name))
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("look for modules (run this from the root of the repository): %w", err)
	}
	for _, dir := range modules {
		if err := r.runModule(ctx, dir); err != nil {
			return fmt.Errorf("test %s: %w", dir, err)
		}
	}
	return nil
}

// runModule runs the tests of one module. Tests that fail are results, not errors.
func (r *Results) runModule(ctx context.Context, dir string) error {
	test := exec.CommandContext(ctx, "go", "test", "-p", "2", "-json", "./...")
	test.Dir, test.Stderr = dir, os.Stderr
	events, err := test.StdoutPipe()
	if err != nil {
		return err
	}
	if err := test.Start(); err != nil {
		return err
	}
	failed := r.Read(events)
	if failed != nil {
		_, _ = io.Copy(io.Discard, events) // let go test end
	}
	var exit *exec.ExitError
	if err := test.Wait(); err != nil && (!errors.As(err, &exit) || len(r.Failed) == 0) {
		return errors.Join(failed, err)
	}
	return failed
}

// report prints a line a row and the count, and fails on failing packages and on tests that name a row there is not.
func report(out io.Writer, rows []Row, results *Results, missing bool) error {
	verdicts := results.Verdicts()
	passing := 0
	var wrong []string
	for _, row := range rows {
		verdict, ok := verdicts[row.ID]
		if !ok {
			verdict.State = NoTest
		}
		delete(verdicts, row.ID)
		if verdict.State == Passes {
			passing++
			if missing {
				continue
			}
		}
		fmt.Fprintf(out, "%s  %-7s  %-24s  %s\n", row.ID, verdict.State, row.Component, row.Text)
		if len(verdict.Tests) > 0 {
			fmt.Fprintf(out, "               %s\n", strings.Join(verdict.Tests, ", "))
		}
	}
	for id, verdict := range verdicts {
		wrong = append(wrong, fmt.Sprintf("no row %s, named by %s", id, strings.Join(verdict.Tests, ", ")))
	}
	for _, pkg := range results.Failed {
		wrong = append(wrong, "failed: "+pkg)
	}
	fmt.Fprintf(out, "requirements: %d of %d rows have a passing test\n", passing, len(rows))
	if len(wrong) > 0 {
		return errors.New(strings.Join(wrong, "\n"))
	}
	return nil
}
