package grpc

import (
	"bytes"
	"maps"
	"testing"

	"github.com/microtop/microtop/framework/internal/grpctest"
	"github.com/microtop/microtop/framework/limits"
)

// FuzzMessage: what is read keeps the limits, and is read again as it was when it is written.
func FuzzMessage(f *testing.F) {
	f.Add([]byte("\x0a\x06\x0a\x01a\x12\x01b\x12\x01x"))
	f.Add([]byte("\x12\xff\xff\xff\xff\x0f"))
	bounds := limits.Limits{MessageBytes: 100, HeaderBytes: 50, Headers: 3}.WithDefaults()
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := decode(data, bounds)
		if err != nil {
			return
		}
		size := 0
		for name, value := range m.Header {
			size += len(name) + len(value)
		}
		if len(m.Body) > bounds.MessageBytes || len(m.Header) > bounds.Headers || size > bounds.HeaderBytes {
			t.Fatalf("over the limits: %d headers of %d bytes, a body of %d", len(m.Header), size, len(m.Body))
		}
		written, err := encode(&m)
		if err != nil {
			t.Fatalf("what was read cannot be written: %v", err)
		}
		again, err := decode(written, bounds)
		if err != nil || !maps.Equal(again.Header, m.Header) || !bytes.Equal(again.Body, m.Body) {
			t.Fatalf("%v %q became %v %q, %v", m.Header, m.Body, again.Header, again.Body, err)
		}
	})
}

func TestTheLargestMessageWithinTheLimitsFits(t *testing.T) {
	for _, f := range grpctest.Fixtures(t, "grpctransport-") {
		for _, data := range append(f.Asked(t).Messages, f.Answered(t).Messages...) {
			m, err := decode(data, limits.Default())
			if err != nil {
				t.Fatal(err)
			}
			size := len(m.Body)
			for name, value := range m.Header {
				size += len(name) + len(value) + perHeader
			}
			if len(data) > size+perHeader {
				t.Errorf("%d bytes hold what is counted as %d", len(data), size+perHeader)
			}
		}
	}
}
