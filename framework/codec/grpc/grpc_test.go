package grpc_test

import (
	"encoding/hex"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/microtop/microtop/framework/codec"
	"github.com/microtop/microtop/framework/codec/bytes"
	"github.com/microtop/microtop/framework/codec/codectest"
	"github.com/microtop/microtop/framework/codec/grpc"
	microerrors "github.com/microtop/microtop/framework/errors"
)

func TestA208_Codec(t *testing.T) {
	codectest.Run(t, grpc.NewCodec, codectest.Caps{
		Value: &microerrors.Error{Detail: "d"}, Fresh: func() any { return new(microerrors.Error) }, Framed: true,
	})
}

// TestBytes pins docs/wire.md §4: the frame, and the status in the headers.
func TestBytes(t *testing.T) {
	for name, c := range map[string]struct {
		message codec.Message
		body    any
		want    string
		header  map[string]string
	}{
		"request":       {codec.Message{Type: codec.Request}, &microerrors.Error{Id: "g"}, "00000000030a0167", map[string]string{"Content-Type": "application/grpc"}},
		"empty message": {codec.Message{Type: codec.Request}, &microerrors.Error{}, "0000000000", map[string]string{"Content-Type": "application/grpc"}},
		"json": {
			codec.Message{Type: codec.Request, Header: map[string]string{"Content-Type": "application/grpc+json"}}, &microerrors.Error{Id: "g"},
			"000000000a" + hex.EncodeToString([]byte(`{"id":"g"}`)), map[string]string{"Content-Type": "application/grpc+json"},
		},
		"response":        {codec.Message{Type: codec.Response}, &microerrors.Error{Id: "g"}, "00000000030a0167", map[string]string{"Content-Type": "application/grpc", "Grpc-Status": "0"}},
		"error":           {codec.Message{Type: codec.Error, Error: "no"}, nil, "", map[string]string{"Content-Type": "application/grpc", "Grpc-Status": "13", "Grpc-Message": "no"}},
		"end of a stream": {codec.Message{Type: codec.Error, Error: "EOS"}, nil, "", map[string]string{"Content-Type": "application/grpc", "Grpc-Status": "0"}},
	} {
		t.Run(name, func(t *testing.T) {
			conn := codec.NewBuffer(nil)
			if err := grpc.NewCodec(conn).Write(&c.message, c.body); err != nil {
				t.Fatal(err)
			}
			if got := hex.EncodeToString(conn.Bytes()); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
			if diff := cmp.Diff(c.header, c.message.Header); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestHeaders(t *testing.T) {
	for path, want := range map[string]string{
		"/fleet.greeter.Greeter/Hello": "Greeter.Hello", "/Greeter/Hello": "Greeter.Hello", "/": "", "/a/b/c": "", "nothing": "", "": "",
	} {
		m := codec.Message{Header: map[string]string{":path": path}}
		if err := grpc.NewCodec(codec.NewBuffer(nil)).ReadHeader(&m, codec.Request); err != nil || m.Endpoint != want {
			t.Errorf("%q: %q, %v", path, m.Endpoint, err)
		}
	}
	for _, c := range []struct{ status, message, want string }{{"0", "", ""}, {"13", "no", "no"}, {"5", "", "grpc status 5"}} {
		m := codec.Message{Header: map[string]string{"Grpc-Status": c.status, "Grpc-Message": c.message}}
		if err := grpc.NewCodec(codec.NewBuffer(nil)).ReadHeader(&m, codec.Response); err != nil || m.Error != c.want {
			t.Errorf("status %s: %q, %v", c.status, m.Error, err)
		}
	}
}

func TestFramesThatAreRefused(t *testing.T) {
	for data, want := range map[string]string{
		"\x00\xff\xff\xff\xffx":            "too large",
		"\x00\x00\x40\x00\x01x":            "too large",
		"\x01\x00\x00\x00\x01x":            "compressed",
		"\x00\x00\x00\x00\x02x":            "unexpected EOF",
		"\x00\x00\x00":                     "unexpected EOF",
		"\x00\x00\x00\x00\x02\xff\xff\x00": "errors.Error",
	} {
		err := grpc.NewCodec(codec.NewBuffer([]byte(data))).ReadBody(new(microerrors.Error))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", data, err, want)
		}
	}
	big := bytes.Frame{Data: make([]byte, grpc.MaxMessageSize+1)}
	if err := grpc.NewCodec(codec.NewBuffer(nil)).Write(&codec.Message{Type: codec.Request}, big); err == nil {
		t.Error("a message over the limit was written")
	}
}

func FuzzFrame(f *testing.F) {
	f.Add([]byte("\x00\x00\x00\x00\x03\x0a\x01g"))
	f.Add([]byte("\x00\xff\xff\xff\xff"))
	f.Fuzz(func(t *testing.T, data []byte) {
		var body microerrors.Error
		if grpc.NewCodec(codec.NewBuffer(data)).ReadBody(&body) != nil || len(data) == 0 {
			return
		}
		out := codec.NewBuffer(nil)
		if err := grpc.NewCodec(out).Write(&codec.Message{Type: codec.Request}, &body); err != nil {
			t.Fatal(err)
		}
	})
}
