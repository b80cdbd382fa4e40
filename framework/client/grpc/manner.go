package grpc

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/encoding"
	"google.golang.org/grpc/metadata"

	"github.com/microtop/microtop/framework/client"
	wire "github.com/microtop/microtop/framework/internal/grpc"
	"github.com/microtop/microtop/framework/internal/mucp"
	micrometadata "github.com/microtop/microtop/framework/metadata"
)

// manner is how a call is made: what calls of a program have in common, mostly.
type manner struct {
	contentType string
	timeout     time.Duration // zero for none
}

// madeManner is what follows from a manner. It never changes.
type madeManner struct {
	manner

	content wire.Content
	codec   grpc.CallOption
	text    string          // of the timeout
	bare    context.Context //nolint:containedctx // the background's, with the metadata of calls that have none of their own
}

// manners remembers the manner of the last call.
type manners struct{ last atomic.Pointer[madeManner] }

// contents are those of a client that was given no codecs.
var contents = wire.NewContents(false, nil)

// of returns a manner as a client with these options keeps it.
func (all *manners) of(m manner, opts client.Options) (*madeManner, error) {
	custom := value[map[string]encoding.Codec](opts.Context, codecsKey{})
	if len(custom) > 0 {
		return m.make(wire.NewContents(false, custom), custom)
	}
	if last := all.last.Load(); last != nil && last.manner == m {
		return last, nil
	}
	made, err := m.make(contents, nil)
	if err == nil {
		all.last.Store(made)
	}
	return made, err
}

func (m manner) make(known wire.Contents, custom map[string]encoding.Codec) (*madeManner, error) {
	subtype := wire.Subtype(m.contentType)
	if subtype == "" && custom[m.contentType] != nil {
		subtype = wire.SubtypeOf(m.contentType)
	}
	content, err := known.Of(subtype)
	if err != nil {
		return nil, errors.New("unsupported Content-Type: " + m.contentType)
	}
	made := &madeManner{manner: m, content: content, codec: grpc.ForceCodecV2(wire.Codec{Subtype: subtype})}
	if m.timeout > 0 {
		made.text = mucp.FormatTimeout(m.timeout)
	}
	made.bare = metadata.NewOutgoingContext(context.Background(), made.add(make(metadata.MD, 2)))
	return made, nil
}

// add adds what the framework tells of the call itself.
func (m *madeManner) add(md metadata.MD) metadata.MD {
	md[wire.ContentType] = []string{m.contentType}
	if m.text != "" {
		md[wire.Timeout] = []string{m.text}
	}
	return md
}

// context is a call's context with its metadata, which gRPC only reads.
func (m *madeManner) context(ctx context.Context) outgoingContext {
	var md metadata.MD
	micrometadata.Range(ctx, func(key, value string) bool {
		if key = mucp.Canonical(key); !mucp.Reserved(key) && !unfit(key) {
			if md == nil {
				md = make(metadata.MD, 4)
			}
			md.Set(key, value)
		}
		return true
	})
	if md == nil {
		return outgoingContext{ctx, m.bare}
	}
	return outgoingContext{ctx, metadata.NewOutgoingContext(context.Background(), m.add(md))}
}

// outgoingContext is a context with the outgoing metadata of another one.
type outgoingContext struct {
	context.Context //nolint:containedctx // it is one

	metadata context.Context //nolint:containedctx // nothing else is in it
}

// Value implements context.Context.
func (c *outgoingContext) Value(key any) any {
	if value := c.metadata.Value(key); value != nil {
		return value
	}
	return c.Context.Value(key)
}

// unfit reports whether a key of metadata cannot be sent over gRPC: its own, and what other protocols left there.
func unfit(key string) bool {
	return key == "" || key[0] == ':' || key == "User-Agent" || len(key) > 5 && key[:5] == "Grpc-"
}

// rounded is what is told of a timeout: full milliseconds, or tens of them, so that calls have it in common. gRPC tells
// the exact one itself.
func rounded(timeout time.Duration) time.Duration {
	switch {
	case timeout > time.Second:
		return timeout.Truncate(10 * time.Millisecond)
	case timeout > 100*time.Millisecond:
		return timeout.Truncate(time.Millisecond)
	}
	return timeout
}
