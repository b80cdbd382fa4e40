package env_test

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/microtop/microtop/framework/config"
	"github.com/microtop/microtop/framework/config/source"
	"github.com/microtop/microtop/framework/config/source/env"
	"github.com/microtop/microtop/framework/config/source/sourcetest"
)

func TestConformance(t *testing.T) {
	n := 0
	sourcetest.Run(t, func(*testing.T) source.Source { return env.NewSource() }, sourcetest.Caps{Change: func(t *testing.T, _ source.Source) {
		n++
		t.Setenv("TESTENV_CHANGE", strconv.Itoa(n))
	}})
}

func TestRead(t *testing.T) {
	for name, value := range map[string]string{
		"TESTENV_DATABASE_HOST": "x", "TESTENV_DATABASE_PORT": "5432", "TESTENV_TLS": "false", "TESTENV_ZIP": "01067",
		"TESTENV_A": "short", "TESTENV_A_B": "long", "TESTENVOTHER": "no", "testenv_lower": "1", "OTHERENV_X": "y", "TESTENV_EQ": "a=b",
	} {
		t.Setenv(name, value)
	}
	const inner = `{"a":{"b":"long"},"database":{"host":"x","port":5432},"eq":"a=b","lower":1,"tls":false,"zip":"01067"}`
	for _, c := range []struct {
		name string
		opts []source.Option
		want string
	}{
		{"a prefix", []source.Option{env.WithPrefix("TESTENV")}, `{"testenv":` + inner + `}`},
		{"its underscore and case do not matter", []source.Option{env.WithPrefix("testenv_")}, `{"testenv":` + inner + `}`},
		{"a stripped prefix", []source.Option{env.WithStrippedPrefix("TESTENV")}, inner},
		{"of two parts", []source.Option{env.WithStrippedPrefix("TESTENV_DATABASE")}, `{"host":"x","port":5432}`},
		{"both", []source.Option{env.WithStrippedPrefix("TESTENV_DATABASE"), env.WithPrefix("OTHERENV")}, `{"host":"x","otherenv":{"x":"y"},"port":5432}`},
		{"several", []source.Option{env.WithPrefix("TESTENV_TLS", "OTHERENV")}, `{"otherenv":{"x":"y"}}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := env.NewSource(c.opts...).Read()
			if err != nil || string(got.Data) != c.want || got.Format != "json" {
				t.Errorf("%s, %v; want %s", got.Data, err, c.want)
			}
		})
	}
	t.Setenv("TESTENV"+strings.Repeat("_X", 200), "deep")
	if _, err := env.NewSource().Read(); err == nil || !strings.Contains(err.Error(), "WithPrefix") {
		t.Errorf("a deep name: %v", err)
	}
	if err := env.NewSource().Write(&source.ChangeSet{}); err == nil {
		t.Error("written")
	}
}

func TestDefaultPrefixes(t *testing.T) {
	t.Setenv("TESTENV_X", "1")
	old := env.DefaultPrefixes
	defer func() { env.DefaultPrefixes = old }()
	env.DefaultPrefixes = []string{"TESTENV"}
	if got, err := env.NewSource().Read(); err != nil || string(got.Data) != `{"testenv":{"x":1}}` {
		t.Errorf("%s, %v", got.Data, err)
	}
}

func FuzzRead(f *testing.F) {
	f.Add("A_B", "1")
	f.Add("__", "${HOME}")
	f.Add(strings.Repeat("a_", 150), "\xff")
	f.Fuzz(func(t *testing.T, name, value string) {
		if name == "" || strings.ContainsAny(name, "=\x00") || strings.Contains(value, "\x00") {
			t.Skip("no environment variable")
		}
		t.Setenv("FUZZENV_"+name, value)
		conf, err := config.NewConfig(config.WithWatcherDisabled(), config.WithSource(env.NewSource(env.WithStrippedPrefix("FUZZENV"))))
		if err != nil {
			if strings.Count(name, "_")+strings.Count(name, "-") < 99 {
				t.Errorf("%q=%q: %v", name, value, err)
			}
			return
		}
		if got := conf.Bytes(); len(got) > 6*len(name)+6*len(value)+8*len(name)+100 && !strings.Contains(value, "${") {
			t.Errorf("%d and %d bytes became %d", len(name), len(value), len(got))
		}
	})
}

func ExampleNewSource() {
	for name, value := range map[string]string{"SHOP_DATABASE_HOST": "db.example.org", "SHOP_DATABASE_PORT": "5432"} {
		if err := os.Setenv(name, value); err != nil {
			fmt.Println(err)
			return
		}
	}
	set, err := env.NewSource(env.WithStrippedPrefix("SHOP")).Read()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(string(set.Data))
	// Output: {"database":{"host":"db.example.org","port":5432}}
}
