package proto_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/microtop/microtop/framework/codec"
	"github.com/microtop/microtop/framework/codec/codectest"
	"github.com/microtop/microtop/framework/codec/proto"
	microerrors "github.com/microtop/microtop/framework/errors"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/structpb"
)

func TestCodec(t *testing.T) {
	codectest.Run(t, proto.NewCodec, codectest.Caps{
		Value: &microerrors.Error{Detail: "one field"}, Fresh: func() any { return new(microerrors.Error) },
	})
}

func TestEmptyMessageIsNoBytes(t *testing.T) {
	data, err := proto.Marshaler{}.Marshal(&microerrors.Error{})
	if err != nil || len(data) != 0 {
		t.Errorf("%q, %v", data, err)
	}
	got := &microerrors.Error{Detail: "old"}
	if err := (proto.Marshaler{}).Unmarshal(nil, got); err != nil || got.Detail != "" {
		t.Errorf("%v, %v", got, err)
	}
}

func TestPlainStructIsInvalid(t *testing.T) {
	_, err := proto.Marshaler{}.Marshal(struct{ Name string }{"x"})
	if !errors.Is(err, codec.ErrInvalidMessage) || err.Error() != "invalid message" {
		t.Errorf("got %v", err)
	}
}

func TestMessageOfUnknownType(t *testing.T) {
	want := &microerrors.Error{Id: "a", Code: 7}
	data, err := proto.Marshaler{}.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	var passing proto.Message
	if err := (proto.Marshaler{}).Unmarshal(data, &passing); err != nil {
		t.Fatal(err)
	}
	data, err = proto.Marshaler{}.Marshal(proto.NewMessage(passing.Data))
	if err != nil {
		t.Fatal(err)
	}
	got := new(microerrors.Error)
	if err := (proto.Marshaler{}).Unmarshal(data, got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" {
		t.Error(diff)
	}
	var again proto.Message
	if data, err = passing.MarshalJSON(); err != nil {
		t.Fatal(err)
	}
	if err := again.UnmarshalJSON(data); err != nil || again.String() != passing.String() {
		t.Errorf("%q became %q, %v", passing.Data, again.Data, err)
	}
}

func TestNestingIsBounded(t *testing.T) {
	// list_value = 6 of Value, values = 1 of ListValue
	var data []byte
	for range 200 {
		list := protowire.AppendBytes(protowire.AppendTag(nil, 1, protowire.BytesType), data)
		data = protowire.AppendBytes(protowire.AppendTag(nil, 6, protowire.BytesType), list)
	}
	if err := (proto.Marshaler{}).Unmarshal(data, new(structpb.Value)); err == nil {
		t.Error("200 levels were read")
	}
}

func TestAllocations(t *testing.T) {
	conn := codec.NewBuffer(nil)
	c := proto.NewCodec(conn)
	m := &microerrors.Error{Detail: "32 bytes of a body, more or less"}
	if n := testing.AllocsPerRun(100, func() {
		conn.Reset(nil)
		if err := c.Write(nil, m); err != nil {
			t.Error(err)
		}
	}); n > 0 {
		t.Errorf("a write takes %v allocations", n)
	}
}

func FuzzProto(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte("\x0a\x01a\x10\x07\x1a\x03abc"))
	f.Add([]byte("\x1a\xff\xff\xff\xff\x0f"))
	f.Fuzz(func(t *testing.T, data []byte) {
		first, second := new(microerrors.Error), new(microerrors.Error)
		if (proto.Marshaler{}).Unmarshal(data, first) != nil {
			return
		}
		again, err := proto.Marshaler{}.Marshal(first)
		if err != nil {
			t.Fatal(err)
		}
		if err := (proto.Marshaler{}).Unmarshal(again, second); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(first, second, protocmp.Transform()); diff != "" {
			t.Fatal(diff)
		}
	})
}
