package codec_test

import (
	"errors"
	"io"
	"testing"

	"github.com/microtop/microtop/framework/codec"
)

func TestBuffer(t *testing.T) {
	b := codec.NewBuffer([]byte("abcdef"))
	if got := b.Next(2); string(got) != "ab" || cap(got) != 2 || b.Len() != 4 {
		t.Errorf("next: %q of capacity %d, %d left", got, cap(got), b.Len())
	}
	rest, err := io.ReadAll(b)
	if err != nil || string(rest) != "cdef" {
		t.Errorf("read: %q, %v", rest, err)
	}
	if _, err := b.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
		t.Errorf("at the end: %v", err)
	}
	for _, piece := range []string{"12", "34"} {
		if _, err := b.Write(append(b.AvailableBuffer(), piece...)); err != nil {
			t.Error(err)
		}
	}
	if string(b.Bytes()) != "1234" {
		t.Errorf("wrote %q", b.Bytes())
	}
	b.Reset([]byte("x"))
	if len(b.Bytes()) != 0 || string(b.Next(9)) != "x" {
		t.Error("reset keeps what was there")
	}
}
