// Package codec turns messages into bytes and back. A codec is chosen per message by content type
// (docs/wire.md §3.2, §4).
//
// Sub-packages hold the codecs. Each offers NewCodec for a connection and, where its body needs no framing,
// a Marshaler. Start with [Codec].
package codec

import (
	"errors"
	"io"
)

// ErrInvalidMessage says that a value is not of a type that the codec can encode or decode.
var ErrInvalidMessage = errors.New("invalid message")

// MessageType says what a message is to its codec.
type MessageType int

const (
	// Error is an answer that is an error.
	Error MessageType = iota
	// Request asks.
	Request
	// Response answers.
	Response
	// Event is published: no id, no answer.
	Event
)

// NewCodec makes a codec that reads and writes rwc. A codec serves one message at a time.
type NewCodec func(rwc io.ReadWriteCloser) Codec

// Codec reads and writes messages on one connection. Not safe for concurrent use.
type Codec interface {
	Reader
	Writer
	// Close closes the connection.
	Close() error
	// String names the codec.
	String() string
}

// Reader reads one message: the header first, then the body.
type Reader interface {
	// ReadHeader fills the message's header fields from the bytes, where the codec carries them there.
	ReadHeader(m *Message, t MessageType) error
	// ReadBody decodes the body into v; nil discards it.
	ReadBody(v any) error
}

// Writer writes one message with its body.
type Writer interface {
	Write(m *Message, body any) error
}

// Marshaler encodes values without framing. Safe for concurrent use.
type Marshaler interface {
	Marshal(v any) ([]byte, error)
	Unmarshal(data []byte, v any) error
	String() string
}

// Message is what codecs know of a message beside its body value.
type Message struct {
	Id       string
	Type     MessageType
	Target   string
	Method   string
	Endpoint string
	Error    string
	// Header holds the transport's headers; a codec may read and add.
	Header map[string]string
	// Body holds raw bytes, where someone has them.
	Body []byte
}
