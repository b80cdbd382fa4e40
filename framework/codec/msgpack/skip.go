package msgpack

import (
	"errors"
	"fmt"
	"io"

	"github.com/microtop/microtop/framework/limits"
)

// ErrDepth says that a value is nested deeper than limits.Default().BodyDepth.
var ErrDepth = errors.New("msgpack nested too deep")

// Skip returns what follows the first value of data. It takes no length at its word: a value that is not all there is
// io.ErrUnexpectedEOF. Run before a value is decoded, it bounds what decoding does.
func Skip(data []byte) (rest []byte, err error) {
	return newScan(data).skip(data, 0)
}

// scan is one pass over a message.
type scan struct {
	size, limit int
	short       []int // where timestamps of 4 or 8 bytes begin
}

func newScan(data []byte) *scan { return &scan{size: len(data), limit: limits.Default().BodyDepth} }

func (s *scan) skip(data []byte, depth int) ([]byte, error) {
	head, rest, err := headOf(data)
	if err != nil {
		return nil, err
	}
	if isExtension(data[0]) {
		return rest, s.extension(data)
	}
	if head.values == 0 {
		return rest, nil
	}
	if depth++; limits.Exceeded(depth, s.limit) {
		return nil, fmt.Errorf("%w: over %d levels", ErrDepth, s.limit)
	}
	if head.values > uint64(len(rest)) { // each has a byte at least
		return nil, io.ErrUnexpectedEOF
	}
	for range head.values {
		if rest, err = s.skip(rest, depth); err != nil {
			return nil, err
		}
	}
	return rest, nil
}

// head is the beginning of a value.
type head struct{ values uint64 } // that follow: an array's, a map's keys and values

// headOf reads a value as far as it is no container (the spec's table of formats).
func headOf(data []byte) (h head, rest []byte, err error) {
	if len(data) == 0 {
		return h, nil, io.ErrUnexpectedEOF
	}
	b, rest := data[0], data[1:]
	switch {
	case b < 0x80 || b >= 0xe0 || b == 0xc0 || b == 0xc2 || b == 0xc3: // small ints, nil, false, true
		return h, rest, nil
	case b < 0x90:
		return head{2 * uint64(b&0x0f)}, rest, nil
	case b < 0xa0:
		return head{uint64(b & 0x0f)}, rest, nil
	case b < 0xc0:
		return drop(rest, uint64(b&0x1f))
	}
	switch b {
	case 0xc4, 0xc5, 0xc6: // bin
		return counted(rest, 1<<(b-0xc4), 0)
	case 0xd9, 0xda, 0xdb: // str
		return counted(rest, 1<<(b-0xd9), 0)
	case 0xc7, 0xc8, 0xc9: // ext, whose type is a byte more
		return counted(rest, 1<<(b-0xc7), 1)
	case 0xca, 0xce, 0xd2: // 32 bits
		return drop(rest, 4)
	case 0xcb, 0xcf, 0xd3: // 64 bits
		return drop(rest, 8)
	case 0xcc, 0xd0:
		return drop(rest, 1)
	case 0xcd, 0xd1:
		return drop(rest, 2)
	case 0xd4, 0xd5, 0xd6, 0xd7, 0xd8: // ext of 1 to 16 bytes
		return drop(rest, 1+1<<(b-0xd4))
	case 0xdc, 0xdd:
		n, rest, err := number(rest, 2<<(b-0xdc))
		return head{n}, rest, err
	case 0xde, 0xdf:
		n, rest, err := number(rest, 2<<(b-0xde))
		return head{2 * n}, rest, err
	}
	return h, nil, fmt.Errorf("no value begins with byte %#x", b)
}

// counted drops as many bytes as a number of that size says, and more.
func counted(data []byte, size int, more uint64) (head, []byte, error) {
	n, rest, err := number(data, size)
	if err != nil {
		return head{}, nil, err
	}
	return drop(rest, n+more)
}

func drop(data []byte, n uint64) (head, []byte, error) {
	if n > uint64(len(data)) {
		return head{}, nil, io.ErrUnexpectedEOF
	}
	return head{}, data[n:], nil
}

// number reads a big-endian number of that many bytes.
func number(data []byte, size int) (n uint64, rest []byte, err error) {
	if len(data) < size {
		return 0, nil, io.ErrUnexpectedEOF
	}
	for _, b := range data[:size] {
		n = n<<8 | uint64(b)
	}
	return n, data[size:], nil
}
