package msgpack_test

import (
	"bytes"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	vm "github.com/vmihailenco/msgpack/v5"

	"github.com/microtop/microtop/framework/codec"
	"github.com/microtop/microtop/framework/codec/codectest"
	"github.com/microtop/microtop/framework/codec/msgpack"
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

// nested is a map with maps in it.
func nested(depth int) []byte { return append(bytes.Repeat([]byte{0x81, 0xa1, 'a'}, depth), 0xc0) }

func TestA205_Codec(t *testing.T) {
	codectest.Run(t, msgpack.NewCodec, codectest.Caps{
		Value: order(), Fresh: func() any { return new(Order) }, Nested: nested,
		Claims: [][]byte{{0xdd, 0xff, 0xff, 0xff, 0xff, 1}, {0xdf, 0xff, 0xff, 0xff, 0xff, 1}, {0xc6, 0xff, 0xff, 0xff, 0xff}, {0xdb, 0xff, 0xff, 0xff, 0xff}, {0xc9, 0xff, 0xff, 0xff, 0xff, 1}},
	})
}

func TestSkip(t *testing.T) {
	values := []any{nil, true, false, 1, -1, 200, -200, 70_000, -70_000, 1 << 40, -1 << 40, 1.5, float32(2.5), "", "text",
		string(bytes.Repeat([]byte("x"), 300)), string(bytes.Repeat([]byte("x"), 70_000)), []byte{1}, make([]byte, 300), make([]byte, 70_000),
		[]int{}, []int{1, 2}, make([]int, 20), make([]bool, 70_000), map[string]int{"a": 1}, map[string]any{"a": []any{1, "b"}}, time.Unix(1, 2)}
	many := map[string]int{}
	for i := range 70_000 {
		many[fmt.Sprint(i)] = i
		if i == 20 {
			values = append(values, vm.RawMessage(mustMarshal(t, many)))
		}
	}
	for _, v := range append(values, many) {
		data := mustMarshal(t, v)
		if rest, err := msgpack.Skip(append(data, "next"...)); err != nil || string(rest) != "next" {
			t.Errorf("%T: %d bytes are left, %v", v, len(rest), err)
		}
		if _, err := msgpack.Skip(data[:len(data)-1]); err == nil {
			t.Errorf("%T: a byte less is a value", v)
		}
	}
	for _, bad := range [][]byte{nil, {0xc1}, {0x91}, {0x81, 1}, {0xd8, 1}} {
		if _, err := msgpack.Skip(bad); err == nil {
			t.Errorf("%x is a value", bad)
		}
	}
}

func mustMarshal(t *testing.T, v any) []byte {
	t.Helper()
	data, err := vm.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestNamesFromTagsAndNothingBehind(t *testing.T) {
	data, err := msgpack.Marshaler{}.Marshal(order())
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]any{}
	if err := (msgpack.Marshaler{}).Unmarshal(data, &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]any{
		"id": "o1", "count": uint64(1 << 60), "price": 1.5, "lines": []any{map[string]any{"item": "tea", "n": int8(2)}},
		"notes": map[string]any{"to": "you"}, "blob": []byte{0, 1}, "paid": true,
	}, got); diff != "" {
		t.Error(diff)
	}
	if err := (msgpack.Marshaler{}).Unmarshal(append(data, 1), &got); err == nil {
		t.Error("bytes after the value are no error")
	}
	if err := (msgpack.Marshaler{}).Unmarshal(nested(1000), &got); !errors.Is(err, msgpack.ErrDepth) {
		t.Errorf("1000 levels: %v", err)
	}
}

// Timestamps of every form and moment, also those whose bytes look like the head of a map.
func TestTimestamps(t *testing.T) {
	type event struct{ At time.Time }
	for _, at := range []time.Time{
		time.Unix(0, 0), time.Unix(1, 0), time.Unix(0xde383030, 0), time.Unix(1, 0x378e0c0c), time.Unix(1<<33, 999_999_999),
		time.Unix(1<<34, 1), time.Unix(-1, 5), time.Unix(1_800_000_000, 932_000_000),
	} {
		data, err := msgpack.Marshaler{}.Marshal(event{at})
		if err != nil {
			t.Fatal(err)
		}
		var got event
		if err := (msgpack.Marshaler{}).Unmarshal(data, &got); err != nil || !got.At.Equal(at) {
			t.Errorf("%v became %v, %v", at, got.At, err)
		}
		var loose map[string]any
		if err := (msgpack.Marshaler{}).Unmarshal(data, &loose); err != nil {
			t.Errorf("%v in an any: %v", at, err)
		} else if found, _ := loose["At"].(time.Time); !found.Equal(at) {
			t.Errorf("%v in an any became %v", at, loose["At"])
		}
	}
}

func TestNoExtensionIsTakenForAMap(t *testing.T) {
	for _, data := range []string{
		"\xd6\x30\xde800", "\xd6\xff\xde800", "\xd7\xff\xdf\x000000000", "\xc7\x05\x01\xdf\x00\x0f\x42\x40", "\xc7\x0c\xff\xdf\x00\x0f\x42\x4000000000",
		"\xd4\x01\x80", "\xc8\x00\x01\x01\x80",
	} {
		codectest.Bounded(t, []byte(data), func() {
			var m map[string]any
			if err := (msgpack.Marshaler{}).Unmarshal([]byte(data), &m); err == nil {
				t.Errorf("%q became %v", data, m)
			}
		})
	}
}

func FuzzMsgpack(f *testing.F) {
	f.Add([]byte("\xd6\x30\xde800"))
	data, err := msgpack.Marshaler{}.Marshal(order())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add(nested(50))
	f.Add(nested(101))
	f.Add([]byte{0xdd, 0xff, 0xff, 0xff, 0xff})
	f.Fuzz(func(t *testing.T, data []byte) {
		codectest.Bounded(t, data, func() {
			_ = msgpack.Marshaler{}.Unmarshal(data, new(Order))
			var v map[string]any
			if msgpack.NewCodec(codec.NewBuffer(data)).ReadBody(&v) != nil {
				return
			}
			again, err := msgpack.Marshaler{}.Marshal(v)
			if err != nil {
				t.Fatalf("%v was read and cannot be written: %v", v, err)
			}
			var back map[string]any
			if err := (msgpack.Marshaler{}).Unmarshal(again, &back); err != nil {
				t.Fatalf("%v was written and cannot be read: %v", v, err)
			}
		})
	})
}

func Example() {
	data, err := msgpack.Marshaler{}.Marshal(map[string]any{"name": "you"})
	if err != nil {
		fmt.Println(err)
		return
	}
	var v struct {
		Name string `json:"name"`
	}
	err = msgpack.Marshaler{}.Unmarshal(data, &v)
	fmt.Printf("%x %s %v\n", data, v.Name, err)
	// Output: 81a46e616d65a3796f75 you <nil>
}
