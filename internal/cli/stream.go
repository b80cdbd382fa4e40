package cli

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	microerrors "github.com/microtop/microtop/framework/errors"
	"github.com/microtop/microtop/introspect"
	"github.com/microtop/microtop/introspect/invoke"
	"github.com/microtop/microtop/introspect/schema"
)

// lineLimit is the longest message read from a line of standard input, in bytes.
const lineLimit = 16 << 20

func (a *app) streamCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "stream", Short: "Stream with an endpoint, one JSON message a line", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return usagef("say which kind: stream server, client or bidi") },
	}
	cmd.AddCommand(
		a.streamKind(schema.Server, "Send one message and print those that come"),
		a.streamKind(schema.Client, "Send the lines of standard input and print the answer"),
		a.streamKind(schema.Bidi, "Send the lines of standard input and print what comes"),
	)
	return cmd
}

func (a *app) streamKind(kind schema.Kind, short string) *cobra.Command {
	var flags requestFlags
	var idle time.Duration
	use := string(kind) + " SERVICE ENDPOINT [JSON|-]"
	if kind == schema.Server {
		use = string(kind) + " SERVICE ENDPOINT [JSON]"
	}
	cmd := &cobra.Command{
		Use: use, Short: short, Args: cobra.RangeArgs(1, 3), ValidArgsFunction: a.completeEndpoints,
		RunE: func(cmd *cobra.Command, args []string) error {
			if _, err := a.format(asNDJSON, asJSON); err != nil {
				return err
			}
			fromLines := kind != schema.Server
			if fromLines && len(args) == 3 && args[2] == "-" {
				args = args[:2] // the lines are read anyway
			}
			if idle <= 0 {
				return usagef("--idle must be over 0")
			}
			request, err := flags.request(a, cmd, args)
			if err != nil {
				return err
			}
			request.Kind = kind
			return a.withSession(cmd, func(ctx context.Context, s *introspect.Session) error {
				return a.runStream(ctx, s, request, fromLines, idle)
			})
		},
	}
	flags.add(cmd)
	cmd.Flags().DurationVar(&idle, "idle", 2*time.Second, "how long to wait for more after standard input ended; some peers never end a stream")
	return cmd
}

func (a *app) runStream(ctx context.Context, s *introspect.Session, r invoke.Request, fromLines bool, idle time.Duration) error {
	stream, err := invoke.Open(ctx, s, r)
	if err != nil {
		return openFailed(r, err)
	}
	defer func() { _ = stream.Close() }() // what it would say is known by then
	received := make(chan []byte)
	ended := make(chan error, 1)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go receive(ctx, stream, received, ended)

	sent := make(chan error, 1)
	if fromLines {
		go func() { sent <- a.sendLines(ctx, stream) }() // ends with the input, or with the process
	}
	return a.printStream(ctx, r, stream, received, ended, sent, patience{s.Timeout(), idle})
}

// openFailed words what a client says of a stream that did not open; other errors speak for themselves.
func openFailed(r invoke.Request, err error) error {
	if _, ok := microerrors.As(err); ok {
		return callFailed(r, err)
	}
	return err
}

func receive(ctx context.Context, stream *invoke.Stream, received chan<- []byte, ended chan<- error) {
	for {
		body, err := stream.Recv()
		if err != nil {
			ended <- err
			return
		}
		select {
		case received <- body:
		case <-ctx.Done():
			return
		}
	}
}

// patience is how long a stream may be silent: before its first message, which is said, and once the input has ended.
type patience struct{ first, idle time.Duration }

// printStream prints messages until the stream ends, or, once the input has ended, until nothing came for idle.
func (a *app) printStream(ctx context.Context, r invoke.Request, stream *invoke.Stream, received <-chan []byte, ended, sent <-chan error, wait patience) error {
	quiet := time.NewTimer(wait.idle)
	quiet.Stop()
	defer quiet.Stop()
	silence := time.NewTimer(wait.first)
	defer silence.Stop()
	if r.Kind != schema.Server {
		silence.Stop() // it may be us who are slow to ask
	}
	halfClosed := false
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-silence.C:
			_ = a.errLine(fmt.Sprintf("microtop: nothing came in %v; waiting on: ctrl+c ends it, `microtop health %s` asks whether the node is well", wait.first, health(r.Target)))
		case body := <-received:
			silence.Stop()
			if err := a.streamLine(body); err != nil {
				return err
			}
			if halfClosed {
				quiet.Reset(wait.idle)
			}
		case err := <-ended:
			if errors.Is(err, io.EOF) {
				return nil
			}
			return callFailed(r, err)
		case err := <-sent:
			if err != nil {
				return err
			}
			halfClosed = true
			quiet.Reset(wait.idle)
		case <-quiet.C:
			if _, got := stream.Counts(); got == 0 {
				return fmt.Errorf("%s %s: no answer within %v after the input ended: see --idle", r.Target, r.Endpoint, wait.idle)
			}
			return nil
		}
	}
}

// health are the arguments that ask the target's nodes whether they are well.
func health(t introspect.Target) string {
	if t.Address != "" {
		return "--address " + t.Address
	}
	return t.Service
}

// sendLines sends each line that is not blank, then half-closes.
func (a *app) sendLines(ctx context.Context, stream *invoke.Stream) error {
	lines := bufio.NewScanner(a.in)
	lines.Buffer(make([]byte, 0, 64<<10), lineLimit)
	for number := 1; lines.Scan() && ctx.Err() == nil; number++ {
		line := bytes.TrimSpace(lines.Bytes())
		if len(line) == 0 {
			continue
		}
		if err := stream.Send(bytes.Clone(line)); err != nil {
			if errors.Is(err, io.EOF) {
				return nil // the peer has ended; its reason is being received
			}
			return fmt.Errorf("line %d: %w", number, err)
		}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("read standard input: %w", err)
	}
	return stream.CloseSend()
}

// streamLine prints a message on one line.
func (a *app) streamLine(body []byte) error {
	var out bytes.Buffer
	if err := json.Compact(&out, body); err != nil {
		return a.line(string(body)) // not JSON: a JSON string of it
	}
	return a.raw(append(out.Bytes(), '\n'))
}
