package invoke

import (
	"context"
	"fmt"
	"strings"

	"github.com/microtop/microtop/framework/client"
	pb "github.com/microtop/microtop/framework/debug/proto"
	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/introspect"
	"github.com/microtop/microtop/introspect/schema"
)

// Description is a version of a service with what it understands.
type Description struct {
	*registry.Service
	Schema *schema.Service
	// Source says where the schema came from; Problem is why it is not the debug service's, or empty.
	Source  schema.Source
	Problem string
}

// Load describes each version that the target allows, highest first.
func Load(ctx context.Context, session *introspect.Session, target introspect.Target) ([]*Description, error) {
	services, err := session.Resolve(ctx, target)
	if err != nil {
		return nil, err
	}
	out := make([]*Description, 0, len(services))
	for _, service := range services {
		out = append(out, describe(ctx, session, service))
	}
	return out, nil
}

// describe asks the version's nodes in turn for the schema, and falls back on the registry's value trees.
func describe(ctx context.Context, session *introspect.Session, service *registry.Service) *Description {
	d := &Description{Service: service, Source: schema.Debug}
	var err error
	for _, node := range service.Nodes[:min(len(service.Nodes), 2)] {
		if d.Schema, err = fromNode(ctx, session, service.Name, node); err == nil {
			return d
		}
	}
	d.Source, d.Problem = schema.Registry, err.Error()
	d.Schema = schema.FromRegistry(service.Endpoints)
	return d
}

func fromNode(ctx context.Context, session *introspect.Session, service string, node *registry.Node) (*schema.Service, error) {
	if p := node.Metadata["protocol"]; p != "" && p != "mucp" {
		return nil, fmt.Errorf("%s speaks %s", node.Id, p)
	}
	ctx, cancel := context.WithTimeout(ctx, session.Timeout()/2)
	defer cancel()
	c := session.Client()
	answer := new(pb.SchemaResponse)
	req := c.NewRequest(service, "Debug.Schema", new(pb.SchemaRequest), client.WithContentType(protobufType))
	if err := c.Call(ctx, req, answer, client.WithAddress(node.Address), client.WithRetries(0)); err != nil {
		return nil, fmt.Errorf("Debug.Schema of %s: %w", node.Id, err)
	}
	return schema.FromDebug(answer)
}

// isDebug says whether an endpoint is the debug service's, which schemas leave out.
func isDebug(endpoint string) bool { return strings.HasPrefix(endpoint, "Debug.") }

// find returns the endpoint to call and the description that has it: the highest version's.
func find(found []*Description, name string) (*Description, *schema.Endpoint, error) {
	var first error
	for _, d := range found {
		e, err := d.Schema.Endpoint(name)
		if err == nil {
			return d, e, nil
		}
		if first == nil {
			first = err
		}
		if len(d.Schema.Endpoints) == 0 || isDebug(name) {
			return d, &schema.Endpoint{Name: name, Kind: schema.Stream}, nil // unknown: let the service say
		}
	}
	return nil, nil, fmt.Errorf("%s: %w", found[0].Name, first)
}
