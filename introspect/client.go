package introspect

import (
	"context"
	"strings"
	"time"

	"github.com/microtop/microtop/framework/client"
	"github.com/microtop/microtop/framework/client/grpc"
	"github.com/microtop/microtop/framework/client/http"
	"github.com/microtop/microtop/framework/codec/bytes"
	"github.com/microtop/microtop/framework/errors"
	"github.com/microtop/microtop/framework/limits"
	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/framework/transport"
	grpctransport "github.com/microtop/microtop/framework/transport/grpc"
)

// The protocols that nodes are called in.
const (
	MUCP = "mucp"
	GRPC = "grpc"
	HTTP = "http"
)

// Auto is the protocol of an address that is to be found out.
const Auto = "auto"

// mucpOverGRPC is mucp in the streams of the gRPC transport, which is another thing than GRPC.
const mucpOverGRPC = MUCP + "/" + overGRPC

// overGRPC is the gRPC transport's name, in metadata and in Config.Transport.
const overGRPC = "grpc"

// AnswerBytes is the largest answer, or message of a stream, that a session's client takes. People look at large ones
// here, where services would rather refuse them; a call of one that is larger fails, and says so.
const AnswerBytes = 64 << 20

// large lets messages of AnswerBytes through a transport.
func large() transport.Option {
	return transport.WithLimits(limits.Limits{MessageBytes: AnswerBytes})
}

// Transport returns the transport of the client that sessions are made for.
func Transport(opts ...transport.Option) transport.Transport {
	return transport.NewHTTPTransport(append([]transport.Option{large()}, opts...)...)
}

// NewClient returns the client that sessions are made for: it calls each node in the protocol and over the transport that
// its metadata name, and takes answers of up to AnswerBytes. TLS of client.Transport holds for the gRPC transport too.
func NewClient(opts ...client.Option) client.Client {
	opts = append([]client.Option{client.Transport(Transport()), grpc.MaxRecvMsgSize(AnswerBytes), http.MaxAnswerBytes(AnswerBytes)}, opts...)
	over := grpctransport.NewTransport(large())
	if t := client.NewOptions(opts...).Transport.Options(); t.Secure || t.TLSConfig != nil {
		over = grpctransport.NewTransport(large(), transport.Secure(true), transport.TLSConfig(t.TLSConfig))
	}
	return client.NewMixed(map[string]func(func() client.Options) client.Driver{
		GRPC: grpc.NewDriver, HTTP: http.NewDriver, mucpOverGRPC: client.Over(over),
	}, opts...)
}

// At are the call options that send a call to a node, in its protocol and over its transport.
func At(node *registry.Node) []client.CallOption {
	protocol := node.Metadata["protocol"]
	if (protocol == MUCP || protocol == "") && node.Metadata["transport"] == overGRPC {
		protocol = mucpOverGRPC
	}
	return []client.CallOption{client.WithAddress(node.Address), client.WithProtocol(protocol)}
}

// healthCheck is a method that most gRPC servers have, and that those that do not have it deny in gRPC's words.
const healthCheck = "/grpc.health.v1.Health/Check"

// probeTime bounds the question what an address speaks.
const probeTime = time.Second

// protocolAt returns what an address speaks: what the configuration says, else gRPC if it answers a health check as gRPC
// servers do, else mucp. An answer is remembered.
func (s *Session) protocolAt(ctx context.Context, address string) string {
	if p := s.config.Protocol; p != "" && p != Auto {
		return p
	}
	if s.config.Transport != "" {
		return MUCP // the others have but one
	}
	s.mu.Lock()
	known := s.protocols[address]
	s.mu.Unlock()
	if known != "" {
		return known
	}
	ctx, cancel := context.WithTimeout(ctx, min(probeTime, s.config.Timeout/4))
	defer cancel()
	if !s.answersGRPC(ctx, address) {
		return MUCP // said again next time, since it may only have been slow
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.protocols == nil {
		s.protocols = map[string]string{}
	}
	s.protocols[address] = GRPC
	return GRPC
}

// answersGRPC reports whether a health check is answered, or refused, under gRPC's content type. A mucp server may
// take the call for one of its own and end it empty or with 500.
func (s *Session) answersGRPC(ctx context.Context, address string) bool {
	c := s.Client()
	contentType := ""
	answer := new(bytes.Frame)
	req := c.NewRequest("", healthCheck, new(bytes.Frame), client.WithContentType("application/protobuf"))
	err := c.Call(ctx, req, answer, client.WithAddress(address), client.WithProtocol(GRPC), client.WithRetries(0),
		client.OnAttempt(func(a client.Attempt) { contentType = a.Header["Content-Type"] }))
	if !strings.HasPrefix(contentType, "application/grpc") {
		return false
	}
	if err == nil {
		return len(answer.Data) > 0
	}
	switch errors.FromError(err).GetCode() {
	case 401, 403, 404, 501:
		return true
	}
	return false
}
