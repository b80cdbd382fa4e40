package bench

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
)

// Programs are the paths of the programs that measured systems run in.
type Programs struct {
	Peer  string // this framework, grpc-go, net/http
	Peer4 string // go-micro v4.9.0
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

// of is the program that a system runs in.
func (p Programs) of(system string) string {
	if system == V4 {
		return p.Peer4
	}
	return p.Peer
}

// Build builds the programs into a folder. The module that the command is run in must be this one: internal/bench.
func Build(ctx context.Context, dir string) (Programs, error) {
	p := Programs{Peer: filepath.Join(dir, "peer"), Peer4: filepath.Join(dir, "peer4")}
	for _, path := range []string{p.Peer, p.Peer4} {
		cmd := exec.CommandContext(ctx, "go", "build", "-o", path, "./"+filepath.Base(path)) //nolint:gosec // names of our own
		if out, err := cmd.CombinedOutput(); err != nil {
			return p, fmt.Errorf("build %s (run this from internal/bench): %w\n%s", filepath.Base(path), err, out)
		}
	}
	return p, nil
}
