package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/microtop/microtop/framework/errors"
	"github.com/microtop/microtop/introspect"
	"github.com/microtop/microtop/introspect/invoke"
)

// stdinLimit is the largest body read from standard input, in bytes.
const stdinLimit = 64 << 20

// requestFlags shape a call or a stream.
type requestFlags struct {
	targetFlags
	metadata    []string
	contentType string
	retries     int
}

func (f *requestFlags) add(cmd *cobra.Command) {
	f.targetFlags.add(cmd.Flags())
	cmd.Flags().StringArrayVar(&f.metadata, "metadata", nil, "a request header as key=value; may be given again")
	cmd.Flags().StringVar(&f.contentType, "content-type", "", "send the body as it is, under this content type")
	cmd.Flags().IntVar(&f.retries, "retries", 1, "attempts after the first")
}

// request reads SERVICE ENDPOINT [JSON|-]. At an address both may be one word, SERVICE/METHOD, as gRPC's tools are told.
func (f *requestFlags) request(a *app, cmd *cobra.Command, args []string) (invoke.Request, error) {
	if f.address != "" && len(args) > 0 {
		if service, method, ok := strings.Cut(args[0], "/"); ok && service != "" {
			args = slices.Concat([]string{service, method}, args[1:])
		}
	}
	target, rest, err := f.target(args)
	if err != nil {
		return invoke.Request{}, err
	}
	if len(rest) == 0 && target.Address != "" {
		return invoke.Request{}, usagef("name a service and an endpoint; `microtop describe --address %s` lists what is there", target.Address)
	}
	if len(rest) == 0 {
		return invoke.Request{}, usagef("name an endpoint, such as Handler.Method; `microtop describe %s` lists them", target.Service)
	}
	r := invoke.Request{Target: target, Endpoint: rest[0], ContentType: f.contentType, Metadata: map[string]string{}}
	if f.retries < 0 {
		return r, usagef("--retries must not be negative")
	}
	if cmd.Flags().Changed("retries") {
		r.Retries = &f.retries
	}
	for _, pair := range f.metadata {
		key, value, ok := strings.Cut(pair, "=")
		if !ok || key == "" {
			return r, usagef("--metadata %q: write key=value", pair)
		}
		r.Metadata[key] = value
	}
	if len(rest) > 1 {
		r.Body, err = a.argument(cmd.Context(), rest[1])
	}
	return r, err
}

// argument is a body from the command line, or from standard input for "-".
func (a *app) argument(ctx context.Context, text string) ([]byte, error) {
	if text != "-" {
		return []byte(text), nil
	}
	var body []byte
	read := make(chan error, 1)
	go func() { // ends with the input, or with the process
		var err error
		body, err = io.ReadAll(io.LimitReader(a.in, stdinLimit+1))
		read <- err
	}()
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case err := <-read:
		if err != nil {
			return nil, fmt.Errorf("read standard input: %w", err)
		}
	}
	if len(body) > stdinLimit {
		return nil, usagef("standard input is over %d bytes", stdinLimit)
	}
	return body, nil
}

type attemptRow struct {
	Node       string    `json:"node"`
	Address    string    `json:"address"`
	Start      time.Time `json:"start"`
	DurationMs float64   `json:"durationMs"`
	Error      string    `json:"error,omitempty"`
}

type callError struct {
	ID     string `json:"id,omitempty"`
	Code   int32  `json:"code"`
	Detail string `json:"detail"`
	Status string `json:"status,omitempty"`
}

type envelope struct {
	Status     int32           `json:"status"`
	Node       string          `json:"node"`
	Start      time.Time       `json:"start"`
	DurationMs float64         `json:"durationMs"`
	Size       int             `json:"size"`
	Attempts   []attemptRow    `json:"attempts"`
	Error      *callError      `json:"error,omitempty"`
	Body       json.RawMessage `json:"body,omitempty"`
}

func (a *app) callCommand() *cobra.Command {
	var flags requestFlags
	var how callFlags
	cmd := &cobra.Command{
		Use: "call SERVICE ENDPOINT [JSON|-]", Short: "Call an endpoint and print its answer", Args: cobra.MaximumNArgs(3),
		Example:           `  microtop call shop.catalog Catalog.Get '{"id": "kettle"}'`,
		ValidArgsFunction: a.completeEndpoints,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := how.check(a); err != nil {
				return err
			}
			request, err := how.request(a, cmd, &flags, args)
			if err != nil {
				return err
			}
			return a.withSession(cmd, func(ctx context.Context, s *introspect.Session) error {
				switch {
				case how.allNodes:
					return a.callEach(ctx, s, request)
				case how.repeat > 1:
					return a.callRepeatedly(ctx, s, request, how)
				}
				result, err := invoke.Unary(ctx, s, request)
				if err != nil {
					return err
				}
				return a.answered(request, result, how)
			})
		},
	}
	flags.add(cmd)
	how.add(cmd)
	return cmd
}

// answered prints what came of a call.
func (a *app) answered(request invoke.Request, result *invoke.Result, how callFlags) error {
	if how.verbose {
		a.explain(result)
	}
	if how.envelope {
		return a.envelope(result)
	}
	if result.Err != nil {
		return callFailed(request, result.Err)
	}
	return a.body(result.Body)
}

// callFailed words a call's error: its code and status first, or how to go on where nobody answered.
func callFailed(r invoke.Request, err error) error {
	text, known := advised(err)
	if e := errors.FromError(err); !known && e.GetCode() != 0 {
		text = fmt.Sprintf("%d %s: %s", e.GetCode(), e.GetStatus(), text)
	}
	return fmt.Errorf("%s %s: %s", r.Target, r.Endpoint, text)
}

// explain says on standard error how a call went.
func (a *app) explain(r *invoke.Result) {
	_ = a.errLine(fmt.Sprintf("status %d, %d bytes in %.1f ms as %s", r.Code(), r.Size, milliseconds(r.Duration), r.ContentType))
	for i, attempt := range r.Attempts {
		outcome := "ok"
		if attempt.Err != nil {
			outcome = errors.FromError(attempt.Err).GetDetail()
		}
		_ = a.errLine(fmt.Sprintf("attempt %d: %s at %s, %.1f ms: %s", i+1, attempt.Node, attempt.Address, milliseconds(attempt.Duration), outcome))
	}
}

func (a *app) envelope(r *invoke.Result) error {
	text, err := marshal(enveloped(r))
	if err != nil {
		return err
	}
	return failedIf(r.Err != nil, a.body(text))
}

// enveloped is all that is known of a call.
func enveloped(r *invoke.Result) envelope {
	out := envelope{
		Status: r.Code(), Node: r.Node(), Start: r.Start.UTC(), DurationMs: milliseconds(r.Duration), Size: r.Size,
		Attempts: []attemptRow{},
	}
	for _, attempt := range r.Attempts {
		row := attemptRow{Node: attempt.Node, Address: attempt.Address, Start: attempt.Start.UTC(), DurationMs: milliseconds(attempt.Duration)}
		if attempt.Err != nil {
			row.Error = errors.FromError(attempt.Err).GetDetail()
		}
		out.Attempts = append(out.Attempts, row)
	}
	if r.Err != nil {
		e := errors.FromError(r.Err)
		out.Error = &callError{e.GetId(), e.GetCode(), e.GetDetail(), e.GetStatus()}
	} else if json.Valid(r.Body) {
		out.Body = r.Body
	} else if out.Body, _ = json.Marshal(string(r.Body)); len(r.Body) == 0 { // a string always marshals
		out.Body = nil
	}
	return out
}

func milliseconds(d time.Duration) float64 {
	return float64(d.Round(time.Microsecond)) / float64(time.Millisecond)
}

// completeEndpoints completes a service, then its endpoints.
func (a *app) completeEndpoints(cmd *cobra.Command, args []string, prefix string) ([]string, cobra.ShellCompDirective) {
	if len(args) == 0 {
		return a.completeServices(cmd, args, prefix)
	}
	if len(args) > 1 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	ctx, cancel := context.WithTimeout(cmd.Context(), 2*time.Second)
	defer cancel()
	s, err := a.session(ctx)
	if err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	defer func() { _ = s.Close() }() // a completion has nowhere to say it
	found, err := invoke.Load(ctx, s, introspect.Target{Service: args[0]})
	if err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	var names []string
	for _, e := range found[0].Schema.Endpoints {
		if e.Kind.Callable() && strings.HasPrefix(e.Name, prefix) && completable(e.Name) {
			names = append(names, e.Name)
		}
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}
