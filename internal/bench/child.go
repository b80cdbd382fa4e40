package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
)

// command is one line from the parent to a child: what to do.
type command struct {
	// Do is serve, load, usage or probe.
	Do      string `json:"do"`
	System  string `json:"system,omitempty"`
	Address string `json:"address,omitempty"`
	Load    Load   `json:"load"`
	Heap    bool   `json:"heap,omitempty"`
	Probe   string `json:"probe,omitempty"`
	Long    bool   `json:"long,omitempty"`
}

// answer is one line back.
type answer struct {
	Err     string  `json:"err,omitempty"`
	Address string  `json:"address,omitempty"`
	Outcome Outcome `json:"outcome"`
	Usage   Usage   `json:"usage"`
	Figures Figures `json:"figures,omitempty"`
}

// Program is what a child can do.
type Program struct {
	Systems map[string]System
	Probes  map[string]Probe
}

// Main is the main function of a program that Run starts: it takes commands from standard input, and answers on the file
// after standard error. It returns the exit status.
func (p Program) Main() int {
	out := os.NewFile(3, "answers")
	if _, err := out.Stat(); err != nil {
		fmt.Fprintln(os.Stderr, "this program is started by `make bench`")
		return 2
	}
	if err := p.Obey(context.Background(), os.Stdin, out); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// Obey does what the commands say that come line by line, until in ends. It is the whole of a child process.
func (p Program) Obey(ctx context.Context, in io.Reader, out io.Writer) error {
	c := &child{program: p, callers: make(map[string]Caller)}
	defer c.close()
	from, to := json.NewDecoder(in), json.NewEncoder(out)
	for {
		var do command
		if err := from.Decode(&do); err != nil {
			if errors.Is(err, io.EOF) {
				return nil
			}
			return fmt.Errorf("read a command: %w", err)
		}
		reply, err := c.obey(ctx, do)
		if err != nil {
			reply.Err = err.Error()
		}
		if err := to.Encode(reply); err != nil {
			return fmt.Errorf("answer %s: %w", do.Do, err)
		}
	}
}

// child is a process that is a server or a client of one system, or runs a probe.
type child struct {
	program Program
	stop    func()            // the server; nil without one
	callers map[string]Caller // by system and address
	profile profile
}

func (c *child) obey(ctx context.Context, do command) (answer, error) {
	switch do.Do {
	case "serve":
		return c.serve(do)
	case "load":
		return c.load(ctx, do)
	case "usage":
		u, err := used(do.Heap)
		return answer{Usage: u}, err
	case "probe":
		probe, ok := c.program.Probes[do.Probe]
		if !ok {
			return answer{}, fmt.Errorf("no probe is named %q", do.Probe)
		}
		figures, err := probe(ctx, do.System, do.Long)
		return answer{Figures: figures}, err
	default:
		return answer{}, fmt.Errorf("no command is named %q", do.Do)
	}
}

func (c *child) serve(do command) (answer, error) {
	s, ok := c.program.Systems[do.System]
	if !ok || c.stop != nil {
		return answer{}, fmt.Errorf("cannot serve %q: unknown, or a second server", do.System)
	}
	if err := c.profile.start(do.System, "server"); err != nil {
		return answer{}, err
	}
	address, stop, err := s.Serve()
	c.stop = stop
	return answer{Address: address}, err
}

// load runs a load and answers with what it used.
func (c *child) load(ctx context.Context, do command) (answer, error) {
	key := do.System + " " + do.Address
	caller := c.callers[key]
	if caller == nil {
		s, ok := c.program.Systems[do.System]
		if !ok {
			return answer{}, fmt.Errorf("no system is named %q", do.System)
		}
		err := c.profile.start(do.System, "client")
		if err != nil {
			return answer{}, err
		}
		if caller, err = s.Dial(do.Address); err != nil {
			return answer{}, fmt.Errorf("dial %s: %w", do.Address, err)
		}
		c.callers[key] = caller
	}
	before, err := used(do.Heap)
	if err != nil {
		return answer{}, err
	}
	outcome, err := run(ctx, caller, do.Load)
	if err != nil {
		return answer{Outcome: outcome}, err
	}
	after, err := used(do.Heap)
	return answer{Outcome: outcome, Usage: after.since(before)}, err
}

func (c *child) close() {
	for _, caller := range c.callers {
		_ = caller.Close()
	}
	if c.stop != nil {
		c.stop()
	}
	c.profile.stop()
}
