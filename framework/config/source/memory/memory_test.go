package memory_test

import (
	"fmt"
	"testing"

	"github.com/microtop/microtop/framework/config/source"
	"github.com/microtop/microtop/framework/config/source/memory"
	"github.com/microtop/microtop/framework/config/source/sourcetest"
)

func TestConformance(t *testing.T) {
	n := 0
	change := func(t *testing.T, s source.Source) {
		t.Helper()
		n++
		if err := s.Write(&source.ChangeSet{Data: fmt.Appendf(nil, `{"n":%d}`, n), Format: "json"}); err != nil {
			t.Fatal(err)
		}
	}
	open := func(*testing.T) source.Source { return memory.NewSource(memory.WithJSON([]byte(`{"n":0}`))) }
	sourcetest.Run(t, open, sourcetest.Caps{Change: change, Pushes: true})
}

func TestFormats(t *testing.T) {
	for _, c := range []struct {
		name   string
		option source.Option
		want   string
	}{
		{"json", memory.WithJSON([]byte("{}")), "json"},
		{"yaml", memory.WithYAML([]byte("a: 1")), "yaml"},
		{"named", memory.WithChangeSet(&source.ChangeSet{Format: "toml"}), "toml"},
		{"unnamed", memory.WithChangeSet(&source.ChangeSet{}), "json"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := memory.NewSource(c.option).Read()
			if err != nil || got.Format != c.want || got.Source != "memory" {
				t.Errorf("%+v, %v", got, err)
			}
		})
	}
	if err := memory.NewSource().Write(nil); err == nil {
		t.Error("nil was written")
	}
}

func ExampleNewSource() {
	s := memory.NewSource(memory.WithJSON([]byte(`{"port":8080}`)))
	c, err := s.Read()
	fmt.Println(c.Format, string(c.Data), err)
	// Output: json {"port":8080} <nil>
}
