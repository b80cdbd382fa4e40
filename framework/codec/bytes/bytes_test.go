package bytes_test

import (
	"errors"
	"testing"

	"github.com/microtop/microtop/framework/codec"
	"github.com/microtop/microtop/framework/codec/bytes"
	"github.com/microtop/microtop/framework/codec/codectest"
)

func TestCodec(t *testing.T) {
	codectest.Run(t, bytes.NewCodec, codectest.Caps{Value: &[]byte{0, 1, 2}, Fresh: func() any { return new([]byte) }, AnyBytes: true})
}

func TestMarshaler(t *testing.T) {
	text, data := "abc", []byte("abc")
	for _, v := range []any{text, &text, data, &data, bytes.Frame{Data: data}, &bytes.Frame{Data: data}, &bytes.Message{Body: data}} {
		if got, err := (bytes.Marshaler{}).Marshal(v); err != nil || string(got) != "abc" {
			t.Errorf("%T: %q, %v", v, got, err)
		}
	}
	var into bytes.Message
	if err := (bytes.Marshaler{}).Unmarshal(data, &into); err != nil || string(into.Body) != "abc" {
		t.Errorf("%q, %v", into.Body, err)
	}
	if _, err := (bytes.Marshaler{}).Marshal(1); !errors.Is(err, codec.ErrInvalidMessage) {
		t.Errorf("an int: %v", err)
	}
}
