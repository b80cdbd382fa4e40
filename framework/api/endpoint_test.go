package api_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/microtop/microtop/framework/api"
	"github.com/microtop/microtop/framework/server"
)

var (
	hello = &api.Endpoint{
		Name: "Greeter.Hello", Description: "greets", Handler: "rpc",
		Host: []string{"a.example", "b.example"}, Method: []string{"GET", "POST"}, Path: []string{"/hello", "^/hi/.*$"},
	}
	helloMetadata = map[string]string{
		"endpoint": "Greeter.Hello", "description": "greets", "handler": "rpc",
		"host": "a.example,b.example", "method": "GET,POST", "path": "/hello,^/hi/.*$",
	}
)

func TestEncodeAndDecode(t *testing.T) {
	for _, c := range []struct {
		name     string
		endpoint *api.Endpoint
		metadata map[string]string
	}{
		{"whole", hello, helloMetadata},
		{"what is empty is left out", &api.Endpoint{Name: "A.B"}, map[string]string{"endpoint": "A.B"}},
		{"empty", &api.Endpoint{}, map[string]string{}},
		{"nil", nil, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.metadata, api.Encode(c.endpoint)); diff != "" {
				t.Errorf("encode (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(c.endpoint, api.Decode(c.metadata)); diff != "" {
				t.Errorf("decode (-want +got):\n%s", diff)
			}
		})
	}
	if got := api.Decode(map[string]string{"method": " GET, POST", "host": ","}); got.Host != nil || cmp.Diff([]string{"GET", "POST"}, got.Method) != "" {
		t.Errorf("a list written by hand: %+v", got)
	}
	if got := api.Encode(&api.Endpoint{Name: "A.B", Stream: true}); len(got) != 1 {
		t.Errorf("the server says for itself whether an endpoint streams: %v", got)
	}
}

func TestValidate(t *testing.T) {
	paths := func(p ...string) *api.Endpoint { return &api.Endpoint{Name: "A.B", Handler: "rpc", Path: p} }
	for _, c := range []struct {
		name     string
		endpoint *api.Endpoint
		want     string // part of the error; none: it is valid
	}{
		{"good", hello, ""},
		{"no path", paths(), ""},
		{"brackets in a plain path", paths("/a("), ""},
		{"nil", nil, "endpoint is nil"},
		{"no name", &api.Endpoint{Handler: "rpc"}, "name required"},
		{"no handler", &api.Endpoint{Name: "A.B"}, "invalid handler"},
		{"an empty path", paths(""), "invalid path"},
		{"only a start", paths("/good", "^/a"), "invalid path"},
		{"only an end", paths("/a$"), "invalid path"},
		{"an open bracket", paths("^/(a$"), "missing closing"},
		{"not POSIX", paths(`^/\d$`), "invalid escape"},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := api.Validate(c.endpoint)
			if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

func TestWithEndpoint(t *testing.T) {
	var o server.HandlerOptions
	for _, option := range []server.HandlerOption{
		server.EndpointMetadata("Greeter.Hello", map[string]string{"before": "x"}), api.WithEndpoint(hello),
	} {
		option(&o)
	}
	if diff := cmp.Diff(map[string]map[string]string{"Greeter.Hello": helloMetadata}, o.Metadata); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Whatever a registry hands over, decoding ends, and what it gives survives another round.
func FuzzDecode(f *testing.F) {
	f.Add("Greeter.Hello", "rpc", "a,b", "GET , POST", "^/a$")
	f.Add("", "", ",", " ", ",,\x00")
	f.Fuzz(func(t *testing.T, name, handler, host, method, path string) {
		e := api.Decode(map[string]string{"endpoint": name, "handler": handler, "host": host, "method": method, "path": path})
		if diff := cmp.Diff(e, api.Decode(api.Encode(e))); diff != "" {
			t.Errorf("(-once +twice):\n%s", diff)
		}
		if len(e.Path) > len(path)+1 {
			t.Errorf("%d paths in %d bytes", len(e.Path), len(path))
		}
		_ = api.Validate(e)
	})
}

func ExampleEncode() {
	fmt.Println(api.Encode(&api.Endpoint{Name: "Greeter.Hello", Handler: "rpc", Method: []string{"GET", "POST"}, Path: []string{"/hello"}}))
	// Output: map[endpoint:Greeter.Hello handler:rpc method:GET,POST path:/hello]
}
