package grpc_test

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// flood is a hostile client on one connection.
type flood struct {
	t      *testing.T
	conn   net.Conn
	frames *http2.Framer
	block  bytes.Buffer
	hpack  *hpack.Encoder
	gone   chan struct{} // closed when the server has closed the connection
	reset  chan uint32   // streams that the server reset
}

func newFlood(t *testing.T, addr string) *flood {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	f := &flood{t: t, conn: conn, frames: http2.NewFramer(conn, conn), gone: make(chan struct{}), reset: make(chan uint32, 1<<16)}
	f.hpack = hpack.NewEncoder(&f.block)
	f.hpack.SetMaxDynamicTableSize(0)
	if _, err := io.WriteString(conn, http2.ClientPreface); err != nil {
		t.Fatal(err)
	}
	if err := f.frames.WriteSettings(); err != nil {
		t.Fatal(err)
	}
	go f.read()
	t.Cleanup(func() {
		_ = conn.Close() // the server may have done so
		<-f.gone
	})
	return f
}

// read takes what the server says, for it not to wait.
func (f *flood) read() {
	defer close(f.gone)
	for {
		frame, err := f.frames.ReadFrame()
		if err != nil {
			return
		}
		if reset, ok := frame.(*http2.RSTStreamFrame); ok {
			select {
			case f.reset <- reset.StreamID:
			default:
			}
		}
	}
}

// head encodes the head of a call.
func (f *flood) head(path string, more ...hpack.HeaderField) []byte {
	f.block.Reset()
	for _, field := range append([]hpack.HeaderField{
		{Name: ":method", Value: "POST"}, {Name: ":scheme", Value: "http"}, {Name: ":path", Value: path}, {Name: ":authority", Value: "x"},
		{Name: "content-type", Value: "application/grpc"}, {Name: "te", Value: "trailers"},
	}, more...) {
		_ = f.hpack.WriteField(field) // to a buffer
	}
	return f.block.Bytes()
}

// open begins the nth stream.
func (f *flood) open(n int, block []byte) error {
	return f.frames.WriteHeaders(http2.HeadersFrameParam{StreamID: uint32(2*n + 1), BlockFragment: block, EndHeaders: true})
}

// floods are what S-10 names; each writes its nth frames, and is spread over a second.
var floods = []struct {
	name   string
	times  int
	write  func(f *flood, n int) error
	closes bool // whether the server ends the connection; else it refuses
}{
	{"rapid reset", 10_000, func(f *flood, n int) error {
		if err := f.open(n, f.head("/fleet.Streamer/PingPong")); err != nil {
			return err
		}
		return f.frames.WriteRSTStream(uint32(2*n+1), http2.ErrCodeCancel)
	}, true},
	{"CONTINUATION flood", 10_000, func(f *flood, n int) error {
		if n == 0 {
			return f.frames.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: f.head("/fleet.Greeter/Hello")})
		}
		f.block.Reset()
		_ = f.hpack.WriteField(hpack.HeaderField{Name: "x", Value: strings.Repeat("y", 100)}) // to a buffer
		return f.frames.WriteContinuation(1, false, f.block.Bytes())
	}, true},
	{"empty CONTINUATION flood", 10_000, func(f *flood, n int) error {
		if n == 0 {
			return f.frames.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: f.head("/fleet.Greeter/Hello")})
		}
		return f.frames.WriteContinuation(1, false, nil)
	}, true},
	{"SETTINGS flood", 10_000, func(f *flood, n int) error {
		return f.frames.WriteSettings(http2.Setting{ID: http2.SettingInitialWindowSize, Val: uint32(n)})
	}, true},
	{"PING flood", 10_000, func(f *flood, _ int) error { return f.frames.WritePing(false, [8]byte{}) }, true},
	{"HPACK bomb", 10_000, func(f *flood, n int) error {
		if n == 0 { // one long entry in the table
			f.hpack.SetMaxDynamicTableSize(4096)
			return f.open(0, f.head("/fleet.Greeter/Hello", hpack.HeaderField{Name: "bomb", Value: strings.Repeat("b", 3900)}))
		}
		if n == 1 {
			f.head("/fleet.Greeter/Hello")
			for range 2000 { // a byte each
				_ = f.hpack.WriteField(hpack.HeaderField{Name: "bomb", Value: strings.Repeat("b", 3900)}) // to a buffer
			}
		}
		return f.open(n, f.block.Bytes()) // the same again, since the tables do not change
	}, true},
	{"101 streams", 101, func(f *flood, n int) error { return f.open(n, f.head("/fleet.Streamer/PingPong")) }, false},
	{"streams over the limit", 10_000, func(f *flood, n int) error { return f.open(n, f.head("/fleet.Streamer/PingPong")) }, true},
}

// run writes the flood evenly over its time, until the server has closed the connection.
func (f *flood) run(times int, over time.Duration, write func(f *flood, n int) error) {
	const slices = 50
	begin := time.Now()
	for n := range times {
		if n%max(1, times/slices) == 0 {
			time.Sleep(time.Until(begin.Add(over * time.Duration(n) / time.Duration(times))))
		}
		if err := write(f, n); err != nil {
			if !errors.Is(err, net.ErrClosed) && !isReset(err) {
				f.t.Errorf("frame %d: %v", n, err)
			}
			return
		}
	}
}

func isReset(err error) bool {
	text := err.Error()
	return strings.Contains(text, "broken pipe") || strings.Contains(text, "connection reset")
}

func nightly() bool { return os.Getenv("NIGHTLY") == "1" }
