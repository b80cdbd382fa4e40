package grpctest

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"testing"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// Stream is what one direction of a connection carried: one call.
type Stream struct {
	Headers  map[string]string // those before the first message; only they, if there is none
	Messages [][]byte          // without gRPC's five bytes before each
	Trailers map[string]string // those after the last message
	Ended    bool              // whether it said that nothing follows
	Reset    bool              // whether it was broken off
}

// prefix is what gRPC puts before a message: whether it is compressed, and its length.
const prefix = 5

// tables is the most that a peer of these tests keeps of headers.
const tables = 4096

// reader reads frames and folds them into a Stream.
type reader struct {
	frames *http2.Framer
	out    Stream
	data   []byte
}

func newReader(from io.Reader) *reader {
	r := &reader{frames: http2.NewFramer(io.Discard, from)}
	r.frames.ReadMetaHeaders = hpack.NewDecoder(tables, nil)
	return r
}

// next folds one frame in.
func (r *reader) next() (http2.Frame, error) {
	frame, err := r.frames.ReadFrame()
	if err != nil {
		return nil, err
	}
	switch f := frame.(type) {
	case *http2.MetaHeadersFrame:
		fields := map[string]string{}
		for _, field := range f.Fields {
			fields[field.Name] = field.Value
		}
		if r.out.Headers == nil {
			r.out.Headers = fields
		} else {
			r.out.Trailers = fields
		}
		r.out.Ended = r.out.Ended || f.StreamEnded()
	case *http2.DataFrame:
		r.data = append(r.data, f.Data()...)
		r.out.Ended = r.out.Ended || f.StreamEnded()
		r.cut()
	case *http2.RSTStreamFrame:
		r.out.Reset = true
	}
	return frame, nil
}

// cut takes the messages out of what has come.
func (r *reader) cut() {
	for len(r.data) >= prefix {
		length := int(binary.BigEndian.Uint32(r.data[1:prefix]))
		if len(r.data) < prefix+length {
			return
		}
		r.out.Messages = append(r.out.Messages, bytes.Clone(r.data[prefix:prefix+length]))
		r.data = r.data[prefix+length:]
	}
}

// parse reads a captured direction.
func parse(t *testing.T, data []byte) Stream {
	t.Helper()
	r := newReader(bytes.NewReader(bytes.TrimPrefix(data, []byte(http2.ClientPreface))))
	for {
		if _, err := r.next(); err != nil {
			if !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Fatalf("the capture: %v", err)
			}
			return r.out
		}
	}
}
