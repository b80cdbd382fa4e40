package cli_test

import (
	"strings"
	"testing"

	micro "github.com/microtop/microtop/framework"
	"github.com/microtop/microtop/framework/server/servertest/fleet"
	grpctransport "github.com/microtop/microtop/framework/transport/grpc"
)

// A node that speaks mucp over the gRPC transport is called like any: by its name, as its metadata say, and by its address
// with --transport.
func TestMUCPOverTheGRPCTransport(t *testing.T) {
	w := newWorld(t, micro.Transport(grpctransport.NewTransport()))
	at := []string{"--address", w.service.Server().Options().Address, "--transport", "grpc", "--client", "mucp"}
	for _, tt := range []struct {
		args []string
		want string
	}{
		{[]string{"describe"}, "fleet.HelloRequest"},
		{[]string{"health"}, "ok"},
		{[]string{"stats"}, "GOROUTINES"},
	} {
		for _, flags := range [][]string{{fleet.Service}, at} {
			if got := w.run(t, append(tt.args, flags...)...).status(t, 0); !strings.Contains(got.out, tt.want) {
				t.Errorf("%v %v: %s%s", tt.args, flags, got.out, got.err)
			}
		}
	}
	for _, flags := range [][]string{nil, at} {
		if got := w.run(t, append([]string{"call", fleet.Service, "Greeter.Hello", `{"name":"Ann"}`}, flags...)...).status(t, 0); got.out != `{"message":"Hello Ann"}`+"\n" {
			t.Errorf("call %v: %s", flags, got.out)
		}
		if got := w.run(t, append([]string{"stream", "server", fleet.Service, "Streamer.Count", `{"to":1}`}, flags...)...).status(t, 0); got.out != "{}\n"+`{"value":"1"}`+"\n" {
			t.Errorf("stream %v: %s", flags, got.out)
		}
	}
	for _, wrong := range [][]string{{"--transport", "pigeon"}, {"--transport", "grpc", "--protocol", "grpc"}} {
		if got := w.run(t, append([]string{"describe", fleet.Service}, wrong...)...).status(t, 2); !strings.Contains(got.err, "--transport") {
			t.Errorf("%v: %s", wrong, got.err)
		}
	}
}
