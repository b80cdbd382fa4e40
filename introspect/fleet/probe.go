package fleet

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/microtop/microtop/framework/client"
	pb "github.com/microtop/microtop/framework/debug/proto"
	microerrors "github.com/microtop/microtop/framework/errors"
	"github.com/microtop/microtop/introspect"
)

const (
	// probesAtOnce is how many probes are under way together.
	probesAtOnce = 16
	// probesPerRound bounds a round; the next one takes those whose turn it is.
	probesPerRound = 500
	// failsToDown is how many probes in a row must time out before a node counts as down.
	failsToDown = 2
	// recentRates is how many request rates are kept of a node.
	recentRates = 60
)

// Prober asks a node whether it is well. Nil vitals and a nil error mean that it is, and tells no more.
// An error that wraps os.ErrDeadlineExceeded means that it did not answer in time.
type Prober func(ctx context.Context, node Node) (*pb.StatsResponse, error)

func (f *Fleet) probeLoop(ctx context.Context) {
	ticker := time.NewTicker(f.opts.Probe)
	defer ticker.Stop()
	for {
		f.probeRound(ctx)
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// probeRound probes the nodes whose last probe is the longest ago.
func (f *Fleet) probeRound(ctx context.Context) {
	slots := make(chan struct{}, probesAtOnce)
	var wg sync.WaitGroup
	var broken atomic.Pointer[error]
	for _, node := range f.probeable() {
		select {
		case slots <- struct{}{}:
		case <-ctx.Done():
		}
		if ctx.Err() != nil {
			break
		}
		wg.Go(func() {
			defer func() { <-slots }()
			if err := try(func() error { f.probe(ctx, node); return nil }); err != nil {
				err = fmt.Errorf("probe of nodes: %w", err)
				broken.Store(&err)
			}
		})
	}
	wg.Wait()
	if err := broken.Load(); err != nil {
		f.settle("probe", *err)
	} else {
		f.settle("probe", nil)
	}
}

// probeable returns the nodes of a round, at most probesPerRound.
func (f *Fleet) probeable() []Node {
	f.mu.Lock()
	defer f.mu.Unlock()
	due := make([]*entry, 0, len(f.nodes))
	for _, e := range f.nodes {
		if !Internal(e.Service) && !e.gone() {
			due = append(due, e)
		}
	}
	if len(due) > probesPerRound {
		slices.SortFunc(due, func(a, b *entry) int { return a.probed.Compare(b.probed) })
		due = due[:probesPerRound]
	}
	out, now := make([]Node, len(due)), time.Now()
	for i, e := range due {
		out[i], e.probed = e.Node, now
	}
	return out
}

func (f *Fleet) probe(ctx context.Context, node Node) {
	attempt, cancel := context.WithTimeout(ctx, f.opts.ProbeTimeout)
	defer cancel()
	begin := time.Now()
	stats, err := f.opts.Prober(attempt, node)
	rtt := time.Since(begin)
	if ctx.Err() != nil {
		return // the fleet ends; the node is not to blame
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	e := f.nodes[node.Key()]
	if e == nil || e.gone() || e.Address != node.Address {
		return // it changed meanwhile
	}
	defer f.touch()
	f.spoiled[e.Service] = true
	if err == nil {
		e.fails = 0
		e.LastSeen.note(time.Now())
		e.Vitals = next(e.Vitals, stats, rtt)
		f.become(e, Up, "")
		return
	}
	e.fails++
	state, problem := Down, err.Error()
	if errors.Is(err, os.ErrDeadlineExceeded) {
		problem = fmt.Sprintf("no answer within %v", f.opts.ProbeTimeout)
		if e.fails < failsToDown {
			state = Suspect
		}
	}
	f.become(e, state, problem)
}

// next derives a node's vitals from a reading and the ones before.
func next(before *Vitals, now *pb.StatsResponse, rtt time.Duration) *Vitals {
	v := &Vitals{RTT: rtt, Taken: time.Now()}
	if now == nil {
		return v
	}
	v.Requests, v.Errors = now.GetRequests(), now.GetErrors()
	v.Heap, v.Goroutines = now.GetMemory(), now.GetThreads()
	v.GCPause = time.Duration(min(now.GetGc(), 1<<62))
	v.Uptime = time.Duration(min(now.GetUptime(), 1<<32)) * time.Second
	if before == nil || v.Requests < before.Requests || v.Errors < before.Errors {
		return v // the first reading, or the process is another one
	}
	seconds := v.Taken.Sub(before.Taken).Seconds()
	if seconds <= 0 {
		return v
	}
	v.RequestRate = float64(v.Requests-before.Requests) / seconds
	v.ErrorRate = float64(v.Errors-before.Errors) / seconds
	v.Recent = push(before.Recent, v.RequestRate)
	v.RecentErrors = push(before.RecentErrors, v.ErrorRate)
	return v
}

// push returns a copy of recent with a rate added, and the oldest gone where there are enough.
func push(recent []float64, rate float64) []float64 {
	if len(recent) >= recentRates {
		recent = recent[1:]
	}
	return append(append(make([]float64, 0, recentRates), recent...), rate)
}

// statsProber asks mucp and gRPC nodes for Debug.Stats: any answer, even that there is no debug service, says that they are well.
func statsProber(c client.Client) Prober {
	return func(ctx context.Context, node Node) (*pb.StatsResponse, error) {
		if p := node.Protocol(); p != introspect.MUCP && p != introspect.GRPC {
			return nil, dialProbe(ctx, node.Address)
		}
		rsp := new(pb.StatsResponse)
		req := c.NewRequest(node.Service, "Debug.Stats", new(pb.StatsRequest), client.WithContentType("application/protobuf"))
		err := c.Call(ctx, req, rsp, client.WithAddress(node.Address), client.WithProtocol(node.Protocol()), client.WithRetries(0))
		switch {
		case err == nil:
			return rsp, nil
		case node.Protocol() == introspect.GRPC && microerrors.FromError(err).GetCode() == 501:
			return nil, nil //nolint:nilnil // a gRPC server of a foreign make: well, with no vitals to tell
		case timedOut(ctx, err):
			return nil, os.ErrDeadlineExceeded
		case strings.HasPrefix(microerrors.FromError(err).GetId(), "go.micro.client"):
			return nil, errors.New(microerrors.FromError(err).GetDetail())
		default:
			return nil, nil //nolint:nilnil // it answered, and has no vitals to tell
		}
	}
}

func dialProbe(ctx context.Context, address string) error {
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "tcp", address)
	if err != nil {
		if timedOut(ctx, err) {
			return os.ErrDeadlineExceeded
		}
		return err
	}
	return conn.Close()
}

// timedOut also holds where a connection's deadline struck a moment before its context's.
func timedOut(ctx context.Context, err error) bool {
	return ctx.Err() != nil || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded)
}
