package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	microerrors "github.com/microtop/microtop/framework/errors"
	"github.com/microtop/microtop/introspect"
	"github.com/microtop/microtop/introspect/invoke"
)

// maxRepeat is how often one command makes a call; more is what `microtop load` is for.
const maxRepeat = 100_000

// callFlags say how often and where a call is made, and how its answer is printed.
type callFlags struct {
	verbose, envelope, allNodes bool
	repeat                      int
	interval                    time.Duration
	saved                       savedFlags
}

func (f *callFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.BoolVarP(&f.verbose, "verbose", "v", false, "say status, node, attempts and timing on standard error")
	flags.BoolVar(&f.envelope, "envelope", false, "print one object with the answer and what --verbose says")
	flags.BoolVar(&f.allNodes, "all-nodes", false, "call every node, each once, and compare the answers")
	flags.IntVar(&f.repeat, "repeat", 1, "make the call this often, one after the other; one line for each")
	f.saved.add(flags)
	flags.DurationVar(&f.interval, "interval", 0, "how long to wait between the calls of --repeat")
}

func (f *callFlags) check(a *app) error {
	formats := []string{asYAML, asNDJSON}
	if f.allNodes {
		formats = append(formats, asTable)
	}
	if _, err := a.format(asJSON, formats...); err != nil {
		return err
	}
	switch {
	case f.repeat < 1 || f.repeat > maxRepeat:
		return usagef("--repeat: 1 to %d", maxRepeat)
	case f.interval < 0:
		return usagef("--interval must not be negative")
	case f.allNodes && f.repeat > 1:
		return usagef("--all-nodes and --repeat do not go together")
	case f.allNodes && f.envelope:
		return usagef("--all-nodes prints an object a node anyway: leave --envelope out")
	}
	return nil
}

// request is the call that the arguments make, or the saved one with what they say in its place: then the only argument
// is a body.
func (f *callFlags) request(a *app, cmd *cobra.Command, flags *requestFlags, args []string) (invoke.Request, error) {
	if f.saved.name == "" {
		if len(f.saved.vars) > 0 || len(f.saved.allowed) > 0 || f.saved.environment != "" {
			return invoke.Request{}, usagef("--var, --allow-env and --environment are for saved calls: name one with --saved")
		}
		if len(args) == 0 {
			return invoke.Request{}, usagef("name a service and an endpoint, or a saved call with --saved\nusage: %s", cmd.UseLine())
		}
		return flags.request(a, cmd, args)
	}
	if len(args) > 1 {
		return invoke.Request{}, usagef("--saved names the service and the endpoint already: only a body may be given beside it")
	}
	saved, secured, err := f.saved.request(flags.address)
	if err != nil {
		return saved, err
	}
	if secured != nil && !a.flags.tls.given() {
		a.flags.tls = tlsFlags{on: true, ca: secured.CA, cert: secured.Cert, key: secured.Key, serverName: secured.ServerName, insecure: secured.Insecure}
	}
	given, err := flags.request(a, cmd, append([]string{saved.Service, saved.Endpoint}, args...))
	if err != nil {
		return given, err
	}
	return merge(cmd, saved, given), nil
}

// nodeAnswer is what one node answered.
type nodeAnswer struct {
	Node       string          `json:"node"`
	Version    string          `json:"version"`
	Address    string          `json:"address"`
	Status     int32           `json:"status"`
	DurationMs float64         `json:"durationMs"`
	Size       int             `json:"size"`
	Differs    bool            `json:"differs"`
	Error      *callError      `json:"error,omitempty"`
	Body       json.RawMessage `json:"body,omitempty"`
}

// callEach calls every node and prints a row for each; one that failed makes the command fail.
func (a *app) callEach(ctx context.Context, s *introspect.Session, r invoke.Request) error {
	answers, err := invoke.EachNode(ctx, s, r)
	if err != nil {
		return err
	}
	failed := false
	rows := make([]nodeAnswer, 0, len(answers))
	for _, n := range answers {
		e := enveloped(n.Result)
		rows = append(rows, nodeAnswer{
			Node: n.Node, Version: n.Version, Address: n.Address, Status: e.Status, DurationMs: e.DurationMs, Size: e.Size,
			Differs: n.Err == nil && !n.Same, Error: e.Error, Body: e.Body,
		})
		failed = failed || n.Err != nil
	}
	if a.output == "" {
		a.output = asJSON
	}
	return failedIf(failed, list(a, rows, []string{"NODE", "VERSION", "STATUS", "MS", "BYTES", "ANSWER"}, func(n nodeAnswer) []string {
		answer := "same"
		switch {
		case n.Error != nil:
			answer = n.Error.Detail
		case n.Differs:
			answer = "differs"
		}
		return []string{n.Node, n.Version, strconv.Itoa(int(n.Status)), fmt.Sprintf("%.1f", n.DurationMs), strconv.Itoa(n.Size), answer}
	}))
}

// callRepeatedly makes a call several times and prints each answer on a line; what failed is said on standard error,
// and in the exit status.
func (a *app) callRepeatedly(ctx context.Context, s *introspect.Session, r invoke.Request, how callFlags) error {
	if a.output == "" {
		a.output = asNDJSON
	}
	failed := false
	for i := range how.repeat {
		if i > 0 && how.interval > 0 {
			timer := time.NewTimer(how.interval)
			select {
			case <-timer.C:
			case <-ctx.Done():
				timer.Stop()
			}
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		result, err := invoke.Unary(ctx, s, r)
		if err != nil {
			return err
		}
		switch err := a.answered(r, result, how); {
		case errors.As(err, new(silentError)):
			failed = true
		case result.Err != nil && ctx.Err() == nil:
			failed = true
			_ = a.errLine("microtop: " + err.Error())
		case err != nil:
			return err
		}
	}
	return failedIf(failed, nil)
}

// kindOf is a call's error in a few words.
func kindOf(err error) string {
	e := microerrors.FromError(err)
	if e.GetCode() == 0 {
		return e.GetDetail()
	}
	return fmt.Sprintf("%d %s", e.GetCode(), e.GetDetail())
}
