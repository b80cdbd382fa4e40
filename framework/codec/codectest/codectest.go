// Package codectest is the contract of a codec as a test suite: [Run] holds an implementation against it.
package codectest

import (
	stdbytes "bytes"
	"io"
	"maps"
	"runtime"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/microtop/microtop/framework/codec"
	"github.com/microtop/microtop/framework/codec/bytes"
	"github.com/microtop/microtop/framework/limits"
	"google.golang.org/protobuf/testing/protocmp"
)

// Caps says what an implementation can carry.
type Caps struct {
	// Value is a body, and Fresh makes an empty one of its type to read into.
	Value any
	Fresh func() any
	// Header says that method, id and error travel in the bytes.
	Header bool
	// Framed says that the bytes of a body have something around them.
	Framed bool
	// AnyBytes says that every sequence of bytes is a body, so that one cut short is one too.
	AnyBytes bool
	// Nested makes a body that is nested so many levels deep, if bodies of this kind nest.
	Nested func(depth int) []byte
	// Claims are messages that say they hold far more than they do.
	Claims [][]byte
}

// Run holds the codecs that open returns against the contract, each rule with one of its own.
func Run(t *testing.T, open codec.NewCodec, caps Caps) {
	s := suite{open: open, caps: caps}
	for _, rule := range []struct {
		text string
		test func(*testing.T)
	}{
		{"a body arrives as it was written", s.bodies},
		{"a request's method and id arrive", s.request},
		{"an error arrives with its id", s.failure},
		{"a raw frame's bytes travel as they are", s.frames},
		{"no body can be written and read", s.nothing},
		{"a body can be thrown away", s.discard},
		{"a value that is no body is refused", s.foreign},
		{"a message cut short is an error", s.cutShort},
		{"changed bytes are an error or another message, never a crash", s.changed},
		{"nesting has a limit", s.nesting},
		{"a claimed length costs nothing", s.claims},
		{"a message over the limit is refused", s.tooLarge},
		{"close closes the connection", s.closes},
		{"a codec has a name", s.name},
	} {
		t.Run(rule.text, rule.test)
	}
}

type suite struct {
	open codec.NewCodec
	caps Caps
}

// write returns the bytes and headers of a message.
func (s suite) write(t *testing.T, m *codec.Message, v any) []byte {
	t.Helper()
	conn := codec.NewBuffer(nil)
	if err := s.open(conn).Write(m, v); err != nil {
		t.Fatalf("write: %v", err)
	}
	return conn.Bytes()
}

// read decodes data, which came with the header, into v.
func (s suite) read(data []byte, header map[string]string, kind codec.MessageType, v any) (codec.Message, error) {
	m := codec.Message{Header: header}
	c := s.open(codec.NewBuffer(data))
	if err := c.ReadHeader(&m, kind); err != nil {
		return m, err
	}
	return m, c.ReadBody(v)
}

func (s suite) bodies(t *testing.T) {
	for name, kind := range map[string]codec.MessageType{"request": codec.Request, "response": codec.Response, "event": codec.Event} {
		m := codec.Message{Type: kind, Id: "7", Method: "Greeter.Hello", Endpoint: "Greeter.Hello"}
		data := s.write(t, &m, s.caps.Value)
		got := s.caps.Fresh()
		if _, err := s.read(data, m.Header, kind, got); err != nil {
			t.Errorf("%s: read: %v", name, err)
		}
		if diff := cmp.Diff(s.caps.Value, got, protocmp.Transform()); diff != "" {
			t.Errorf("%s: -wrote +read: %s", name, diff)
		}
	}
}

func (s suite) request(t *testing.T) {
	if !s.caps.Header {
		t.Skip("headers travel beside the body")
	}
	sent := codec.Message{Type: codec.Request, Id: "7", Method: "Greeter.Hello", Endpoint: "Greeter.Hello"}
	got, err := s.read(s.write(t, &sent, s.caps.Value), sent.Header, codec.Request, nil)
	if err != nil || got.Id != "7" || got.Method != "Greeter.Hello" || got.Endpoint != "Greeter.Hello" {
		t.Errorf("got %+v, %v", got, err)
	}
}

func (s suite) failure(t *testing.T) {
	if !s.caps.Header {
		t.Skip("headers travel beside the body")
	}
	sent := codec.Message{Type: codec.Error, Id: "7", Error: `{"id":"greeter","code":418}`}
	got, err := s.read(s.write(t, &sent, nil), sent.Header, codec.Response, nil)
	if err != nil || got.Error != sent.Error || got.Id != "7" {
		t.Errorf("got %+v, %v", got, err)
	}
}

func (s suite) frames(t *testing.T) {
	plain := s.write(t, &codec.Message{Type: codec.Event}, s.caps.Value)
	if s.caps.Framed {
		var raw bytes.Frame
		if _, err := s.read(plain, nil, codec.Event, &raw); err != nil {
			t.Fatal(err)
		}
		plain = raw.Data
	}
	for name, frame := range map[string]any{"value": bytes.Frame{Data: plain}, "pointer": &bytes.Frame{Data: plain}} {
		data := s.write(t, &codec.Message{Type: codec.Event}, frame)
		if !s.caps.Framed && string(data) != string(plain) {
			t.Errorf("%s: wrote %q of frame %q", name, data, plain)
		}
		var back bytes.Frame
		if _, err := s.read(data, nil, codec.Event, &back); err != nil || string(back.Data) != string(plain) {
			t.Errorf("%s: %q came back as %q, %v", name, plain, back.Data, err)
		}
	}
}

func (s suite) nothing(t *testing.T) {
	m := codec.Message{Type: codec.Response, Id: "7"}
	data := s.write(t, &m, nil)
	if !s.caps.Header && len(data) != 0 {
		t.Errorf("no body is %q", data)
	}
	if _, err := s.read(data, m.Header, codec.Response, nil); err != nil {
		t.Errorf("read: %v", err)
	}
}

func (s suite) discard(t *testing.T) {
	m := codec.Message{Type: codec.Response, Id: "7"}
	if _, err := s.read(s.write(t, &m, s.caps.Value), m.Header, codec.Response, nil); err != nil {
		t.Errorf("read: %v", err)
	}
}

func (s suite) foreign(t *testing.T) {
	for name, kind := range map[string]codec.MessageType{"request": codec.Request, "response": codec.Response, "event": codec.Event} {
		conn := codec.NewBuffer(nil)
		if err := s.open(conn).Write(&codec.Message{Type: kind}, make(chan int)); err == nil || len(conn.Bytes()) != 0 {
			t.Errorf("%s: a channel was written as %q, error %v", name, conn.Bytes(), err)
		}
		m := codec.Message{Type: kind}
		if _, err := s.read(s.write(t, &m, s.caps.Value), m.Header, kind, new(chan int)); err == nil {
			t.Errorf("%s: a channel was read", name)
		}
	}
}

func (s suite) cutShort(t *testing.T) {
	m := codec.Message{Type: codec.Request, Id: "7", Method: "Greeter.Hello", Endpoint: "Greeter.Hello"}
	whole := s.write(t, &m, s.caps.Value)
	for n := range len(whole) - 1 { // the last byte may be a line's end
		_, err := s.read(whole[:n], m.Header, codec.Request, s.caps.Fresh())
		if err == nil && n > 0 && !s.caps.AnyBytes {
			t.Errorf("%d bytes of %d are a message: %q", n, len(whole), whole[:n])
		}
	}
}

func (s suite) changed(t *testing.T) {
	m := codec.Message{Type: codec.Request, Id: "7", Method: "Greeter.Hello", Endpoint: "Greeter.Hello"}
	whole := s.write(t, &m, s.caps.Value)
	for i := range whole {
		for _, b := range []byte{0, 1, 0x7f, 0x80, 0xff} {
			data := stdbytes.Clone(whole)
			data[i] = b
			Bounded(t, data, func() {
				for _, kind := range []codec.MessageType{codec.Request, codec.Response, codec.Event} {
					_, _ = s.read(data, maps.Clone(m.Header), kind, s.caps.Fresh())
				}
			})
		}
	}
}

func (s suite) nesting(t *testing.T) {
	if s.caps.Nested == nil {
		t.Skip("bodies of this kind do not nest, or a schema bounds it")
	}
	limit := limits.Default().BodyDepth
	for depth, ok := range map[int]bool{limit: true, limit + 1: false, 10_000: false} {
		into := &map[string]any{}
		m := codec.Message{Type: codec.Event}
		data := s.write(t, &m, bytes.Frame{Data: s.caps.Nested(depth)})
		if _, err := s.read(data, m.Header, codec.Event, into); (err == nil) != ok {
			t.Errorf("%d levels, with a limit of %d: %v", depth, limit, err)
		}
	}
}

func (s suite) claims(t *testing.T) {
	for _, data := range s.caps.Claims {
		Bounded(t, data, func() {
			for _, kind := range []codec.MessageType{codec.Request, codec.Response, codec.Event} {
				if _, err := s.read(data, nil, kind, s.caps.Fresh()); err == nil {
					t.Errorf("%x is a message", data)
				}
			}
		})
	}
}

// stream is a connection that is not in memory.
type stream struct {
	io.Reader
	io.Writer
}

func (stream) Close() error { return nil }

func (s suite) tooLarge(t *testing.T) {
	flood := stdbytes.Repeat([]byte{'9'}, limits.Default().MessageBytes+2)
	c := s.open(stream{stdbytes.NewReader(flood), io.Discard})
	m := codec.Message{}
	err := c.ReadHeader(&m, codec.Event)
	if err == nil {
		err = c.ReadBody(new([]byte))
	}
	if err == nil {
		t.Errorf("%d bytes are a message", len(flood))
	}
}

// Bounded runs read, which parses data, and fails the test if that takes memory or time out of proportion to it: over 64
// bytes a byte and a mebibyte, or over 2 s and as much again for each 64 KiB (they take some ms; a busy machine is no finding).
func Bounded(t *testing.T, data []byte, read func()) {
	t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	start := time.Now()
	read()
	took := time.Since(start)
	runtime.ReadMemStats(&after)
	if used, most := after.TotalAlloc-before.TotalAlloc, uint64(64*len(data)+1<<20); used > most {
		t.Errorf("%d bytes took %d bytes of memory, over %d: %.40x", len(data), used, most, data)
	}
	if most := time.Duration(1+len(data)>>16) * 2 * time.Second; took > most {
		t.Errorf("%d bytes took %s, over %s: %.40x", len(data), took, most, data)
	}
}

// closer is a connection that counts Close.
type closer struct {
	codec.Buffer
	closed int
}

func (c *closer) Close() error {
	c.closed++
	return nil
}

func (s suite) closes(t *testing.T) {
	conn := &closer{}
	if err := s.open(conn).Close(); err != nil || conn.closed != 1 {
		t.Errorf("close: %v, %d times", err, conn.closed)
	}
}

func (s suite) name(t *testing.T) {
	if s.open(codec.NewBuffer(nil)).String() == "" {
		t.Error("no name")
	}
}
