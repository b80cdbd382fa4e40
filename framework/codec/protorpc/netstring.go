package protorpc

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"

	"github.com/microtop/microtop/framework/codec/internal/body"
	"github.com/microtop/microtop/framework/limits"
)

// prefix is the size of a length in front of a block.
const prefix = 4

// WriteNetString writes data behind its length, a big-endian uint32, in one write, and returns the number of bytes
// written. It is not safe to call it for one writer from several goroutines.
func WriteNetString(w io.Writer, data []byte) (int, error) {
	block, err := appendNetString(body.Available(w), data)
	if err != nil {
		return 0, err
	}
	return w.Write(block)
}

// ReadNetString reads a block that WriteNetString wrote. A length over the default limit of one message is an error;
// memory is only set aside for bytes that come. Without any bytes it returns io.EOF, with too few io.ErrUnexpectedEOF.
func ReadNetString(r io.Reader) ([]byte, error) {
	var size [prefix]byte
	if _, err := io.ReadFull(r, size[:]); err != nil {
		return nil, err
	}
	n, limit := binary.BigEndian.Uint32(size[:]), limits.Default().MessageBytes
	if n > math.MaxInt32 || limits.Exceeded(int(n), limit) {
		return nil, fmt.Errorf("%w: a block of %d bytes, over %d", body.ErrTooLarge, n, limit)
	}
	return body.ReadN(r, int(n))
}

func appendNetString(dst, data []byte) ([]byte, error) {
	if len(data) > math.MaxInt32 {
		return nil, fmt.Errorf("%w: a block of %d bytes", body.ErrTooLarge, len(data))
	}
	dst = binary.BigEndian.AppendUint32(dst, uint32(len(data))) //nolint:gosec // checked above
	return append(dst, data...), nil
}
