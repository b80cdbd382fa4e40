package transport

import (
	"bytes"
	"io"
	"runtime"
	"strconv"

	"github.com/microtop/microtop/framework/limits"
)

const (
	readBuffer   = 4 << 10   // of a connection, at rest
	burstBuffer  = 32 << 10  // of a connection whose messages come faster than they are read
	burstRest    = 16        // how many small reads in a row end a burst
	bodyStep     = 32 << 10  // what is set aside for a body before any of it has come
	copyStep     = 256 << 10 // of a body that moves to larger memory
	maxChunkLine = 4 << 10   // a chunk's size and its extensions
)

// reader parses HTTP/1.1 messages from a source. Whatever a peer claims, it holds no more than what came and one step.
type reader struct {
	source io.Reader
	limits limits.Limits
	// waiting, if not nil, is told when the rest of a head or body must be waited for.
	waiting func(body bool)

	heads heads
	buf   []byte
	r, w  int // buf[r:w] is unread
	last  int // how many bytes came with the last read
	small int // how many reads in a row would have fit a buffer at rest
}

// buffered is the number of bytes that came and are not parsed yet.
func (rd *reader) buffered() int { return rd.w - rd.r }

// fill reads once more from the source, making room first. It returns no error without bytes.
func (rd *reader) fill() error {
	switch {
	case rd.r == rd.w:
		rd.fit(rd.w)
		rd.r, rd.w = 0, 0
	case rd.w == len(rd.buf) && rd.r > 0:
		rd.w = copy(rd.buf, rd.buf[rd.r:rd.w])
		rd.r = 0
	}
	if rd.w == len(rd.buf) {
		grown := make([]byte, max(readBuffer, 2*len(rd.buf)))
		copy(grown, rd.buf[:rd.w])
		rd.buf = grown
	}
	n, err := rd.source.Read(rd.buf[rd.w:])
	rd.w += n
	if n > 0 {
		rd.last = n
		return nil
	}
	if err == nil {
		err = io.ErrNoProgress
	}
	return err
}

// fit gives a buffer of which so much was filled, and is read, the size that suits what comes.
func (rd *reader) fit(filled int) {
	switch {
	case filled == readBuffer && len(rd.buf) == readBuffer:
		rd.buf, rd.small = make([]byte, burstBuffer), 0
	case len(rd.buf) <= readBuffer:
	case rd.last > readBuffer/2:
		rd.small = 0
	default:
		if rd.small++; rd.small > burstRest {
			rd.buf = nil // fill makes a new one
		}
	}
}

// need is fill in the middle of a message, where the end is not expected.
func (rd *reader) need(body bool) error {
	if rd.waiting != nil {
		rd.waiting(body)
	}
	err := rd.fill()
	if err == io.EOF { //nolint:errorlint // readers return it bare
		err = io.ErrUnexpectedEOF
	}
	return err
}

// parse parses the next message's head into f. At least one byte of it must be buffered.
func (rd *reader) parse(f *Fields, parse parser) (head, error) {
	if k, n := rd.heads.again(rd.buf[rd.r:rd.w]); k != nil {
		rd.r += n
		return k.into(f), nil
	}
	text, err := rd.head()
	if err != nil {
		return head{}, err
	}
	return rd.heads.parse(text, f, rd.limits, parse)
}

// head returns the next message's start line and headers without the empty line at their end. At least one byte of it
// must be buffered. It is valid until the next read.
func (rd *reader) head() ([]byte, error) {
	scanned := 0
	for {
		unread := rd.buf[rd.r:rd.w]
		for scanned < len(unread) {
			i := bytes.IndexByte(unread[scanned:], '\n')
			if i < 0 {
				scanned = len(unread)
				break
			}
			end := scanned + i // of the line, at its \n
			if end == 0 || unread[end-1] != '\r' {
				return nil, refuse(400, "line ends in a bare line feed")
			}
			if limits.Exceeded(end, rd.limits.HeaderBytes) {
				break
			}
			if end >= 3 && unread[end-2] == '\n' {
				rd.r += end + 1
				return unread[:end-3], nil
			}
			if end == 1 {
				return nil, refuse(400, "empty start line")
			}
			scanned = end + 1
		}
		if limits.Exceeded(len(unread), rd.limits.HeaderBytes) {
			return nil, refuse(431, "headers over %d bytes", rd.limits.HeaderBytes)
		}
		if !tokenByte[unread[0]] {
			return nil, refuse(400, "malformed HTTP message %q", unread[:min(len(unread), 16)])
		}
		if err := rd.need(false); err != nil {
			return nil, err
		}
	}
}

// body returns the body that h announces, in memory of its own or in reuse's if that is enough.
// untilClose says that a body without length ends with the connection.
func (rd *reader) body(h head, reuse []byte, untilClose bool) ([]byte, error) {
	switch {
	case h.chunked:
		return rd.chunks(reuse[:0])
	case h.length > 0:
		if limits.Exceeded(h.length, rd.limits.MessageBytes) {
			return nil, rd.tooLarge()
		}
		return rd.take(reuse[:0], h.length)
	case h.length < 0 && untilClose:
		return rd.rest(reuse[:0])
	default:
		return reuse[:0], nil
	}
}

func (rd *reader) tooLarge() error {
	return refuse(413, "message over %d bytes", rd.limits.MessageBytes)
}

// take appends the next n bytes to dst. Memory grows as they come.
func (rd *reader) take(dst []byte, n int) ([]byte, error) {
	for n > 0 {
		if have := min(n, rd.buffered()); have > 0 {
			dst = append(grow(dst, min(n, max(have, bodyStep))), rd.buf[rd.r:rd.r+have]...)
			rd.r += have
			n -= have
			continue
		}
		if n < readBuffer {
			if err := rd.need(true); err != nil {
				return nil, err
			}
			continue
		}
		// The rest is large: straight into the body.
		if rd.waiting != nil {
			rd.waiting(true)
		}
		if len(dst) == cap(dst) {
			dst = grow(dst, min(n, max(bodyStep, len(dst))))
		}
		room := dst[len(dst):min(cap(dst), len(dst)+n)]
		got, err := io.ReadFull(rd.source, room)
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		if err != nil {
			return nil, err
		}
		dst = dst[:len(dst)+got]
		n -= got
	}
	return dst, nil
}

// grow returns dst with room for n more bytes, and for no fewer than a quarter of what it holds. It copies step by step
// and yields between: nothing preempts a goroutine within a copy, so that a collection that begins meanwhile would stop
// the whole program until its end, a tenth of a second for 64 MB of fresh memory.
func grow(dst []byte, n int) []byte {
	if cap(dst)-len(dst) >= n {
		return dst
	}
	grown := make([]byte, 0, len(dst)+max(n, len(dst)/4))
	for len(dst) > copyStep {
		grown, dst = append(grown, dst[:copyStep]...), dst[copyStep:]
		runtime.Gosched()
	}
	return append(grown, dst...)
}

// chunks appends a chunked body to dst and skips its trailers.
func (rd *reader) chunks(dst []byte) ([]byte, error) {
	overhead := 0
	for {
		line, err := rd.line(maxChunkLine)
		if err != nil {
			return nil, err
		}
		size, err := chunkSize(line)
		if err != nil {
			return nil, err
		}
		if overhead += max(0, len(line)-16); limits.Exceeded(overhead, rd.limits.HeaderBytes) {
			return nil, refuse(400, "chunk extensions over %d bytes", rd.limits.HeaderBytes)
		}
		if size == 0 {
			return dst, rd.trailers()
		}
		if rd.limits.MessageBytes >= 0 && size > uint64(max(0, rd.limits.MessageBytes-len(dst))) {
			return nil, rd.tooLarge()
		}
		if dst, err = rd.take(dst, int(size)); err != nil { //nolint:gosec // it has 31 bits
			return nil, err
		}
		if line, err = rd.line(2); err != nil {
			return nil, err
		}
		if len(line) != 0 {
			return nil, refuse(400, "chunk longer than its size")
		}
	}
}

// trailers skips the headers after a chunked body.
func (rd *reader) trailers() error {
	for left := rd.limits.HeaderBytes; ; {
		line, err := rd.line(maxChunkLine)
		if err != nil || len(line) == 0 {
			return err
		}
		if left -= len(line); rd.limits.HeaderBytes >= 0 && left < 0 {
			return refuse(431, "trailers over %d bytes", rd.limits.HeaderBytes)
		}
	}
}

// line returns the next line, without its end, of at most limit bytes. It is valid until the next read.
func (rd *reader) line(limit int) ([]byte, error) {
	scanned := 0
	for {
		unread := rd.buf[rd.r:rd.w]
		if i := bytes.IndexByte(unread[scanned:], '\n'); i >= 0 {
			end := scanned + i
			if end == 0 || unread[end-1] != '\r' {
				return nil, refuse(400, "line ends in a bare line feed")
			}
			line := unread[:end-1]
			if bytes.ContainsAny(line, "\x00\r") {
				return nil, refuse(400, "control character in a chunk's line")
			}
			rd.r += end + 1
			return line, nil
		}
		scanned = len(unread)
		if scanned > limit {
			return nil, refuse(400, "line over %d bytes in a chunked body", limit)
		}
		if err := rd.need(true); err != nil {
			return nil, err
		}
	}
}

// chunkSize parses a chunk's line: hexadecimal digits, and extensions after a semicolon.
func chunkSize(line []byte) (uint64, error) {
	digits := line
	if i := bytes.IndexByte(line, ';'); i >= 0 {
		digits = line[:i]
	}
	if len(digits) > 16 {
		return 0, refuse(400, "bad chunk size")
	}
	size, err := strconv.ParseUint(string(digits), 16, 31)
	if err != nil {
		return 0, refuse(400, "bad chunk size")
	}
	return size, nil
}

// rest appends everything up to the end of the connection.
func (rd *reader) rest(dst []byte) ([]byte, error) {
	for {
		dst = append(grow(dst, rd.buffered()), rd.buf[rd.r:rd.w]...)
		rd.r = rd.w
		if limits.Exceeded(len(dst), rd.limits.MessageBytes) {
			return nil, rd.tooLarge()
		}
		if rd.waiting != nil {
			rd.waiting(true)
		}
		if err := rd.fill(); err == io.EOF { //nolint:errorlint // readers return it bare
			return dst, nil
		} else if err != nil {
			return nil, err
		}
	}
}
