package codec

import "io"

// Buffer is a connection in memory for one message: codecs read the bytes it was made with and write to its other
// side. Codecs take the unread bytes from it without copying them. The zero value is empty and ready.
// Not safe for concurrent use.
type Buffer struct {
	in  []byte
	out []byte
}

var _ io.ReadWriteCloser = (*Buffer)(nil)

// NewBuffer returns a buffer whose reader side holds in, which it does not copy.
func NewBuffer(in []byte) *Buffer { return &Buffer{in: in} }

// Reset makes in the reader side and empties the writer side, whose memory it keeps.
func (b *Buffer) Reset(in []byte) { b.in, b.out = in, b.out[:0] }

// Read implements io.Reader.
func (b *Buffer) Read(p []byte) (int, error) {
	if len(b.in) == 0 {
		return 0, io.EOF
	}
	n := copy(p, b.in)
	b.in = b.in[n:]
	return n, nil
}

// Len is the number of unread bytes.
func (b *Buffer) Len() int { return len(b.in) }

// Next returns the next n unread bytes, or as many as there are, and counts them as read. They are not a copy.
func (b *Buffer) Next(n int) []byte {
	n = min(n, len(b.in))
	data := b.in[:n:n]
	b.in = b.in[n:]
	return data
}

// Write implements io.Writer. It never fails.
func (b *Buffer) Write(p []byte) (int, error) {
	b.out = append(b.out, p...)
	return len(p), nil
}

// AvailableBuffer returns an empty slice over the free memory of the writer side: what is appended to it and then
// written is not copied when it fits.
func (b *Buffer) AvailableBuffer() []byte { return b.out[len(b.out):] }

// Bytes returns what was written since the last Reset. It is valid until the next write or Reset.
func (b *Buffer) Bytes() []byte { return b.out }

// Close implements io.Closer; there is nothing to close.
func (b *Buffer) Close() error { return nil }
