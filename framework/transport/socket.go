package transport

import (
	"errors"
	"time"
)

// Deadliner is a socket whose waits can be bounded. Every socket of this package is one.
type Deadliner interface {
	// SetDeadline makes Send and Recv that run after t end with an error that is os.ErrDeadlineExceeded, those under
	// way included; the zero time lifts the bound. A connection on which a message was cut short is of no more use
	// than to be closed; one whose Recv ended between two messages goes on.
	SetDeadline(t time.Time) error
}

// PeerCloser is a client's socket that can tell before it is used again that the peer has closed the connection.
type PeerCloser interface {
	// PeerClosed reports whether the peer closed or reset the connection and nothing that it sent is left to be received. It
	// does not wait. False says nothing: the peer may be gone all the same. What was not yet sent then has not run.
	PeerClosed() bool
}

// Idler is a server's socket that ends by itself when nothing is sent or received for Limits.IdleTimeout.
type Idler interface {
	// SetBusy says whether requests or streams are in flight: a busy connection may be silent for as long as it likes.
	SetBusy(busy bool)
}

// ErrWoken is what a receiver gets that was woken.
var ErrWoken = errors.New("woken")

// Waker is a server's socket whose receiver can be called off.
type Waker interface {
	// Wake makes a RecvFields that waits for a message return ErrWoken, else one that is yet to wait, or none if a message
	// is on its way. Nothing is lost by it.
	Wake()
}

// Reuser is a socket that can receive without new memory.
type Reuser interface {
	// RecvReuse is Recv into the memory of m: a Header that is not nil is cleared and filled, a Body is overwritten
	// where its capacity is enough. The header's strings are new.
	RecvReuse(m *Message) error
}
