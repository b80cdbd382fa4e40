package mercury_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"

	"github.com/microtop/microtop/framework/codec"
	"github.com/microtop/microtop/framework/codec/codectest"
	"github.com/microtop/microtop/framework/codec/mercury"
	debug "github.com/microtop/microtop/framework/debug/proto"
)

func TestA204_Codec(t *testing.T) {
	codectest.Run(t, mercury.NewCodec, codectest.Caps{
		Value: &debug.Span{Name: "n"}, Fresh: func() any { return new(debug.Span) }, Header: true,
		Claims: [][]byte{{0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f}},
	})
}

func TestHeaders(t *testing.T) {
	for name, c := range map[string]struct {
		message codec.Message
		want    map[string]string
	}{
		"request":  {codec.Message{Type: codec.Request, Id: "7", Target: "shop", Method: "A.B"}, map[string]string{"Content-Encoding": "request", "Service": "shop", "Endpoint": "A.B", "Request-Id": "7"}},
		"response": {codec.Message{Type: codec.Response, Id: "7"}, map[string]string{"Content-Encoding": "response", "Request-Id": "7"}},
		"error":    {codec.Message{Type: codec.Error, Id: "7", Error: "no"}, map[string]string{"Content-Encoding": "error", "Error": "no", "Request-Id": "7"}},
		"event":    {codec.Message{Type: codec.Event}, map[string]string{}},
	} {
		conn := codec.NewBuffer(nil)
		if err := mercury.NewCodec(conn).Write(&c.message, &debug.Span{Name: "n"}); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(c.want, c.message.Header); diff != "" {
			t.Errorf("%s: headers (-want +got):\n%s", name, diff)
		}
		if plain, _ := proto.Marshal(&debug.Span{Name: "n"}); c.message.Error == "" && string(conn.Bytes()) != string(plain) {
			t.Errorf("%s: body %x, want the bare message", name, conn.Bytes())
		}
	}
}

func FuzzMercury(f *testing.F) {
	f.Add("request", "shop", "A.B", "7", "", []byte{0x0a, 1, 'n'})
	f.Add("error", "", "", "7", "no", []byte{})
	f.Fuzz(func(t *testing.T, encoding, service, endpoint, id, failure string, data []byte) {
		codectest.Bounded(t, data, func() {
			for _, kind := range []codec.MessageType{codec.Request, codec.Response, codec.Event} {
				m := codec.Message{Header: map[string]string{"Content-Encoding": encoding, "Service": service, "Endpoint": endpoint, "Request-Id": id, "Error": failure}}
				c, v := mercury.NewCodec(codec.NewBuffer(data)), new(debug.Span)
				if c.ReadHeader(&m, kind) != nil || c.ReadBody(v) != nil {
					continue
				}
				sent := codec.Message{Type: kind, Id: m.Id, Target: m.Target, Method: m.Method, Error: m.Error}
				conn := codec.NewBuffer(nil)
				if err := mercury.NewCodec(conn).Write(&sent, v); err != nil {
					t.Fatalf("%+v %v was read and cannot be written: %v", m, v, err)
				}
				again := codec.Message{Header: sent.Header}
				if err := mercury.NewCodec(codec.NewBuffer(conn.Bytes())).ReadHeader(&again, kind); err != nil || again.Id != m.Id || again.Method != m.Method || again.Error != m.Error {
					t.Fatalf("%+v came back as %+v, %v", m, again, err)
				}
			}
		})
	})
}

func Example() {
	conn, sent := codec.NewBuffer(nil), codec.Message{Type: codec.Request, Id: "7", Target: "shop", Method: "Shop.Buy"}
	if err := mercury.NewCodec(conn).Write(&sent, &debug.Span{Name: "you"}); err != nil {
		fmt.Println(err)
		return
	}
	got := codec.Message{Header: sent.Header}
	fmt.Println(mercury.NewCodec(codec.NewBuffer(conn.Bytes())).ReadHeader(&got, codec.Request), got.Target, got.Endpoint)
	// Output: <nil> shop Shop.Buy
}
