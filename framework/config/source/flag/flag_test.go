package flag_test

import (
	goflag "flag"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/microtop/microtop/framework/config/source"
	"github.com/microtop/microtop/framework/config/source/flag"
	"github.com/microtop/microtop/framework/config/source/sourcetest"
)

// set returns parsed flags.
func set(t *testing.T, args ...string) *goflag.FlagSet {
	t.Helper()
	f := goflag.NewFlagSet("test", goflag.ContinueOnError)
	f.String("database-host", "localhost", "")
	f.Int("database_port", 5432, "")
	f.Bool("tls", true, "")
	f.Duration("timeout", 3*time.Second, "")
	f.Float64("nan", 1.5, "")
	f.Func("func", "", func(string) error { return nil })
	if err := f.Parse(args); err != nil {
		t.Fatal(err)
	}
	return f
}

func TestConformance(t *testing.T) {
	var f *goflag.FlagSet
	open := func(t *testing.T) source.Source {
		f = set(t, "-tls")
		return flag.NewSource(flag.WithFlagSet(f))
	}
	n := 0
	sourcetest.Run(t, open, sourcetest.Caps{Change: func(t *testing.T, _ source.Source) {
		n++
		if err := f.Set("database-host", strconv.Itoa(n)); err != nil {
			t.Fatal(err)
		}
	}})
}

func TestRead(t *testing.T) {
	for _, c := range []struct {
		name  string
		args  []string
		unset bool
		want  string
	}{
		{"nothing given", nil, false, `{}`},
		{"what is given", []string{"-database-host=x", "-database_port=1", "-tls=false", "-timeout=1ms"}, false, `{"database":{"host":"x","port":1},"timeout":1000000,"tls":false}`},
		{"what JSON has not", []string{"-nan=NaN", "-func=x"}, false, `{"func":"","nan":"NaN"}`},
		{"also what is not", []string{"-tls=false"}, true, `{"database":{"host":"localhost","port":5432},"func":"","nan":1.5,"timeout":3000000000,"tls":false}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := flag.NewSource(flag.WithFlagSet(set(t, c.args...)), flag.IncludeUnset(c.unset)).Read()
			if err != nil || string(got.Data) != c.want {
				t.Errorf("%s, %v; want %s", got.Data, err, c.want)
			}
		})
	}
	unparsed := flag.NewSource(flag.WithFlagSet(goflag.NewFlagSet("test", goflag.ContinueOnError)))
	if _, err := unparsed.Read(); err == nil || !strings.Contains(err.Error(), "flag.Parse") {
		t.Errorf("not parsed: %v", err)
	}
	if got, err := flag.NewSource(flag.IncludeUnset(true)).Read(); err != nil || !strings.Contains(string(got.Data), `"test.v"`) {
		t.Errorf("the command line: %v", err)
	}
}

func ExampleNewSource() {
	f := goflag.NewFlagSet("shop", goflag.ContinueOnError)
	f.String("database-host", "localhost", "where the database is")
	if err := f.Parse([]string{"-database-host", "db.example.org"}); err != nil {
		fmt.Println(err)
		return
	}
	got, err := flag.NewSource(flag.WithFlagSet(f)).Read()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(string(got.Data))
	// Output: {"database":{"host":"db.example.org"}}
}
