package bson_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	mongo "go.mongodb.org/mongo-driver/v2/bson"

	"github.com/microtop/microtop/framework/codec"
	"github.com/microtop/microtop/framework/codec/bson"
	"github.com/microtop/microtop/framework/codec/codectest"
)

// Order has a field of each kind that messages have.
type Order struct {
	ID    string         `json:"id"`
	Count int64          `json:"count"`
	Price float64        `json:"price"`
	Lines []Line         `json:"lines"`
	Notes map[string]any `json:"notes"`
	Blob  []byte         `json:"blob"`
	Paid  bool           `json:"paid"`
}

// Line is nested.
type Line struct {
	Item string `json:"item"`
	N    int32  `json:"n"`
}

func order() *Order {
	return &Order{ID: "o1", Count: 1 << 60, Price: 1.5, Lines: []Line{{"tea", 2}}, Notes: map[string]any{"to": "you"}, Blob: []byte{0, 1}, Paid: true}
}

// nested is a document with documents in it.
func nested(depth int) []byte {
	inner := mongo.Raw{5, 0, 0, 0, 0}
	for range depth - 1 {
		outer, err := mongo.Marshal(mongo.D{{Key: "a", Value: inner}})
		if err != nil {
			panic(err)
		}
		inner = outer
	}
	return inner
}

func TestA205_Codec(t *testing.T) {
	codectest.Run(t, bson.NewCodec, codectest.Caps{
		Value: order(), Fresh: func() any { return new(Order) },
		Nested: nested, Claims: [][]byte{{0xff, 0xff, 0xff, 0x7f, 0x05, 'b', 0, 0xff, 0xff, 0xff, 0x7f, 0, 1}},
	})
}

func TestOnlyDocuments(t *testing.T) {
	for _, v := range []any{1, "text", []int{1}} {
		if _, err := (bson.Marshaler{}).Marshal(v); err == nil {
			t.Errorf("%T is a document", v)
		}
	}
}

func TestNamesFromTags(t *testing.T) {
	data, err := bson.Marshaler{}.Marshal(order())
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]any{}
	if err := (bson.Marshaler{}).Unmarshal(data, &got); err != nil {
		t.Fatal(err)
	}
	if got["id"] != "o1" || got["count"] != int64(1<<60) {
		t.Errorf("got %v", got)
	}
}

func FuzzBSON(f *testing.F) {
	data, err := bson.Marshaler{}.Marshal(order())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add(nested(50))
	f.Add(nested(101))
	f.Add([]byte{0xff, 0xff, 0xff, 0x7f})
	f.Fuzz(func(t *testing.T, data []byte) {
		codectest.Bounded(t, data, func() {
			_ = bson.Marshaler{}.Unmarshal(data, new(Order))
			v := map[string]any{}
			if bson.NewCodec(codec.NewBuffer(data)).ReadBody(&v) != nil {
				return
			}
			again, err := bson.Marshaler{}.Marshal(v)
			if err != nil {
				t.Fatalf("%v was read and cannot be written: %v", v, err)
			}
			back := map[string]any{}
			if err := (bson.Marshaler{}).Unmarshal(again, &back); err != nil {
				t.Fatalf("%v was written and cannot be read: %v", v, err)
			}
		})
	})
}

func Example() {
	data, err := bson.Marshaler{}.Marshal(map[string]any{"name": "you"})
	if err != nil {
		fmt.Println(err)
		return
	}
	var v struct{ Name string }
	err = bson.Marshaler{}.Unmarshal(data, &v)
	fmt.Println(len(data), v.Name, err)
	// Output: 19 you <nil>
}

func TestDepth(t *testing.T) {
	if err := (bson.Marshaler{}).Unmarshal(nested(200), new(map[string]any)); !errors.Is(err, bson.ErrDepth) {
		t.Errorf("got %v", err)
	}
	var got map[string]any
	if err := (bson.Marshaler{}).Unmarshal(nested(2), &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]any{"a": mongo.M{}}, got); diff != "" {
		t.Error(diff)
	}
}
