package bench

import (
	"context"
	"encoding/binary"
	"errors"
	"io"

	"google.golang.org/protobuf/types/known/wrapperspb"
)

// Message is what all systems send: a protobuf message of one bytes field.
type Message = wrapperspb.BytesValue

// System is one framework under measure.
type System interface {
	// Serve answers on a port of loopback until stop is called.
	Serve() (address string, stop func(), err error)
	// Dial returns a client of a server's address.
	Dial(address string) (Caller, error)
}

// Caller is a system's client. One that has no streams returns ErrNoStreams. Its methods are called from many goroutines at once.
type Caller interface {
	// Unary fills rsp with the server's echo of req.
	Unary(ctx context.Context, req, rsp *Message) error
	// Download opens a stream on which the server sends count numbered messages of that many bytes.
	Download(ctx context.Context, count, bytes int) (Stream, error)
	// Exchange opens a stream on which the server echoes each message.
	Exchange(ctx context.Context) (Stream, error)
	Close() error
}

// Stream is the client's side of a stream, used by one goroutine.
type Stream interface {
	Send(*Message) error
	Recv(*Message) error
	Close() error
}

// ErrNoStreams is what a caller whose system has no streams, or none that are measured, returns.
var ErrNoStreams = errors.New("this system is not measured with streams")

// The systems by name.
const (
	Micro     = "microtop"
	MicroGRPC = "microtop's gRPC"
	MicroPipe = "microtop, pipelined"
	GRPC      = "grpc-go"
	NetHTTP   = "net/http"
	// Alone is the bytes of our wire with no framework around them: the least that a call can cost.
	Alone   = "the bytes alone"
	V4      = "v4"
	NATS    = "nats.go"
	Console = "the console"
	Screens = "the console's screens"
	Bare    = "bare Bubble Tea"
	// BrokerAlone is a broker that delivers to nobody's screen.
	BrokerAlone = "the broker alone"
)

// overhead is the size of a message's protobuf tag and length: two bytes, three from 128 bytes on.
func overhead(bytes int) int {
	if bytes > 129 {
		return 3
	}
	return 2
}

// message returns a message of that many encoded bytes, which starts with a number.
func message(number uint64, bytes int) *Message {
	m := &Message{Value: make([]byte, max(bytes-overhead(bytes), 8))}
	stamp(m, number)
	return m
}

func stamp(m *Message, number uint64) { binary.BigEndian.PutUint64(m.Value, number) }

// number is the number that a message starts with; a message without one gives the largest.
func number(m *Message) uint64 {
	if len(m.GetValue()) < 8 {
		return ^uint64(0)
	}
	return binary.BigEndian.Uint64(m.GetValue())
}

// Order asks for a download: how many messages of how many bytes.
func Order(count, bytes int) *Message {
	m := &Message{Value: make([]byte, 16)}
	binary.BigEndian.PutUint64(m.Value, uint64(count))     //nolint:gosec // both are small
	binary.BigEndian.PutUint64(m.Value[8:], uint64(bytes)) //nolint:gosec // both are small
	return m
}

// Ship sends what an order asks for.
func Ship(m *Message, send func(*Message) error) error {
	if len(m.GetValue()) < 16 {
		return nil
	}
	count, bytes := number(m), int(binary.BigEndian.Uint64(m.Value[8:])) //nolint:gosec // our own client sent it
	for i := range count {
		if err := send(message(i, bytes)); err != nil {
			return err
		}
	}
	return nil
}

// Echo is the handler of unary calls, where a system finds handlers by reflection.
type Echo struct{}

// Unary echoes.
func (*Echo) Unary(_ context.Context, req, rsp *Message) error {
	rsp.Value = req.GetValue()
	return nil
}

// Bounce sends back what it receives until there is no more.
func Bounce(recv, send func(*Message) error) error {
	for {
		m := new(Message)
		err := recv(m)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			err = send(m)
		}
		if err != nil {
			return err
		}
	}
}
