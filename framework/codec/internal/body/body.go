// Package body reads and writes message bodies for the codecs: all of one, within a bound, with few copies.
// Start with [Read].
package body

import (
	"errors"
	"fmt"
	"io"

	"github.com/microtop/microtop/framework/limits"
)

// ErrTooLarge says that a body is over the limit of one message.
var ErrTooLarge = errors.New("message too large")

// inMemory is what a connection offers whose bytes are all here: codec.Buffer and bytes.Buffer.
type inMemory interface {
	Len() int
	Next(n int) []byte
}

// Read returns all unread bytes of r. Bytes that are already in memory are returned as they are, not copied; from
// anywhere else it reads up to the default limit of one message.
func Read(r io.Reader) ([]byte, error) {
	if mem, ok := r.(inMemory); ok {
		return mem.Next(mem.Len()), nil
	}
	limit := limits.Default().MessageBytes
	data, err := io.ReadAll(io.LimitReader(r, int64(limit)+1))
	if err != nil {
		return nil, err
	}
	if limits.Exceeded(len(data), limit) {
		return nil, fmt.Errorf("%w: over %d bytes", ErrTooLarge, limit)
	}
	return data, nil
}

// ReadN returns the next n bytes of r, where n was claimed by the peer: memory grows as bytes arrive.
// Too few bytes are io.ErrUnexpectedEOF. The caller has checked n against its limit.
func ReadN(r io.Reader, n int) ([]byte, error) {
	if mem, ok := r.(inMemory); ok {
		data := mem.Next(n)
		if len(data) < n {
			return nil, io.ErrUnexpectedEOF
		}
		return data, nil
	}
	data, err := io.ReadAll(io.LimitReader(r, int64(n)))
	if err == nil && len(data) < n {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return nil, err
	}
	return data, nil
}

// Write writes data in one piece; nothing when it is empty.
func Write(w io.Writer, data []byte) error {
	if len(data) == 0 {
		return nil
	}
	_, err := w.Write(data)
	return err
}

// Available returns a slice to append a message to before it is written to w: memory of w where it lends some.
func Available(w io.Writer) []byte {
	if lender, ok := w.(interface{ AvailableBuffer() []byte }); ok {
		return lender.AvailableBuffer()
	}
	return nil
}
