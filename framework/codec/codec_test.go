package codec_test

import (
	"reflect"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/microtop/microtop/framework/codec"
)

func TestA200_TheInterfaceOfACodec(t *testing.T) {
	var names []string
	of := reflect.TypeFor[codec.Codec]()
	for i := range of.NumMethod() {
		names = append(names, of.Method(i).Name)
	}
	if diff := cmp.Diff([]string{"Close", "ReadBody", "ReadHeader", "String", "Write"}, names); diff != "" {
		t.Errorf("methods (-want +got):\n%s", diff)
	}
}

func TestA201_TheFieldsOfAMessage(t *testing.T) {
	var names []string
	of := reflect.TypeFor[codec.Message]()
	for i := range of.NumField() {
		names = append(names, of.Field(i).Name)
	}
	for _, want := range []string{"Id", "Type", "Target", "Method", "Error", "Header"} {
		if !slices.Contains(names, want) {
			t.Errorf("a message has no %s, only %v", want, names)
		}
	}
}
