package grpc

import (
	"context"
	"fmt"
	"net"
	"sync"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"

	wire "github.com/microtop/microtop/framework/internal/grpc"
	"github.com/microtop/microtop/framework/transport"
)

// client is the dialling end of a connection.
type client struct {
	socket

	conn *grpc.ClientConn
	open grpc.ClientStream
}

var (
	_ transport.Client    = (*client)(nil)
	_ transport.Deadliner = (*client)(nil)
)

// open dials; ctx bounds that and not the connection.
func open(ctx context.Context, addr string, o transport.Options) (*client, error) {
	tcp := &dialled{opts: o}
	conn, err := grpc.NewClient("passthrough:///"+addr, options(addr, o, tcp)...)
	if err != nil {
		return nil, fmt.Errorf("dial grpc %s: %w", addr, err)
	}
	live, end := context.WithCancel(context.WithoutCancel(ctx))
	release := context.AfterFunc(ctx, end)
	desc := &grpc.StreamDesc{StreamName: streamName, ServerStreams: true, ClientStreams: true}
	opened, err := conn.NewStream(live, desc, "/"+serviceName+"/"+streamName)
	if err == nil && !release() {
		err = context.Cause(ctx)
	}
	if err != nil {
		end()
		_ = conn.Close() // err says what matters
		if cause := tcp.cause(); cause != nil {
			err = cause
		} else if late := context.Cause(ctx); late != nil {
			err = late
		}
		return nil, fmt.Errorf("dial grpc %s: %w", addr, err)
	}
	c := &client{conn: conn, open: opened}
	c.init(opened, o)
	c.end = end
	c.local, c.remote = tcp.addresses()
	return c, nil
}

func options(addr string, o transport.Options, tcp *dialled) []grpc.DialOption {
	bounds := o.Limits()
	creds := insecure.NewCredentials()
	if config := o.ClientTLS(addr, alpn); config != nil {
		creds = credentials.NewTLS(config)
	}
	opts := []grpc.DialOption{
		grpc.WithTransportCredentials(creds),
		grpc.WithContextDialer(tcp.dial),
		grpc.WithNoProxy(),
		grpc.WithDisableRetry(),
		grpc.WithDisableServiceConfig(),
		grpc.WithIdleTimeout(0),
		grpc.WithDefaultCallOptions(grpc.ForceCodecV2(wire.Codec{}), grpc.MaxCallRecvMsgSize(largest(bounds))),
	}
	if bounds.HeaderBytes > 0 {
		opts = append(opts, grpc.WithMaxHeaderListSize(uint32(bounds.HeaderBytes))) //nolint:gosec // a small positive number
	}
	return opts
}

// Close implements transport.Socket. What was sent before still leaves.
func (c *client) Close() error {
	c.once.Do(func() {
		close(c.done)
		select {
		case c.sending <- struct{}{}: // nobody sends
			_ = c.open.CloseSend() // a stream that is over already needs no end
			<-c.sending
		default:
		}
		_ = c.conn.Close() // once is enough
		c.end()
	})
	return nil
}

// dialled is the TCP connection below a gRPC one, or why there is none.
type dialled struct {
	opts transport.Options

	mu            sync.Mutex
	local, remote string
	err           error
}

func (d *dialled) dial(ctx context.Context, addr string) (net.Conn, error) {
	conn, err := d.opts.DialContext(ctx, "tcp", addr)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.err = err
	if err == nil {
		d.local, d.remote = conn.LocalAddr().String(), conn.RemoteAddr().String()
	}
	return conn, err
}

func (d *dialled) cause() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.err
}

func (d *dialled) addresses() (local, remote string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.local, d.remote
}
