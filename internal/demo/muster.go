package demo

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/microtop/microtop/framework/broker"
	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/framework/runtime"
)

// lookEvery is the pause between two looks at the registry while the fleet comes up.
const lookEvery = 50 * time.Millisecond

// muster waits until every part of the cast is in the registry, tells of each, and then of the fleet.
func (f *Fleet) muster(ctx context.Context) error {
	bounded, cancel := context.WithTimeout(ctx, startTime)
	defer cancel()
	names := names(cast())
	up := map[string]*registry.Service{} // by part; a look may miss what an earlier one saw
	for {
		found, err := f.look(names)
		if err != nil {
			return err
		}
		f.tell(found, up)
		missing := slices.DeleteFunc(cast(), func(p part) bool { return up[p.id] != nil })
		if len(missing) == 0 {
			f.say("%s", tally(up))
			return nil
		}
		if pause(bounded, lookEvery) == nil {
			continue
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		return fmt.Errorf("not up after %v: %s", startTime, f.excuses(missing))
	}
}

// names are the cast's services, each once.
func names(parts []part) []string {
	var out []string
	for _, p := range parts {
		if !slices.Contains(out, p.service) {
			out = append(out, p.service)
		}
	}
	return out
}

// look returns this fleet's nodes of each service, in the order of the names.
func (f *Fleet) look(names []string) ([]*registry.Service, error) {
	found := make([][]*registry.Service, len(names))
	failed := make([]error, len(names))
	var looks sync.WaitGroup
	for i, name := range names {
		looks.Go(func() { found[i], failed[i] = f.registry.GetService(name) })
	}
	looks.Wait()
	mark := strconv.Itoa(os.Getpid())
	var out []*registry.Service
	for i := range names {
		if failed[i] != nil && !errors.Is(failed[i], registry.ErrNotFound) {
			return nil, fmt.Errorf("look for %s in the registry: %w", names[i], failed[i])
		}
		for _, s := range found[i] {
			own := *s
			own.Nodes = slices.DeleteFunc(slices.Clone(s.Nodes), func(n *registry.Node) bool { return n.Metadata[fleetKey] != mark })
			if len(own.Nodes) > 0 {
				out = append(out, &own)
			}
		}
	}
	return out, nil
}

// dismiss takes out of the registry what nodes that were killed have left there.
func (f *Fleet) dismiss() error {
	names := names(cast())
	left, err := f.look(names)
	if err != nil {
		return err
	}
	subscribers, err := f.registry.GetService(broker.ServiceName)
	if err != nil && !errors.Is(err, registry.ErrNotFound) {
		return fmt.Errorf("look for subscribers in the registry: %w", err)
	}
	for _, s := range subscribers {
		if slices.Contains(names, s.Version) { // the queue, which the cast names after itself
			left = append(left, s)
		}
	}
	var failed []error
	for _, s := range left {
		failed = append(failed, f.registry.Deregister(s))
	}
	return errors.Join(failed...)
}

// tell enters the parts that have come up since the last time, and says so.
func (f *Fleet) tell(found []*registry.Service, up map[string]*registry.Service) {
	for _, s := range found {
		for _, n := range s.Nodes {
			if id := n.Metadata[partKey]; up[id] == nil {
				up[id] = s
				f.say("up %s %s %s pid %s", s.Name, s.Version, n.Address, n.Metadata[pidKey])
			}
		}
	}
}

// tally counts what the registry has of the parts, as the console does: the endpoints, of which some take a topic's events,
// and those topics.
func tally(up map[string]*registry.Service) string {
	services, endpoints, topics := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, s := range up {
		services[s.Name] = true
		for _, e := range s.Endpoints {
			endpoints[s.Name+" "+e.Name] = true
			if topic := e.Metadata["topic"]; topic != "" {
				topics[topic] = true
			}
		}
	}
	return fmt.Sprintf("fleet: %d services, %d nodes, %d endpoints, %d topics", len(services), len(up), len(endpoints), len(topics))
}

// excuses says of each part what is known about why it is missing.
func (f *Fleet) excuses(missing []part) string {
	out := make([]string, 0, len(missing))
	for _, p := range missing {
		out = append(out, p.id+" ("+f.excuse(p)+")")
	}
	return strings.Join(out, ", ")
}

func (f *Fleet) excuse(p part) string {
	running, err := f.runtime.Read(runtime.ReadService(p.id))
	if err != nil || len(running) == 0 {
		return "not started"
	}
	said := running[0].Metadata["status"]
	if reason := running[0].Metadata["error"]; reason != "" {
		said += ", " + reason
	}
	lines, err := f.runtime.Logs(running[0], runtime.LogsCount(1))
	if err != nil {
		return said
	}
	for line := range lines.Chan() {
		said += ": " + line.Message
	}
	return said
}

// say writes a result.
func (f *Fleet) say(format string, args ...any) {
	_, _ = fmt.Fprintf(f.config.Out, format+"\n", args...) // a reader that is gone misses nothing
}
