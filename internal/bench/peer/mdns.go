package main

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/internal/bench"
)

// shop is a service of one node.
func shop(name, id string) *registry.Service {
	return &registry.Service{Name: name, Version: "1", Nodes: []*registry.Node{{Id: id, Address: "127.0.0.1:8080"}}}
}

// ownDomain keeps a probe's services apart from all others on the network.
func ownDomain() registry.Option {
	return registry.Domain(fmt.Sprintf("bench%d", time.Now().UnixNano()))
}

// timed are the percentiles of durations, in microseconds.
func timed(took []time.Duration) bench.Figures {
	slices.Sort(took)
	at := func(p int) float64 { return float64(took[(len(took)-1)*p/100]) / 1e3 }
	return bench.Figures{bench.P50: at(50), bench.P99: at(99)}
}

// probeMDNSGet looks a service up by registries that know nothing.
func probeMDNSGet(context.Context, string, bool) (bench.Figures, error) {
	in := ownDomain()
	there, s := registry.NewRegistry(in), shop("shop", "a")
	if err := there.Register(s); err != nil {
		return nil, err
	}
	defer there.Deregister(s) //nolint:errcheck // the process ends
	var took []time.Duration
	for range 40 {
		start := time.Now()
		found, err := registry.NewRegistry(in).GetService("shop")
		if err != nil {
			return nil, err
		}
		if len(found) != 1 {
			return nil, fmt.Errorf("%d services found, want 1", len(found))
		}
		took = append(took, time.Since(start))
	}
	return timed(took), nil
}

// probeMDNSWatch is the way from Register, and from Deregister, to the watcher of a peer.
func probeMDNSWatch(context.Context, string, bool) (bench.Figures, error) {
	in := ownDomain()
	here, there := registry.NewRegistry(in), registry.NewRegistry(in)
	w, err := there.Watch()
	if err != nil {
		return nil, err
	}
	defer w.Stop()
	var took []time.Duration
	for i := range 40 {
		s := shop("shop", fmt.Sprint(i))
		for _, do := range []func() error{func() error { return here.Register(s) }, func() error { return here.Deregister(s) }} {
			start := time.Now()
			if err := do(); err != nil {
				return nil, err
			}
			if _, err := w.Next(); err != nil {
				return nil, err
			}
			took = append(took, time.Since(start))
		}
	}
	return timed(took), nil
}

// The figures of a crowd.
const (
	resident   = "resident"
	goroutines = "goroutines"
)

// probeMDNSCrowd is what 200 services in one process cost over an idle one.
func probeMDNSCrowd(context.Context, string, bool) (bench.Figures, error) {
	reg := registry.NewRegistry(ownDomain())
	idle, err := residentBytes()
	if err != nil {
		return nil, err
	}
	running := runtime.NumGoroutine()
	for i := range 200 {
		s := shop(fmt.Sprint("shop", i), "a")
		if err := reg.Register(s); err != nil {
			return nil, err
		}
		defer reg.Deregister(s) //nolint:errcheck // the process ends
	}
	list, err := reg.ListServices()
	if err != nil || len(list) != 200 {
		return nil, fmt.Errorf("%d of 200 listed: %w", len(list), err)
	}
	now, err := residentBytes()
	if err != nil {
		return nil, err
	}
	return bench.Figures{resident: float64(now-idle) / 1e6, goroutines: float64(runtime.NumGoroutine() - running)}, nil
}

// residentBytes is the memory that this process has in use, as Linux tells it.
func residentBytes() (int, error) {
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0, err
	}
	fields := strings.Fields(string(text))
	if len(fields) < 2 {
		return 0, fmt.Errorf("statm: %q", text)
	}
	pages, err := strconv.Atoi(fields[1])
	return pages * os.Getpagesize(), err
}
