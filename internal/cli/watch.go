package cli

import (
	"context"
	"errors"
	"time"

	"github.com/spf13/cobra"

	"github.com/microtop/microtop/introspect"
	"github.com/microtop/microtop/introspect/fleet"
)

type watchLine struct {
	Time     time.Time         `json:"time"`
	Kind     string            `json:"kind"`
	Service  string            `json:"service"`
	Version  string            `json:"version"`
	Node     string            `json:"node"`
	Address  string            `json:"address"`
	Metadata map[string]string `json:"metadata"`
	Problem  string            `json:"problem"`
}

func (a *app) watchCommand() *cobra.Command {
	var limit time.Duration
	cmd := &cobra.Command{
		Use: "watch", Short: "Print what comes, changes and goes in the registry", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if _, err := a.format(asNDJSON, asJSON); err != nil {
				return err
			}
			if limit < 0 {
				return usagef("--for must not be negative")
			}
			return a.withSession(cmd, func(ctx context.Context, s *introspect.Session) error {
				err := a.watch(ctx, s, limit)
				if errors.Is(err, context.DeadlineExceeded) {
					return nil // the time is up
				}
				return err
			})
		},
	}
	cmd.Flags().DurationVar(&limit, "for", 0, "end after this long; 0 goes on")
	return cmd
}

func (a *app) watch(ctx context.Context, s *introspect.Session, limit time.Duration) error {
	if limit > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, limit)
		defer cancel()
	}
	f := fleet.Start(ctx, s, fleet.Options{})
	defer f.Close()
	var seen uint64
	for {
		events, dropped := f.Events()
		first := uint64(0)
		if seen > dropped {
			first = seen - dropped
		}
		for _, e := range events[first:] {
			line := watchLine{e.Time.UTC(), string(e.Kind), e.Node.Service, e.Node.Version, e.Node.ID, e.Node.Address, notNilMap(e.Node.Metadata), e.Node.Problem}
			if err := a.line(line); err != nil {
				return err
			}
		}
		seen = dropped + uint64(len(events))
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-f.Updated():
		}
	}
}
