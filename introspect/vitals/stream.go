package vitals

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/microtop/microtop/framework/client"
	pb "github.com/microtop/microtop/framework/debug/proto"
	"github.com/microtop/microtop/introspect"
)

// open starts a stream of the debug service and sends its one request.
func open(ctx context.Context, session *introspect.Session, node Node, endpoint string, req any) (client.Stream, error) {
	if err := node.hasDebug(); err != nil {
		return nil, err
	}
	c := session.Client()
	request := c.NewRequest(node.Service, endpoint, nil, client.WithContentType(protobufType), client.StreamingRequest())
	stream, err := c.Stream(withToken(ctx, session, node), request, append(introspect.At(node.Node), client.WithRetries(0))...)
	if err != nil {
		return nil, node.explain(err)
	}
	if err := errors.Join(stream.Send(req), client.EndRequest(stream)); err != nil {
		return nil, errors.Join(err, stream.Close())
	}
	return stream, nil
}

// Record is one log record of a node.
type Record = pb.Record

// Logs calls yield with each log record of the node: the last count (0: all that are kept), and with follow those to
// come, until yield returns false or ctx ends. Without follow it takes no longer than a call may.
func Logs(ctx context.Context, session *introspect.Session, node Node, count int64, follow bool, yield func(*pb.Record) bool) error {
	bounded := ctx
	if !follow {
		var cancel context.CancelFunc
		bounded, cancel = context.WithTimeout(ctx, session.Timeout())
		defer cancel()
	}
	stream, err := open(bounded, session, node, "Debug.Log", &pb.LogRequest{Service: node.Service, Count: count, Stream: follow})
	if err != nil {
		return fmt.Errorf("logs of %s: %w", node.Id, err)
	}
	defer func() { _ = stream.Close() }() // whatever it says, the records are here
	for {
		record := new(pb.Record)
		switch err := stream.Recv(record); {
		case errors.Is(err, io.EOF), err != nil && ctx.Err() != nil:
			return nil
		case err != nil:
			return fmt.Errorf("logs of %s: %w", node.Id, node.explain(err))
		case !yield(record):
			return nil
		}
	}
}

// Profile starts a profile of the node and returns its bytes as they come. Closing the reader ends the recording.
func Profile(ctx context.Context, session *introspect.Session, node Node, kind string, d time.Duration) (io.ReadCloser, error) {
	stream, err := open(ctx, session, node, "Debug.Profile", &pb.ProfileRequest{Kind: kind, Seconds: d.Seconds()})
	if err != nil {
		return nil, fmt.Errorf("profile %s: %w", node.Id, err)
	}
	return &profileReader{stream: stream, node: node}, nil
}

// profileReader is a Debug.Profile stream as bytes.
type profileReader struct {
	stream client.Stream
	node   Node
	rest   []byte
}

// Read implements io.Reader.
func (r *profileReader) Read(p []byte) (int, error) {
	for len(r.rest) == 0 {
		chunk := new(pb.ProfileChunk)
		if err := r.stream.Recv(chunk); errors.Is(err, io.EOF) {
			return 0, io.EOF
		} else if err != nil {
			return 0, fmt.Errorf("profile %s: %w", r.node.Id, r.node.explain(err))
		}
		r.rest = chunk.GetData()
	}
	n := copy(p, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}

// Close implements io.Closer.
func (r *profileReader) Close() error { return r.stream.Close() }
