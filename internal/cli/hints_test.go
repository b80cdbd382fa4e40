package cli_test

import (
	"net"
	"path/filepath"
	"strings"
	"testing"

	"github.com/microtop/microtop/framework/registry"
)

// What went wrong says how to go on.
func TestHints(t *testing.T) {
	w := newWorld(t)
	nowhere := &world{dir: filepath.Join(t.TempDir(), "registry")}
	for _, tt := range []struct {
		name string
		in   *world
		args []string
		code int
		want string
	}{
		{"a command that is none", w, []string{"srvices"}, 2, "unknown command \"srvices\" for \"microtop\": did you mean services?\n  `microtop --help` lists the commands"},
		{"a kind of stream that is none", w, []string{"stream", "servr", "fleet.greeter"}, 2, "unknown command \"servr\" for \"microtop stream\": did you mean server?"},
		{"an argument too many", w, []string{"services", "extra"}, 2, `microtop services takes no argument "extra"`},
		{"an unknown flag", w, []string{"call", "fleet.greeter", "--nope"}, 2, "unknown flag: --nope\n  `microtop call --help` lists the flags"},
		{"a duration without a unit", w, []string{"services", "--timeout", "5"}, 2, "write 5s, 500ms or 1m30s"},
		{"an address without a port", w, []string{"call", "fleet.greeter", "Greeter.Hello", "--address", "localhost"}, 2, `--address "localhost": write HOST:PORT`},
		{"an unknown service", w, []string{"call", "fleet.greter", "Greeter.Hello"}, 1, "did you mean fleet.greeter? `microtop services` lists what is there"},
		{"no service like it, and the broker's is none", w, []string{"health", "zzzzzzzz"}, 1, "which has one other; `microtop services` lists"},
		{"services where nothing is", nowhere, []string{"services"}, 0, "nothing is registered in file " + nowhere.dir + "; `microtop doctor` says"},
		{"nodes where nothing is", nowhere, []string{"nodes"}, 0, "nothing is registered in file " + nowhere.dir},
		{"a topic nobody listens to", w, []string{"publish", "greetigs", "{}"}, 0, `nobody got the message: no topic "greetigs" in file ` + w.dir + ": did you mean greetings?"},
		{"a tail of a topic nobody listens to", w, []string{"tail", "greetigs", "--for", "1ms"}, 0, `waiting, though nobody else subscribes there: no topic "greetigs" in file ` + w.dir + ": did you mean greetings?"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.in.run(t, tt.args...).status(t, tt.code); !strings.Contains(got.err, tt.want) {
				t.Errorf("%q lacks %q", got.err, tt.want)
			}
		})
	}
}

// A stream from a frozen node is not silent for ever.
func TestASilentStreamIsSaidToBe(t *testing.T) {
	w := newWorld(t)
	mute, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w.claim(t, &registry.Service{
		Name: "frozen", Version: "1",
		Nodes:     []*registry.Node{{Id: "frozen-1", Address: mute.Addr().String(), Metadata: map[string]string{"protocol": "mucp"}}},
		Endpoints: []*registry.Endpoint{{Name: "Feed.Follow", Metadata: map[string]string{"stream": "true"}}},
	})
	s := w.start(strings.NewReader(""), "stream", "server", "frozen", "Feed.Follow", "{}", "--timeout", "300ms")
	eventually(t, "the hint", func() bool {
		return strings.Contains(s.err.String(), "nothing came in 300ms; waiting on: ctrl+c ends it, `microtop health frozen` asks")
	})
	if err := mute.Close(); err != nil { // and with it what waits to be accepted
		t.Fatal(err)
	}
	if code := s.ends(t); code != 1 {
		t.Errorf("status %d: %s", code, s.err.String())
	}
}
