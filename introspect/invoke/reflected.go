package invoke

import (
	"context"
	"errors"
	"fmt"
	"io"

	reflectionpb "google.golang.org/grpc/reflection/grpc_reflection_v1"

	"github.com/microtop/microtop/framework/client"
	microerrors "github.com/microtop/microtop/framework/errors"
	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/introspect"
	"github.com/microtop/microtop/introspect/schema"
)

// reflections are the methods of gRPC's reflection service, the newer one first. Their messages are the same.
var reflections = []string{
	"/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
	"/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
}

// reflected asks a gRPC node's reflection service.
func reflected(ctx context.Context, session *introspect.Session, service *registry.Service, node *registry.Node) (*schema.Service, error) {
	if p := node.Metadata["protocol"]; p != introspect.GRPC {
		return nil, fmt.Errorf("%s speaks %s, which has no reflection", node.Id, p)
	}
	var failed error
	for _, method := range reflections {
		s, err := reflectedBy(ctx, session, method, service, node)
		var unknown *schema.UnknownServiceError
		if err == nil || errors.As(err, &unknown) || microerrors.FromError(err).GetCode() != 501 {
			return s, err
		}
		failed = fmt.Errorf("%s has no reflection: %s", node.Id, microerrors.FromError(err).GetDetail())
	}
	return nil, failed
}

func reflectedBy(ctx context.Context, session *introspect.Session, method string, service *registry.Service, node *registry.Node) (*schema.Service, error) {
	c := session.Client()
	req := c.NewRequest(service.Name, method, nil, client.WithContentType(protobufType), client.StreamingRequest())
	stream, err := c.Stream(ctx, req, append(introspect.At(node), client.WithRetries(0))...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = stream.Close() }() // whatever it says, the answers are here
	ask := func(question *reflectionpb.ServerReflectionRequest) (*reflectionpb.ServerReflectionResponse, error) {
		answer := new(reflectionpb.ServerReflectionResponse)
		if err := stream.Send(question); err != nil && !errors.Is(err, io.EOF) {
			if why := stream.Recv(answer); why != nil {
				return nil, why // the server's reason
			}
			return nil, err
		}
		return answer, stream.Recv(answer)
	}
	return schema.FromReflection(ask, service.Name, !introspect.Bare(service))
}

// errNoFiles says that the user gave none.
var errNoFiles = errors.New("no proto files were given: --proto FILE or --protoset FILE would describe it")

// given looks into the files that the user gave.
func given(_ context.Context, session *introspect.Session, service *registry.Service) (*schema.Service, error) {
	files := session.Files()
	if files == nil {
		return nil, errNoFiles
	}
	return files.Describe(service.Name, service.Endpoints)
}
