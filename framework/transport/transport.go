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

// Message is what travels. Send does not keep it; Recv fills it with memory of its own.
type Message struct {
	Header map[string]string
	Body   []byte
}

// Socket is one side of a connection. One goroutine may Send while another Recvs; Close may come from anywhere,
// more than once, and unblocks both.
type Socket interface {
	// Recv blocks for the next message; io.EOF says that the peer closed in good order.
	Recv(*Message) error
	// Send hands a message to the network.
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
	// Accept runs fn in a goroutine of its own for each connection until Close.
	Accept(fn func(Socket)) error
}
