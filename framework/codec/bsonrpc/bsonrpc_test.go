package bsonrpc_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	mongo "go.mongodb.org/mongo-driver/v2/bson"

	"github.com/microtop/microtop/framework/codec"
	"github.com/microtop/microtop/framework/codec/bsonrpc"
	"github.com/microtop/microtop/framework/codec/codectest"
)

// Greeting is a body.
type Greeting struct {
	Name string `json:"name"`
	N    int64  `json:"n"`
}

func TestA207_Codec(t *testing.T) {
	codectest.Run(t, bsonrpc.NewCodec, codectest.Caps{
		Value: &Greeting{"you", 7}, Fresh: func() any { return new(Greeting) }, Header: true, Framed: true,
		Claims: [][]byte{{0xff, 0xff, 0xff, 0x7f}, {0xff, 0xff, 0x3f, 0}},
	})
}

// The envelope is net/rpc's.
func TestEnvelope(t *testing.T) {
	for name, c := range map[string]struct {
		message codec.Message
		want    mongo.D
	}{
		"request":        {codec.Message{Type: codec.Request, Id: "7", Method: "Greeter.Hello"}, mongo.D{{Key: "ServiceMethod", Value: "Greeter.Hello"}, {Key: "Seq", Value: int64(7)}}},
		"response":       {codec.Message{Type: codec.Response, Id: "7", Method: "Greeter.Hello"}, mongo.D{{Key: "ServiceMethod", Value: "Greeter.Hello"}, {Key: "Seq", Value: int64(7)}, {Key: "Error", Value: ""}}},
		"an id of words": {codec.Message{Type: codec.Request, Id: "x-7", Endpoint: "A.B"}, mongo.D{{Key: "ServiceMethod", Value: "A.B"}, {Key: "Seq", Value: "x-7"}}},
		"a padded id":    {codec.Message{Type: codec.Request, Id: "007", Endpoint: "A.B"}, mongo.D{{Key: "ServiceMethod", Value: "A.B"}, {Key: "Seq", Value: "007"}}},
	} {
		conn := codec.NewBuffer(nil)
		if err := bsonrpc.NewCodec(conn).Write(&c.message, &Greeting{"you", 7}); err != nil {
			t.Fatal(err)
		}
		n := int(conn.Bytes()[0])
		var head mongo.D
		if err := mongo.Unmarshal(conn.Bytes()[:n], &head); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(c.want, head); diff != "" {
			t.Errorf("%s: head (-want +got):\n%s", name, diff)
		}
		var back codec.Message
		if err := bsonrpc.NewCodec(codec.NewBuffer(conn.Bytes())).ReadHeader(&back, c.message.Type); err != nil || back.Id != c.message.Id {
			t.Errorf("%s: id %q came back as %q, %v", name, c.message.Id, back.Id, err)
		}
	}
}

func FuzzBSONRPC(f *testing.F) {
	for _, m := range []codec.Message{{Type: codec.Request, Id: "7", Method: "A.B"}, {Type: codec.Response, Id: "x", Error: "no"}} {
		conn := codec.NewBuffer(nil)
		if err := bsonrpc.NewCodec(conn).Write(&m, &Greeting{"you", 7}); err != nil {
			f.Fatal(err)
		}
		f.Add(conn.Bytes())
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		codectest.Bounded(t, data, func() {
			for _, kind := range []codec.MessageType{codec.Request, codec.Response, codec.Event} {
				c, m, v := bsonrpc.NewCodec(codec.NewBuffer(data)), codec.Message{}, map[string]any{}
				if c.ReadHeader(&m, kind) != nil || c.ReadBody(&v) != nil {
					continue
				}
				m.Type = kind
				conn := codec.NewBuffer(nil)
				if err := bsonrpc.NewCodec(conn).Write(&m, v); err != nil {
					continue // a name with a zero byte can be read and not written
				}
				var again codec.Message
				if err := bsonrpc.NewCodec(codec.NewBuffer(conn.Bytes())).ReadHeader(&again, kind); err != nil || again.Id != m.Id || again.Method != m.Method {
					t.Fatalf("%+v came back as %+v, %v", m, again, err)
				}
			}
		})
	})
}

func Example() {
	conn := codec.NewBuffer(nil)
	if err := bsonrpc.NewCodec(conn).Write(&codec.Message{Type: codec.Request, Id: "7", Method: "Greeter.Hello"}, &Greeting{Name: "you"}); err != nil {
		fmt.Println(err)
		return
	}
	in := bsonrpc.NewCodec(codec.NewBuffer(conn.Bytes()))
	var m codec.Message
	var g Greeting
	fmt.Println(in.ReadHeader(&m, codec.Request), in.ReadBody(&g), m.Id, m.Method, g.Name)
	// Output: <nil> <nil> 7 Greeter.Hello you
}
