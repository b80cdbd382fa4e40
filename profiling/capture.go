package profiling

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"
)

// CaptureOptions says what to capture, and how.
type CaptureOptions struct {
	Kind     Kind
	Duration time.Duration // for timed kinds; 10 s if 0

	// Progress, if set, is told how it goes: at once when a node's state changes,
	// and about four times a second while one runs. Calls come one at a time from
	// a goroutine of Capture's. The captures never wait for it: states that pass
	// while it is busy are left out, the last one of every node is not. It must
	// return, or Capture doesn't.
	Progress func(Progress)

	// Concurrency is how many nodes are captured at once; 16 if 0.
	Concurrency int

	// Grace is how much longer than Duration one node may take; 15 s if 0.
	Grace time.Duration

	Limits Limits
}

func (o CaptureOptions) withDefaults() CaptureOptions {
	fill(&o.Duration, 10*time.Second)
	fill(&o.Concurrency, 16)
	fill(&o.Grace, 15*time.Second)
	if !o.Kind.Timed() {
		o.Duration = 0
	}
	o.Limits = o.Limits.withDefaults()
	return o
}

// Result is what one node gave. On success Data holds the bytes as they came
// and Profile what is in them (nil for a trace); else Err says what went wrong
// and both are empty.
type Result struct {
	Target  Target
	Meta    Meta
	Data    []byte
	Profile *Profile
	Err     error
}

// Capture asks all targets for a profile at once and returns when each has
// answered or failed, one result per target, in order. One node's failure does
// not touch the others. Ending ctx ends every capture; what is not whole by then
// is dropped. Nothing is written to disk: see [Store.Save] and [WriteFile].
func Capture(ctx context.Context, targets []Target, o CaptureOptions) []Result {
	o = o.withDefaults()
	results := make([]Result, len(targets))
	board := newBoard(targets, o)
	stop := board.watch()
	slots := make(chan struct{}, o.Concurrency)
	var wg sync.WaitGroup
	for i, t := range targets {
		wg.Go(func() {
			results[i] = Result{Target: t, Meta: Meta{Service: t.Service, Version: t.Version, Node: t.Node, Address: t.Address, Kind: o.Kind}}
			err := take(ctx, slots)
			if err == nil {
				err = captureOne(ctx, &results[i], o, board.node(i))
				<-slots
			}
			if err != nil {
				results[i].Data, results[i].Profile = nil, nil
				results[i].Err = fmt.Errorf("capture %s profile of %s: %w", o.Kind, t.name(), err)
			}
			board.node(i).end(results[i].Err)
		})
	}
	wg.Wait()
	stop()
	return results
}

// take waits for a free slot.
func take(ctx context.Context, slots chan struct{}) error {
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case slots <- struct{}{}:
		return nil
	}
}

func captureOne(ctx context.Context, r *Result, o CaptureOptions, b boardNode) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("the source of profiles broke: %v", v)
		}
	}()
	switch _, known := o.Kind.facts(); {
	case !known:
		return fmt.Errorf("unknown kind %q", o.Kind)
	case r.Target.Source == nil:
		return errors.New("it offers no profiles")
	}
	late := fmt.Errorf("no whole profile within %v", o.Duration+o.Grace)
	ctx, cancel := context.WithTimeoutCause(ctx, o.Duration+o.Grace, late)
	defer cancel()
	r.Meta.Start, r.Meta.Duration = time.Now().UTC(), o.Duration
	b.run(r.Meta.Start)
	r.Data, err = fetch(ctx, r.Target.Source, o, b)
	if ctx.Err() != nil {
		return context.Cause(ctx) // says more than the broken read it led to
	}
	if err != nil || o.Kind == Trace {
		return err
	}
	r.Profile, err = Parse(bytes.NewReader(r.Data), o.Limits)
	if err != nil {
		return err
	}
	if !o.Kind.sameFamily(r.Profile.Kind) {
		return fmt.Errorf("it sent a %s profile instead", r.Profile.Kind)
	}
	r.Profile.Kind = o.Kind
	return nil
}

// fetch reads one profile's bytes, whole. The body is closed when ctx ends, so
// that a read that hangs comes back.
func fetch(ctx context.Context, source Source, o CaptureOptions, b boardNode) ([]byte, error) {
	body, err := source.Profile(ctx, o.Kind, o.Duration)
	if err != nil {
		return nil, err
	}
	closeBody := sync.OnceFunc(func() { _ = body.Close() })
	defer closeBody()
	defer context.AfterFunc(ctx, closeBody)()
	limit := o.Limits.Input
	var data bytes.Buffer
	_, err = io.Copy(&data, io.LimitReader(io.TeeReader(body, counter{b}), limit+1))
	if err != nil {
		return nil, fmt.Errorf("cut off after %d bytes: %w", data.Len(), err)
	}
	if err := over(int64(data.Len()), limit, "bytes"); err != nil {
		return nil, err
	}
	if data.Len() == 0 {
		return nil, fmt.Errorf("%w: it is empty", ErrFormat)
	}
	return data.Bytes(), nil
}
