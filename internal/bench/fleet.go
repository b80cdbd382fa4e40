package bench

import (
	"context"
	"fmt"
	"math"
)

// fleet holds the processes of a run: a server and a client of each system, started when they are first needed.
type fleet struct {
	programs  Programs
	servers   map[string]*process
	addresses map[string]string
	clients   map[string]*process
	before    *fleet // of Programs.Before; nil without it
}

func newFleet(programs Programs) *fleet {
	f := &fleet{programs: programs, servers: map[string]*process{}, addresses: map[string]string{}, clients: map[string]*process{}}
	if programs.Before != "" {
		f.before = newFleet(Programs{Peer: programs.Before, Peer4: programs.Peer4})
	}
	return f
}

func (f *fleet) server(ctx context.Context, system string) (*process, string, error) {
	if p := f.servers[system]; p != nil {
		return p, f.addresses[system], nil
	}
	p, err := f.programs.start(ctx, system)
	if err != nil {
		return nil, "", err
	}
	f.servers[system] = p
	a, err := p.ask(command{Do: "serve", System: system})
	if err != nil {
		return nil, "", fmt.Errorf("serve %s: %w", system, err)
	}
	f.addresses[system] = a.Address
	return p, a.Address, nil
}

func (f *fleet) client(ctx context.Context, system string) (*process, error) {
	if p := f.clients[system]; p != nil {
		return p, nil
	}
	p, err := f.programs.start(ctx, system)
	if err == nil {
		f.clients[system] = p
	}
	return p, err
}

// end ends all processes.
func (f *fleet) end() {
	for _, p := range f.clients {
		p.end()
	}
	for _, p := range f.servers {
		p.end()
	}
	if f.before != nil {
		f.before.end()
	}
}

// load warms a pair up, puts the load on it and returns its figures, which are per operation.
func (f *fleet) load(ctx context.Context, client, server string, warm, l Load, heap bool) (Figures, error) {
	s, address, err := f.server(ctx, server)
	if err != nil {
		return nil, err
	}
	c, err := f.client(ctx, client)
	if err != nil {
		return nil, err
	}
	if _, err := c.ask(command{Do: "load", System: client, Address: address, Load: warm}); err != nil {
		return nil, fmt.Errorf("warm up: %w", err)
	}
	before, err := s.ask(command{Do: "usage", Heap: heap})
	if err != nil {
		return nil, err
	}
	a, err := c.ask(command{Do: "load", System: client, Address: address, Load: l, Heap: heap})
	if err != nil {
		return nil, err
	}
	after, err := s.ask(command{Do: "usage", Heap: heap})
	if err != nil {
		return nil, err
	}
	return figures(a.Outcome, a.Usage, after.Usage.since(before.Usage)), nil
}

// figures are an outcome and what both ends used, per operation.
func figures(o Outcome, client, server Usage) Figures {
	ops := float64(o.Ops)
	out := Figures{
		Rate: ops / o.Took.Seconds(),
		CPU:  micros(client.CPU+server.CPU) / ops, ClientCPU: micros(client.CPU) / ops, ServerCPU: micros(server.CPU) / ops,
		ClientAllocs: tenths(float64(client.Allocs) / ops), ServerAllocs: tenths(float64(server.Allocs) / ops),
		P50: micros(o.P50), P99: micros(o.P99), Failures: float64(o.Wrong + o.Failed),
		Heap: float64(max(client.Heap, 0)+max(server.Heap, 0)) / ops,
	}
	if o.P99 == 0 {
		out[P50], out[P99] = math.NaN(), math.NaN()
	}
	return out
}

// tenths rounds, so that what opening connections allocated is not taken for what each operation does.
func tenths(v float64) float64 { return math.Round(v*10) / 10 }
