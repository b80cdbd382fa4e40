package cli_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/microtop/microtop/framework/cmd"
	"github.com/microtop/microtop/framework/config/source"
	"github.com/microtop/microtop/framework/config/source/cli"
	"github.com/microtop/microtop/framework/config/source/sourcetest"
)

// command returns a command that ran.
func command(t *testing.T, args ...string) *cobra.Command {
	t.Helper()
	c := &cobra.Command{Use: "test", RunE: func(*cobra.Command, []string) error { return nil }}
	f := c.Flags()
	f.String("database-host", "localhost", "")
	f.Int("database-port", 5432, "")
	f.Bool("tls", true, "")
	f.Duration("timeout", 0, "")
	f.Float64("nan", 0, "")
	f.StringSlice("list", nil, "")
	f.StringToString("labels", nil, "")
	f.CountP("verbose", "v", "")
	f.IP("ip", nil, "")
	c.SetArgs(args)
	if err := c.Execute(); err != nil {
		t.Fatal(err)
	}
	return c
}

func TestConformance(t *testing.T) {
	var c *cobra.Command
	open := func(t *testing.T) source.Source {
		c = command(t, "--tls")
		return cli.NewSource(cli.Context(c))
	}
	n := 0
	sourcetest.Run(t, open, sourcetest.Caps{Change: func(t *testing.T, _ source.Source) {
		n++
		if err := c.Flags().Set("database-host", strconv.Itoa(n)); err != nil {
			t.Fatal(err)
		}
	}})
}

func TestRead(t *testing.T) {
	for _, c := range []struct {
		name, args, want string
	}{
		{"nothing given", "", `{}`},
		{"text and numbers", "--database-host=x --database-port=1 -vv", `{"database":{"host":"x","port":1},"verbose":2}`},
		{"bool and duration", "--tls=false --timeout=1ms", `{"timeout":1000000,"tls":false}`},
		{"lists and maps", "--list=a,b --labels=k=v", `{"labels":{"k":"v"},"list":["a","b"]}`},
		{"what JSON has not", "--nan=NaN --ip=::1", `{"ip":"::1","nan":"NaN"}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := cli.NewSource(cli.Context(command(t, strings.Fields(c.args)...))).Read()
			if err != nil || string(got.Data) != c.want {
				t.Errorf("%s, %v; want %s", got.Data, err, c.want)
			}
		})
	}
	if _, err := cli.NewSource(cli.Context(&cobra.Command{Use: "test"})).Read(); err == nil || !strings.Contains(err.Error(), "test") {
		t.Errorf("not parsed: %v", err)
	}
	if err := cli.NewSource().Write(nil); err == nil {
		t.Error("written")
	}
}

func TestAServicesCommandLine(t *testing.T) {
	c := cmd.NewCmd(cmd.Args("--server_name", "shop"), cmd.LookupEnv(func(name string) (string, bool) {
		return "5", name == "MICRO_CLIENT_RETRIES"
	}))
	if err := c.Init(); err != nil {
		t.Fatal(err)
	}
	got, err := cli.NewSource(cli.Context(c.App())).Read()
	if err != nil || string(got.Data) != `{"client":{"retries":5},"server":{"name":"shop"}}` {
		t.Errorf("%s, %v", got.Data, err)
	}
}

func ExampleNewSource() {
	c := &cobra.Command{Use: "shop", RunE: func(c *cobra.Command, _ []string) error {
		got, err := cli.NewSource(cli.Context(c)).Read()
		if err != nil {
			return err
		}
		fmt.Println(string(got.Data))
		return nil
	}}
	c.Flags().String("database-host", "localhost", "where the database is")
	c.SetArgs([]string{"--database-host", "db.example.org"})
	if err := c.Execute(); err != nil {
		fmt.Println(err)
	}
	// Output: {"database":{"host":"db.example.org"}}
}
