package fleet

import (
	"context"
	"errors"
	"net"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/microtop/microtop/framework/client"
	pb "github.com/microtop/microtop/framework/debug/proto"
	microerrors "github.com/microtop/microtop/framework/errors"
)

const (
	// probesAtOnce is how many probes are under way together.
	probesAtOnce = 16
	// probesPerRound bounds a round; the next one goes on where it ended.
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
	from := 0
	for {
		f.probeRound(ctx, &from)
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// probeRound probes up to probesPerRound nodes, going on from where the last round ended.
func (f *Fleet) probeRound(ctx context.Context, from *int) {
	nodes := f.probeable()
	if len(nodes) == 0 {
		return
	}
	slots := make(chan struct{}, probesAtOnce)
	var wg sync.WaitGroup
	for range min(len(nodes), probesPerRound) {
		node := nodes[*from%len(nodes)]
		*from = (*from + 1) % len(nodes)
		select {
		case slots <- struct{}{}:
		case <-ctx.Done():
		}
		if ctx.Err() != nil {
			break
		}
		wg.Go(func() {
			defer func() { <-slots }()
			f.probe(ctx, node)
		})
	}
	wg.Wait()
}

func (f *Fleet) probeable() []Node {
	f.mu.Lock()
	defer f.mu.Unlock()
	out := make([]Node, 0, len(f.nodes))
	for _, e := range f.nodes {
		if !internalServices[e.Service] && !e.left {
			out = append(out, e.Node)
		}
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
	if e == nil || e.left || e.Address != node.Address {
		return // it changed meanwhile
	}
	defer f.touch()
	if err == nil {
		e.fails, e.LastSeen = 0, time.Now()
		e.Vitals = next(e.Vitals, stats, rtt)
		f.become(e, Up, "")
		return
	}
	e.fails++
	state := Down
	if errors.Is(err, os.ErrDeadlineExceeded) && e.fails < failsToDown {
		state = Suspect
	}
	f.become(e, state, err.Error())
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
	recent := before.Recent
	if len(recent) >= recentRates {
		recent = recent[1:]
	}
	v.Recent = append(append(make([]float64, 0, recentRates), recent...), v.RequestRate)
	return v
}

// statsProber asks mucp nodes for Debug.Stats: any answer, even that there is no debug service, says that they are well.
func statsProber(c client.Client) Prober {
	return func(ctx context.Context, node Node) (*pb.StatsResponse, error) {
		if node.Protocol() != "mucp" {
			return nil, dialProbe(ctx, node.Address)
		}
		rsp := new(pb.StatsResponse)
		req := c.NewRequest(node.Service, "Debug.Stats", new(pb.StatsRequest), client.WithContentType("application/protobuf"))
		err := c.Call(ctx, req, rsp, client.WithAddress(node.Address), client.WithRetries(0))
		switch {
		case err == nil:
			return rsp, nil
		case ctx.Err() != nil:
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
		if ctx.Err() != nil {
			return os.ErrDeadlineExceeded
		}
		return err
	}
	return conn.Close()
}
