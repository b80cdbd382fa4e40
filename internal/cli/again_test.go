package cli_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/microtop/microtop/internal/cli"
	"github.com/microtop/microtop/introspect/collection"
	"github.com/microtop/microtop/introspect/invoke"
)

func TestCopiedLinesConnectAsTheConsoleDid(t *testing.T) {
	t.Setenv("MICRO_REGISTRY", "")
	t.Setenv("MICRO_REGISTRY_ADDRESS", "")
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ given, want []string }{
		"nothing": {nil, nil},
		"token":   {[]string{"--debug-token", "hunter2"}, nil},
		"file":    {[]string{"--registry", "file", "--registry-address", "reg"}, []string{"--registry", "file", "--registry-address", filepath.Join(here, "reg")}},
		"mdns":    {[]string{"--registry", "mdns", "--registry-address", "224.0.0.9:53"}, []string{"--registry", "mdns", "--registry-address", "224.0.0.9:53"}},
		"tls": {
			[]string{"--tls", "--ca", "ca.pem", "--cert", "/x/c.pem", "--key", "/x/k.pem", "--servername", "shop.example", "--protocol", "grpc"},
			[]string{"--protocol", "grpc", "--tls", "--ca", filepath.Join(here, "ca.pem"), "--cert", "/x/c.pem", "--key", "/x/k.pem", "--servername", "shop.example"},
		},
		"transport": {[]string{"--transport", "grpc", "--protocol", "mucp"}, []string{"--protocol", "mucp", "--transport", "grpc"}},
		"insecure":  {[]string{"--insecure"}, []string{"--insecure"}},
		"protos":    {[]string{"--proto", "a.proto"}, []string{"--proto", "a.proto", "--proto-path", here}},
		"paths":     {[]string{"--proto", "a.proto", "--proto-path", "p", "--protoset", "s"}, []string{"--proto", "a.proto", "--proto-path", filepath.Join(here, "p"), "--protoset", filepath.Join(here, "s")}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := cli.Again(c.given...)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got, cmpopts.EquateEmpty()); diff != "" {
				t.Error(diff)
			}
			if again, err := cli.Again(got...); err != nil || !cmp.Equal(got, again) {
				t.Errorf("%q becomes %q: %v", got, again, err)
			}
			if _, _, err := collection.Parse(collection.Line(invoke.Request{Endpoint: "A.B"}, got...)); err != nil {
				t.Errorf("the line cannot be imported: %v", err)
			}
		})
	}
}
