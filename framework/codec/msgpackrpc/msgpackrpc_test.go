package msgpackrpc_test

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"testing"

	"github.com/microtop/microtop/framework/codec"
	"github.com/microtop/microtop/framework/codec/codectest"
	"github.com/microtop/microtop/framework/codec/msgpackrpc"
)

// Greeting is a body.
type Greeting struct {
	Name string `json:"name"`
}

func TestA205_RoundTrip(t *testing.T) {
	codectest.Run(t, msgpackrpc.NewCodec, codectest.Caps{
		Value: &Greeting{"you"}, Fresh: func() any { return new(Greeting) }, Header: true, Framed: true,
		// The message itself takes two levels.
		Nested: func(depth int) []byte { return append(bytes.Repeat([]byte{0x81, 0xa1, 'a'}, depth-2), 0xc0) },
		Claims: [][]byte{{0xdd, 0xff, 0xff, 0xff, 0xff, 0}, {0x94, 0, 1, 0xdb, 0xff, 0xff, 0xff, 0xff}, {0x93, 2, 0xa1, 'm', 0xdd, 0x7f, 0xff, 0xff, 0xff}},
	})
}

// The bytes follow the spec.
func TestBytes(t *testing.T) {
	const you = "81a46e616d65a3796f75" // {"name": "you"}
	for name, c := range map[string]struct {
		message codec.Message
		body    any
		want    string
	}{
		"request":      {codec.Message{Type: codec.Request, Id: "7", Method: "A.B"}, &Greeting{"you"}, "940007a3412e4291" + you},
		"no body":      {codec.Message{Type: codec.Request, Id: "7", Endpoint: "A.B"}, nil, "940007a3412e4291c0"},
		"response":     {codec.Message{Type: codec.Response, Id: "300"}, &Greeting{"you"}, "9401cd012cc0" + you},
		"error":        {codec.Message{Type: codec.Error, Id: "7", Error: "no"}, nil, "940107a26e6fc0"},
		"event":        {codec.Message{Type: codec.Event, Method: "t"}, &Greeting{"you"}, "9302a17491" + you},
		"id of words":  {codec.Message{Type: codec.Request, Id: "x", Method: "A.B"}, nil, "9400a178a3412e4291c0"},
		"a padded id":  {codec.Message{Type: codec.Request, Id: "07", Method: "A.B"}, nil, "9400a23037a3412e4291c0"},
		"a longer one": {codec.Message{Type: codec.Response, Id: "18446744073709551615"}, nil, "9401cfffffffffffffffffc0c0"},
	} {
		conn := codec.NewBuffer(nil)
		if err := msgpackrpc.NewCodec(conn).Write(&c.message, c.body); err != nil {
			t.Fatal(err)
		}
		if got := hex.EncodeToString(conn.Bytes()); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
		var back codec.Message
		if err := msgpackrpc.NewCodec(codec.NewBuffer(conn.Bytes())).ReadHeader(&back, c.message.Type); err != nil || back.Id != c.message.Id || back.Error != c.message.Error {
			t.Errorf("%s: came back as %+v, %v", name, back, err)
		}
	}
}

func TestMessagesOfOthers(t *testing.T) {
	for text, want := range map[string]bool{
		"940007a3412e4290": true, "940007a3412e42920102": true, "9400d9017aa3412e4290": true,
		"930007a3412e42": false, "940107a3412e4290": false, "9302a3412e4290": false, "940007a3412e42c0": false, "c0": false, "80": false, "": false,
		"940007a3412e429001": false, "95000701a3412e4290": false,
	} {
		data, err := hex.DecodeString(text)
		if err != nil {
			t.Fatal(err)
		}
		var m codec.Message
		if err := msgpackrpc.NewCodec(codec.NewBuffer(data)).ReadHeader(&m, codec.Request); (err == nil) != want {
			t.Errorf("%s is a request: %v, %v", text, want, err)
		} else if err == nil && m.Endpoint != "A.B" {
			t.Errorf("%s: endpoint %q", text, m.Endpoint)
		}
	}
}

func FuzzMsgpackRPC(f *testing.F) {
	for _, text := range []string{"940007a3412e429181a46e616d65a3796f75", "940107a26e6fc0", "9302a17491c0", "9401cfffffffffffffffffc0c0"} {
		data, err := hex.DecodeString(text)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		codectest.Bounded(t, data, func() {
			for _, kind := range []codec.MessageType{codec.Request, codec.Response, codec.Event} {
				c, m, v := msgpackrpc.NewCodec(codec.NewBuffer(data)), codec.Message{}, map[string]any{}
				if c.ReadHeader(&m, kind) != nil || c.ReadBody(&v) != nil {
					continue
				}
				m.Type = kind
				conn := codec.NewBuffer(nil)
				if err := msgpackrpc.NewCodec(conn).Write(&m, v); err != nil {
					t.Fatalf("%+v %v was read and cannot be written: %v", m, v, err)
				}
				var again codec.Message
				if err := msgpackrpc.NewCodec(codec.NewBuffer(conn.Bytes())).ReadHeader(&again, kind); err != nil || again.Id != m.Id || again.Method != m.Method || again.Error != m.Error {
					t.Fatalf("%+v came back as %+v, %v", m, again, err)
				}
			}
		})
	})
}

func Example() {
	conn := codec.NewBuffer(nil)
	if err := msgpackrpc.NewCodec(conn).Write(&codec.Message{Type: codec.Request, Id: "7", Method: "Greeter.Hello"}, &Greeting{"you"}); err != nil {
		fmt.Println(err)
		return
	}
	in := msgpackrpc.NewCodec(codec.NewBuffer(conn.Bytes()))
	var m codec.Message
	var g Greeting
	fmt.Println(in.ReadHeader(&m, codec.Request), in.ReadBody(&g), m.Id, m.Method, g.Name)
	// Output: <nil> <nil> 7 Greeter.Hello you
}
