package body

import (
	"io"

	"github.com/microtop/microtop/framework/limits"
)

// Bound is a reader that gives at most the default limit of one message between two calls of Renew, then ErrTooLarge.
type Bound struct {
	source io.Reader
	left   int
}

// NewBound returns a bounded reader of source.
func NewBound(source io.Reader) *Bound {
	b := &Bound{source: source}
	b.Renew()
	return b
}

// Renew allows the bytes of one more message.
func (b *Bound) Renew() { b.left = limits.Default().MessageBytes }

// Read implements io.Reader.
func (b *Bound) Read(p []byte) (int, error) {
	if b.left == 0 {
		return 0, ErrTooLarge
	}
	n, err := b.source.Read(p[:min(len(p), b.left)])
	b.left -= n
	return n, err
}
