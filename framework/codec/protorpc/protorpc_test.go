package protorpc_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/microtop/microtop/framework/codec"
	"github.com/microtop/microtop/framework/codec/codectest"
	"github.com/microtop/microtop/framework/codec/protorpc"
	microerrors "github.com/microtop/microtop/framework/errors"
)

func TestA206_Codec(t *testing.T) {
	codectest.Run(t, protorpc.NewCodec, codectest.Caps{
		Value: &microerrors.Error{Detail: "d"}, Fresh: func() any { return new(microerrors.Error) }, Header: true, Framed: true,
	})
}

// TestBytes pins the example of docs/wire.md §4.
func TestBytes(t *testing.T) {
	for name, c := range map[string]struct {
		message codec.Message
		body    any
		want    string
	}{
		"request": {
			codec.Message{Type: codec.Request, Id: "9", Method: "Greeter.Hello"}, &microerrors.Error{Id: "pr"},
			"00000018" + "0a0d" + hex.EncodeToString([]byte("Greeter.Hello")) + "110900000000000000" + "00000004" + "0a027072",
		},
		"response": {
			codec.Message{Type: codec.Response, Id: "9", Method: "Greeter.Hello"}, &microerrors.Error{Id: "Hello pr"},
			"00000009" + "110900000000000000" + "0000000a" + "0a08" + hex.EncodeToString([]byte("Hello pr")),
		},
		"event":             {codec.Message{Type: codec.Event}, &microerrors.Error{Id: "pr"}, "0a027072"},
		"an id of letters":  {codec.Message{Type: codec.Response, Id: "abc"}, nil, "00000000" + "00000000"},
		"an error, no body": {codec.Message{Type: codec.Error, Error: "no"}, nil, "00000004" + "1a026e6f" + "00000000"},
	} {
		t.Run(name, func(t *testing.T) {
			conn := codec.NewBuffer(nil)
			if err := protorpc.NewCodec(conn).Write(&c.message, c.body); err != nil {
				t.Fatal(err)
			}
			if got := hex.EncodeToString(conn.Bytes()); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

func TestNetString(t *testing.T) {
	var out bytes.Buffer
	if n, err := protorpc.WriteNetString(&out, []byte("abc")); err != nil || n != 7 || out.String() != "\x00\x00\x00\x03abc" {
		t.Errorf("%d bytes, %q, %v", n, out.String(), err)
	}
	if data, err := protorpc.ReadNetString(&out); err != nil || string(data) != "abc" {
		t.Errorf("%q, %v", data, err)
	}
	if _, err := protorpc.ReadNetString(&out); !errors.Is(err, io.EOF) {
		t.Errorf("at the end: %v", err)
	}
	if _, err := protorpc.ReadNetString(strings.NewReader("\x00\x00\x00\x03ab")); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("cut short: %v", err)
	}
	for _, claim := range []string{"\xff\xff\xff\xffx", "\x00\x40\x00\x01x"} {
		if _, err := protorpc.ReadNetString(strings.NewReader(claim)); err == nil || !strings.Contains(err.Error(), "too large") {
			t.Errorf("%q: %v", claim, err)
		}
	}
	const claim = "\x00\x40\x00\x00" // 4 MiB, and nothing behind it
	if n := testing.Benchmark(func(b *testing.B) {
		for b.Loop() {
			_, _ = protorpc.ReadNetString(strings.NewReader(claim)) // the memory counts
		}
	}).AllocedBytesPerOp(); n > 64<<10 {
		t.Errorf("a claim costs %d bytes", n)
	}
}

func FuzzProtoRPC(f *testing.F) {
	f.Add([]byte("\x00\x00\x00\x18\x0a\x0dGreeter.Hello\x11\x09\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x04\x0a\x02pr"))
	f.Add([]byte("\xff\xff\xff\xff"))
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, kind := range []codec.MessageType{codec.Request, codec.Response} {
			c := protorpc.NewCodec(codec.NewBuffer(data))
			var m codec.Message
			var body microerrors.Error
			if c.ReadHeader(&m, kind) != nil || c.ReadBody(&body) != nil {
				continue
			}
			m.Type = kind
			conn := codec.NewBuffer(nil)
			if err := protorpc.NewCodec(conn).Write(&m, &body); err != nil {
				t.Fatal(err)
			}
			var again codec.Message
			if err := protorpc.NewCodec(codec.NewBuffer(conn.Bytes())).ReadHeader(&again, kind); err != nil || again.Id != m.Id || again.Error != m.Error {
				t.Fatalf("%+v came back as %+v, %v", m, again, err)
			}
		}
	})
}
