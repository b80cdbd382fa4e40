package invoke

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/introspect"
)

const (
	// maxNodes is how many nodes are called at most.
	maxNodes = 1000
	// atOnce is how many are called at the same time.
	atOnce = 32
)

// NodeResult is what one node answered.
type NodeResult struct {
	Node, Version, Address string
	*Result
	// Same: it answered as the first node that answered did, but for white space and the order of members.
	Same bool
}

// EachNode makes the call on every node that the target allows, each on its own and without going to another one, and
// returns what they answered, by version and id. The error says why nothing was sent.
func EachNode(ctx context.Context, session *introspect.Session, r Request) ([]NodeResult, error) {
	timeout := r.Timeout
	if timeout == 0 {
		timeout = session.Timeout()
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	c, err := Prepare(ctx, session, r)
	if err != nil {
		return nil, err
	}
	services := c.plan.nodes
	if services == nil {
		if services, err = session.Resolve(ctx, r.Target); err != nil {
			return nil, err
		}
	}
	var out []NodeResult
	var calls []*Call
	for _, service := range services {
		for _, node := range service.Nodes {
			one := *service
			one.Nodes = []*registry.Node{node}
			alone := *c.plan
			alone.nodes = []*registry.Service{&one}
			calls = append(calls, &Call{session: session, plan: &alone, body: c.body})
			out = append(out, NodeResult{Node: node.Id, Version: service.Version, Address: node.Address})
		}
	}
	if len(out) > maxNodes {
		return nil, fmt.Errorf("%s has %d nodes, at most %d are called at once: narrow it to a version or a node", r.Target, len(out), maxNodes)
	}
	slots := make(chan struct{}, atOnce)
	var wg sync.WaitGroup
	for i := range calls {
		wg.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			out[i].Result = calls[i].Do(ctx)
		})
	}
	wg.Wait()
	compare(out)
	return out, nil
}

// compare finds out which nodes answered as the first did.
func compare(list []NodeResult) {
	var first []byte
	for i, r := range list {
		if r.Err != nil {
			continue
		}
		body := canonical(r.Body)
		if first == nil {
			first = body
		}
		list[i].Same = bytes.Equal(first, body)
	}
}

// canonical is a body with its members in order; what is no JSON is itself. It is never nil.
func canonical(body []byte) []byte {
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	var v any
	if d.Decode(&v) == nil {
		if text, err := json.Marshal(v); err == nil {
			return text
		}
	}
	return append([]byte{}, body...)
}

// Slowest is the longest any of the nodes took.
func Slowest(list []NodeResult) time.Duration {
	var most time.Duration
	for _, r := range list {
		most = max(most, r.Duration)
	}
	return most
}
