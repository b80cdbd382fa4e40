// Package transport moves messages between a client and a server: a flat map of headers and a body.
//
// The default is HTTP/1.1 ([NewHTTPTransport], docs/wire.md §2); [NewMemoryTransport] stays in the process.
// Every implementation runs the suite in transporttest. Start with [Transport].
package transport

// Transport dials and listens. Implementations are safe for concurrent use.
type Transport interface {
	// Init applies options. It opens nothing.
	Init(...Option) error
	// Options returns the options in force.
	Options() Options
	// Dial opens a connection to addr (host:port).
	Dial(addr string, opts ...DialOption) (Client, error)
	// Listen opens a listener on addr (host:port, host:min-max tries each port of the range).
	Listen(addr string, opts ...ListenOption) (Listener, error)
	// String names the implementation.
	String() string
}

// Message is what travels. Send does not keep it; Recv replaces Header and Body with new memory, which is the caller's.
//
// Over HTTP a header's name arrives in canonical form (Micro-Id), its value without spaces around it. What belongs to
// the connection (Host, Content-Length, Connection and the like) is neither sent nor received as a header.
type Message struct {
	Header map[string]string
	Body   []byte
}

// Socket is one side of a connection. Any number of goroutines may Send, whole messages one after the other, while one
// Recvs; Close may come from anywhere, more than once, and unblocks them all with an error that is net.ErrClosed.
type Socket interface {
	// Recv blocks for the next message; io.EOF says that the peer closed in good order, io.ErrUnexpectedEOF that it
	// left in the middle of a message.
	Recv(*Message) error
	// Send hands a message to the network. A Send that finds another one writing may return before its message is
	// written: the other Send writes it too, and a failure is then the next Send's or Recv's.
	Send(*Message) error
	Close() error
	// Local is this side's address, Remote the peer's.
	Local() string
	Remote() string
}

// Client is the dialling side of a connection.
type Client interface {
	Socket
}

// Listener accepts connections.
type Listener interface {
	// Addr is the address in use.
	Addr() string
	// Close stops accepting; connections already accepted live on.
	Close() error
	// Accept runs fn in a goroutine of its own for each connection, and returns nil after Close. The goroutine ends
	// with fn, and the socket is then closed: whoever closes the sockets waits for fn. A connection that was being
	// accepted during Close may come to fn a moment after Accept returned.
	Accept(fn func(Socket)) error
}
