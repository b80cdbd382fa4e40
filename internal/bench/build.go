package bench

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
)

// Programs are the paths of the programs that measured systems run in.
type Programs struct {
	Peer    string // this framework, grpc-go, net/http
	Peer4   string // go-micro v4.9.0
	Screens string // the console's screens, without the program around them
	Bare    string // a Bubble Tea program that shows a text
	Console string // the program itself
	// Before, if not empty, is another build of Peer, to be measured beside it.
	Before string
	// Profiles, if not empty, is a folder for CPU profiles of Peer and Peer4, one for each system and end.
	Profiles string
}

// start starts the program that a system runs in.
func (p Programs) start(ctx context.Context, system string) (*process, error) {
	var env []string
	if p.Profiles != "" {
		env = append(env, profilesEnv+"="+p.Profiles)
	}
	return start(ctx, p.of(system), env...)
}

// of is the program that a system's probes and calls run in.
func (p Programs) of(system string) string {
	switch system {
	case V4:
		return p.Peer4
	case Screens, BrokerAlone:
		return p.Screens
	}
	return p.Peer
}

// Build builds the programs into a folder. The module that the command is run in must be this one: internal/bench.
func Build(ctx context.Context, dir string) (Programs, error) {
	var p Programs
	for _, program := range []struct {
		path *string
		name string
		from string // the folder
	}{
		{&p.Peer, "peer", "peer"}, {&p.Peer4, "peer4", "peer4"}, {&p.Screens, "screens", "screens"}, {&p.Bare, "bare", "bare"},
		{&p.Console, "microtop", filepath.Join("..", "..")}, // in its own module
	} {
		*program.path = filepath.Join(dir, program.name)
		cmd := exec.CommandContext(ctx, "go", "build", "-o", *program.path, ".") //nolint:gosec // names of our own
		cmd.Dir = program.from
		if out, err := cmd.CombinedOutput(); err != nil {
			return p, fmt.Errorf("build %s (run this from internal/bench): %w\n%s", program.name, err, out)
		}
	}
	return p, nil
}
