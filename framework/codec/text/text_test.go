package text_test

import (
	"testing"

	"github.com/microtop/microtop/framework/codec"
	"github.com/microtop/microtop/framework/codec/codectest"
	"github.com/microtop/microtop/framework/codec/text"
)

func TestCodec(t *testing.T) {
	value := "größe\n"
	codectest.Run(t, text.NewCodec, codectest.Caps{Value: &value, Fresh: func() any { return new(string) }, AnyBytes: true})
}

func TestFrame(t *testing.T) {
	conn := codec.NewBuffer(nil)
	if err := text.NewCodec(conn).Write(nil, text.Frame{Data: []byte("abc")}); err != nil {
		t.Fatal(err)
	}
	var got text.Frame
	if err := text.NewCodec(codec.NewBuffer(conn.Bytes())).ReadBody(&got); err != nil || string(got.Data) != "abc" {
		t.Errorf("%q, %v", got.Data, err)
	}
}
