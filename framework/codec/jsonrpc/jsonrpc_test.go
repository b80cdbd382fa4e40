package jsonrpc_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/microtop/microtop/framework/codec"
	"github.com/microtop/microtop/framework/codec/codectest"
	"github.com/microtop/microtop/framework/codec/jsonrpc"
	debug "github.com/microtop/microtop/framework/debug/proto"
)

func TestA206_Codec(t *testing.T) {
	codectest.Run(t, jsonrpc.NewCodec, codectest.Caps{
		Value: &debug.Span{Name: "n"}, Fresh: func() any { return new(debug.Span) }, Header: true, Framed: true,
	})
}

// TestBytes pins the bytes of docs/wire.md §4.
func TestBytes(t *testing.T) {
	body := struct {
		Name string `json:"name"`
	}{"z"}
	for want, c := range map[string]struct {
		message codec.Message
		body    any
	}{
		`{"method":"Greeter.Hello","params":[{"name":"z"}],"id":"0"}` + "\n": {codec.Message{Type: codec.Request, Id: "0", Method: "Greeter.Hello"}, body},
		`{"method":"Greeter.Hello","params":[null],"id":"0"}` + "\n":         {codec.Message{Type: codec.Request, Id: "0", Endpoint: "Greeter.Hello"}, nil},
		`{"id":"9","result":{"name":"z"},"error":null}` + "\n":               {codec.Message{Type: codec.Response, Id: "9"}, body},
		`{"id":"","result":null,"error":"rpc: can't find service X"}` + "\n": {codec.Message{Type: codec.Error, Error: "rpc: can't find service X"}, nil},
		`{"name":"z"}`: {codec.Message{Type: codec.Event}, body},
	} {
		conn := codec.NewBuffer(nil)
		if err := jsonrpc.NewCodec(conn).Write(&c.message, c.body); err != nil {
			t.Error(err)
		}
		if diff := cmp.Diff(want, string(conn.Bytes())); diff != "" {
			t.Error(diff)
		}
	}
}

func TestRequestsOfOthers(t *testing.T) {
	for text, want := range map[string]struct{ id, method, name string }{
		`{"id":9,"method":"A.B","params":[{"name":"x"}]}`:       {"9", "A.B", "x"},
		`{"id":"a","method":"A.B","params":{"name":"x"}}`:       {"a", "A.B", "x"},
		`{"id":null,"method":"A.B","params":[]}`:                {"", "A.B", ""},
		`{"jsonrpc":"2.0","method":"A.B","params":null}`:        {"", "A.B", ""},
		`{"method":"A.B","params":[{"name":"x"},{"name":"y"}]}`: {"", "A.B", "x"},
		`{}`: {"", "", ""},
	} {
		c := jsonrpc.NewCodec(codec.NewBuffer([]byte(text)))
		var m codec.Message
		var body debug.Span
		if err := c.ReadHeader(&m, codec.Request); err != nil {
			t.Errorf("%s: %v", text, err)
		}
		if err := c.ReadBody(&body); err != nil {
			t.Errorf("%s: %v", text, err)
		}
		if m.Id != want.id || m.Method != want.method || body.Name != want.name {
			t.Errorf("%s: %+v, %v", text, m, &body)
		}
	}
	for _, text := range []string{``, `null x`, `[]`, `"x"`, `{"method":1}`, `{"params":[}`, strings.Repeat(`[`, 1000)} {
		var m codec.Message
		if err := jsonrpc.NewCodec(codec.NewBuffer([]byte(text))).ReadHeader(&m, codec.Request); err == nil && text != `null x` {
			t.Errorf("%q is a request: %+v", text, m)
		}
	}
}

func FuzzJSONRPC(f *testing.F) {
	f.Add([]byte(`{"method":"A.B","params":[{"name":"x"}],"id":9}`))
	f.Add([]byte(`{"id":"9","result":{"name":"x"},"error":null}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, kind := range []codec.MessageType{codec.Request, codec.Response} {
			c := jsonrpc.NewCodec(codec.NewBuffer(data))
			m := codec.Message{}
			var body any
			if c.ReadHeader(&m, kind) != nil || c.ReadBody(&body) != nil {
				continue
			}
			m.Type = kind
			conn := codec.NewBuffer(nil)
			if err := jsonrpc.NewCodec(conn).Write(&m, body); err != nil {
				t.Fatalf("%+v %v was read and cannot be written: %v", m, body, err)
			}
			var again codec.Message
			if err := jsonrpc.NewCodec(codec.NewBuffer(conn.Bytes())).ReadHeader(&again, kind); err != nil || again.Id != m.Id || again.Method != m.Method {
				t.Fatalf("%+v came back as %+v, %v", m, again, err)
			}
		}
	})
}
