package invoke

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/microtop/microtop/framework/client"
	pb "github.com/microtop/microtop/framework/debug/proto"
	microerrors "github.com/microtop/microtop/framework/errors"
	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/introspect"
	"github.com/microtop/microtop/introspect/schema"
)

// Description is a version of a service with what it understands.
type Description struct {
	*registry.Service
	Schema *schema.Service
	// Source says where the schema came from; Problem is why nothing better than the registry told it, or empty.
	Source  schema.Source
	Problem string
	// Err is the error that Problem words; nil with it empty.
	Err error
}

// askError words why a node did not tell its schema.
type askError struct {
	text string
	err  error
}

// Error implements error.
func (e *askError) Error() string { return e.text }

// Unwrap returns the call's error.
func (e *askError) Unwrap() error { return e.err }

const (
	// nodesAsked is how many nodes of a version are asked for its schema, one after the other.
	nodesAsked = 3
	// askNext is how long one may take before the next one is asked too.
	askNext = 200 * time.Millisecond
)

// Load describes each version that the target allows, highest first. Nodes that do not answer cost half of what a call
// may take at most.
func Load(ctx context.Context, session *introspect.Session, target introspect.Target) ([]*Description, error) {
	services, err := session.Resolve(ctx, target)
	if err != nil {
		return nil, err
	}
	budget := session.Timeout()
	if end, ok := ctx.Deadline(); ok {
		budget = min(budget, time.Until(end))
	}
	ctx, cancel := context.WithTimeout(ctx, budget/2)
	defer cancel()
	out := make([]*Description, len(services))
	var wg sync.WaitGroup
	for i, service := range services {
		wg.Go(func() { out[i] = describe(ctx, session, service) })
	}
	wg.Wait()
	return out, nil
}

// source is a place where a version's schema is looked for.
type source struct {
	name schema.Source
	ask  func(context.Context, *introspect.Session, *registry.Service) (*schema.Service, error)
}

// sources are the places, best first; the last one always has something.
func sources() []source {
	return []source{
		{schema.Debug, fromNodes(debugSchema)},
		{schema.Reflection, fromNodes(reflected)},
		{schema.Given, given},
		{schema.Registry, func(_ context.Context, _ *introspect.Session, service *registry.Service) (*schema.Service, error) {
			return schema.FromRegistry(service.Endpoints), nil
		}},
	}
}

// describe takes the best source that answers. The problem is the first one's, or that of a gRPC server that has no
// protobuf service of the name.
func describe(ctx context.Context, session *introspect.Session, service *registry.Service) *Description {
	d := &Description{Service: service}
	for _, from := range sources() {
		s, err := from.ask(ctx, session, service)
		if err == nil {
			d.Schema, d.Source = s, from.name
			if from.name != schema.Registry {
				d.Problem, d.Err = "", nil
			}
			break
		}
		var unknown *schema.UnknownServiceError
		if d.Problem == "" || errors.As(err, &unknown) {
			d.Problem, d.Err = err.Error(), err
		}
	}
	return d
}

// fromNodes asks the nodes for the schema: the next one when one failed, or has not answered for a moment. The error is
// the first node's.
func fromNodes(ask func(context.Context, *introspect.Session, *registry.Service, *registry.Node) (*schema.Service, error)) func(context.Context, *introspect.Session, *registry.Service) (*schema.Service, error) {
	return func(ctx context.Context, session *introspect.Session, service *registry.Service) (*schema.Service, error) {
		return askNodes(ctx, service, func(ctx context.Context, node *registry.Node) (*schema.Service, error) {
			return ask(ctx, session, service, node)
		})
	}
}

func askNodes(ctx context.Context, service *registry.Service, ask func(context.Context, *registry.Node) (*schema.Service, error)) (*schema.Service, error) {
	type answer struct {
		schema *schema.Service
		err    error
	}
	nodes := service.Nodes[:min(len(service.Nodes), nodesAsked)]
	answers := make(chan answer, len(nodes))
	var wg sync.WaitGroup
	defer wg.Wait()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	next := time.NewTimer(0)
	defer next.Stop()
	first := errors.New("no node answered")
	for asked, answered := 0, 0; answered < len(nodes); {
		select {
		case <-next.C:
			if asked == len(nodes) {
				continue
			}
			node := nodes[asked]
			wg.Go(func() {
				s, err := ask(ctx, node)
				answers <- answer{s, err}
			})
			asked++
			next.Reset(askNext)
		case a := <-answers:
			if a.err == nil {
				return a.schema, nil
			}
			if answered++; answered == 1 {
				first = a.err
			}
			next.Reset(0)
		}
	}
	return nil, first
}

// debugSchema asks a node's debug service.
func debugSchema(ctx context.Context, session *introspect.Session, service *registry.Service, node *registry.Node) (*schema.Service, error) {
	if node.Metadata["protocol"] == introspect.HTTP {
		return nil, fmt.Errorf("%s speaks http, which has no schema", node.Id) // nor is a web application sent what it never asked for
	}
	c := session.Client()
	answer := new(pb.SchemaResponse)
	req := c.NewRequest(service.Name, "Debug.Schema", new(pb.SchemaRequest), client.WithContentType(protobufType))
	if err := c.Call(ctx, req, answer, append(introspect.At(node), client.WithRetries(0))...); err != nil {
		return nil, &askError{fmt.Sprintf("Debug.Schema of %s: %s", node.Id, microerrors.FromError(err).GetDetail()), err}
	}
	return schema.FromDebug(answer)
}

// isDebug says whether an endpoint is the debug service's, which schemas leave out.
func isDebug(endpoint string) bool { return strings.HasPrefix(endpoint, "Debug.") }

// find returns the endpoint to call, of the highest version that has it, and the descriptions of the versions that do.
// Of a service that shows no endpoints, and of the debug service, anything may be tried.
func find(found []*Description, name string) ([]*Description, *schema.Endpoint, error) {
	var having []*Description
	var endpoint *schema.Endpoint
	var first error
	for _, d := range found {
		e, err := d.Schema.Endpoint(name)
		switch {
		case err == nil:
		case len(d.Schema.Endpoints) == 0 || isDebug(name):
			e = &schema.Endpoint{Name: name, Kind: schema.Stream} // unknown: let the service say
		case first == nil:
			first = err
		}
		if e == nil {
			continue
		}
		having = append(having, d)
		if endpoint == nil {
			endpoint = e
		}
	}
	if endpoint == nil {
		return nil, nil, fmt.Errorf("%s: %w", found[0].Name, first)
	}
	return having, endpoint, nil
}
