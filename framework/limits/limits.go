// Package limits holds the bounds that every parser of outside bytes obeys.
//
// One struct, one place, safe defaults. A component takes a Limits value in its options, calls
// [Limits.WithDefaults] once and hands it to whatever reads from the network or from disk.
package limits

import "time"

// Limits bounds what a peer can make this process hold, read or wait for.
// The zero value of a field means its default; a negative value means "no limit".
// A Limits value is immutable once handed over and safe to share.
type Limits struct {
	// MessageBytes is the largest body of one message, in bytes. Default 4 MiB.
	MessageBytes int
	// HeaderBytes is the largest header block of one message, in bytes. Default 16 KiB.
	HeaderBytes int
	// Headers is the largest number of headers of one message. Default 100.
	Headers int
	// StreamsPerConn is the largest number of requests and streams in flight on one connection. Default 100.
	StreamsPerConn int
	// Conns is the largest number of connections a listener serves at once. Default 10,000.
	Conns int
	// HeaderReadTimeout is the time a peer has to send one header block. Default 5 s.
	HeaderReadTimeout time.Duration
	// BodyTimeout is the time a peer has to send one body, or to take one answer. Default 30 s.
	BodyTimeout time.Duration
	// IdleTimeout is how long a connection may stay without a message. Default 120 s.
	IdleTimeout time.Duration
	// TLSHandshakeTimeout bounds a TLS handshake. Default 5 s.
	TLSHandshakeTimeout time.Duration
	// DatagramBytes is the largest mDNS datagram read, in bytes. Default 64 KiB.
	DatagramBytes int
	// RecordBytes is the largest registry record, counted after decompression, in bytes. Default 256 KiB.
	RecordBytes int
	// Endpoints is the largest number of endpoints kept of one registry record. Default 1,024.
	Endpoints int
	// NodesPerService is the largest number of nodes kept of one service name. Default 10,000.
	NodesPerService int
	// RecordDepth is the deepest JSON nesting of a registry record. Default 16.
	RecordDepth int
	// BodyDepth is the deepest JSON nesting of a message body. Default 100.
	BodyDepth int
	// PendingMessages is the largest number of undelivered messages of one subscription. Default 65,536.
	PendingMessages int
	// PendingBytes is the largest number of undelivered bytes of one subscription. Default 64 MiB.
	PendingBytes int
	// ProfileBytes is the largest profile download, counted after decompression, in bytes. Default 64 MiB.
	ProfileBytes int
}

const (
	kib = 1 << 10
	mib = 1 << 20
)

// Default returns the limits used where nothing else is said.
func Default() Limits { return Limits{}.WithDefaults() }

// WithDefaults returns l with every zero field replaced by its default.
func (l Limits) WithDefaults() Limits {
	setInt(&l.MessageBytes, 4*mib)
	setInt(&l.HeaderBytes, 16*kib)
	setInt(&l.Headers, 100)
	setInt(&l.StreamsPerConn, 100)
	setInt(&l.Conns, 10_000)
	setDuration(&l.HeaderReadTimeout, 5*time.Second)
	setDuration(&l.BodyTimeout, 30*time.Second)
	setDuration(&l.IdleTimeout, 120*time.Second)
	setDuration(&l.TLSHandshakeTimeout, 5*time.Second)
	setInt(&l.DatagramBytes, 64*kib)
	setInt(&l.RecordBytes, 256*kib)
	setInt(&l.Endpoints, 1024)
	setInt(&l.NodesPerService, 10_000)
	setInt(&l.RecordDepth, 16)
	setInt(&l.BodyDepth, 100)
	setInt(&l.PendingMessages, 65_536)
	setInt(&l.PendingBytes, 64*mib)
	setInt(&l.ProfileBytes, 64*mib)
	return l
}

// Exceeded reports whether n is over limit, where a negative limit means there is none.
func Exceeded(n, limit int) bool { return limit >= 0 && n > limit }

func setInt(field *int, fallback int) {
	if *field == 0 {
		*field = fallback
	}
}

func setDuration(field *time.Duration, fallback time.Duration) {
	if *field == 0 {
		*field = fallback
	}
}
