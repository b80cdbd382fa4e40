// Package vitals asks nodes how they are: health, stats, logs, and profiles over the service's own port.
package vitals

import (
	"context"
	"fmt"
	"sync"

	"github.com/microtop/microtop/framework/client"
	pb "github.com/microtop/microtop/framework/debug/proto"
	microerrors "github.com/microtop/microtop/framework/errors"
	"github.com/microtop/microtop/framework/metadata"
	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/introspect"
)

// protobufType is how the debug service is asked.
const protobufType = "application/protobuf"

// Node is one node of a target.
type Node struct {
	Service, Version string
	*registry.Node
}

// Nodes returns the target's nodes.
func Nodes(ctx context.Context, session *introspect.Session, target introspect.Target) ([]Node, error) {
	services, err := session.Resolve(ctx, target)
	if err != nil {
		return nil, err
	}
	var out []Node
	for _, service := range services {
		for _, node := range service.Nodes {
			out = append(out, Node{service.Name, service.Version, node})
		}
	}
	return out, nil
}

// Answer is what one node said, or why it did not.
type Answer[T any] struct {
	Node
	Value T
	Err   error
}

// nodesAtOnce is how many nodes are asked together.
const nodesAtOnce = 16

// Health asks each node of the target for Debug.Health.
func Health(ctx context.Context, session *introspect.Session, target introspect.Target) ([]Answer[*pb.HealthResponse], error) {
	return ask(ctx, session, target, "Debug.Health", func(n Node) (*pb.HealthRequest, *pb.HealthResponse) {
		return &pb.HealthRequest{Service: n.Service}, new(pb.HealthResponse)
	})
}

// Stats asks each node of the target for Debug.Stats.
func Stats(ctx context.Context, session *introspect.Session, target introspect.Target) ([]Answer[*pb.StatsResponse], error) {
	return ask(ctx, session, target, "Debug.Stats", func(n Node) (*pb.StatsRequest, *pb.StatsResponse) {
		return &pb.StatsRequest{Service: n.Service}, new(pb.StatsResponse)
	})
}

// Info asks each node of the target for Debug.Info.
func Info(ctx context.Context, session *introspect.Session, target introspect.Target) ([]Answer[*pb.InfoResponse], error) {
	return ask(ctx, session, target, "Debug.Info", func(Node) (*pb.InfoRequest, *pb.InfoResponse) {
		return new(pb.InfoRequest), new(pb.InfoResponse)
	})
}

func ask[Req, Rsp any](ctx context.Context, session *introspect.Session, target introspect.Target, endpoint string, messages func(Node) (Req, Rsp)) ([]Answer[Rsp], error) {
	nodes, err := Nodes(ctx, session, target)
	if err != nil {
		return nil, err
	}
	out := make([]Answer[Rsp], len(nodes))
	slots := make(chan struct{}, nodesAtOnce)
	var wg sync.WaitGroup
	for i, node := range nodes {
		wg.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			req, rsp := messages(node)
			out[i] = Answer[Rsp]{Node: node, Value: rsp, Err: call(ctx, session, node, endpoint, req, rsp)}
		})
	}
	wg.Wait()
	return out, nil
}

func call(ctx context.Context, session *introspect.Session, node Node, endpoint string, req, rsp any) error {
	if err := node.hasDebug(); err != nil {
		return err
	}
	c := session.Client()
	request := c.NewRequest(node.Service, endpoint, req, client.WithContentType(protobufType))
	options := append(introspect.At(node.Node), client.WithRequestTimeout(session.Timeout()), client.WithRetries(0))
	return node.explain(c.Call(withToken(ctx, session, node), request, rsp, options...))
}

// ProtocolError says that a node has no debug service, as nodes of foreign makes have none.
type ProtocolError struct{ Node, Protocol string }

// Error implements error.
func (e *ProtocolError) Error() string {
	return fmt.Sprintf("%s speaks %s and has no debug service", e.Node, e.Protocol)
}

func (n Node) hasDebug() error {
	switch p := n.Metadata["protocol"]; p {
	case "", introspect.MUCP, introspect.GRPC:
		return nil
	default:
		return &ProtocolError{n.Id, p}
	}
}

// explain words what a gRPC server of a foreign make says of the debug service: that there is none.
func (n Node) explain(err error) error {
	if n.Metadata["protocol"] == introspect.GRPC && err != nil && microerrors.FromError(err).GetCode() == 501 {
		return &ProtocolError{n.Id, introspect.GRPC}
	}
	return err
}

// withToken adds the debug token, if the node's address may see it.
func withToken(ctx context.Context, session *introspect.Session, node Node) context.Context {
	if token := session.TokenFor(node.Address); token != "" {
		return metadata.Set(ctx, introspect.TokenHeader, token)
	}
	return ctx
}
