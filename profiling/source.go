package profiling

import (
	"context"
	"io"
	"time"
)

// Source is where a node's profiles come from.
type Source interface {
	// Profile starts a capture and gives its bytes as they come: profile.proto,
	// or an execution trace for [Trace]. d is how long to watch; kinds that are
	// not [Kind.Timed] ignore it. It ends early with an error when ctx does, and
	// so do reads of the body. The caller closes the body.
	Profile(ctx context.Context, kind Kind, d time.Duration) (io.ReadCloser, error)
}

// Target is one node to capture from.
type Target struct {
	Service string
	Version string
	Node    string
	Address string
	Source  Source
}

// name is how errors call a target.
func (t Target) name() string {
	name := t.Node
	if name == "" {
		name = t.Service
	}
	switch {
	case name == "":
		return t.Address
	case t.Address == "":
		return name
	}
	return name + " at " + t.Address
}
