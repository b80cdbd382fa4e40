package collection_test

import (
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/microtop/microtop/introspect/collection"
)

// How a connection is secured goes from flags into a file and back into flags.
func TestTLSOfASavedCall(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "calls")
	f := collection.Open(dir)
	for name, tt := range map[string]struct{ flags, want []string }{
		"none":     {[]string{"--registry", "file", "--proto", "--tls"}, nil},
		"on":       {[]string{"--tls"}, []string{"--tls"}},
		"implied":  {[]string{"--insecure"}, []string{"--tls", "--insecure"}},
		"both":     {[]string{"--registry", "x", "--cert", "/c", "--key", "/k", "--ca", "own/ca.pem", "--servername", "own"}, []string{"--tls", "--ca", filepath.Join(dir, "own/ca.pem"), "--cert", "/c", "--key", "/k", "--servername", "own"}},
		"verified": {[]string{"--tls", "--insecure=false"}, []string{"--tls"}},
	} {
		c := collection.Call{Service: "a", Endpoint: "b", TLS: collection.TLSOf(tt.flags)}
		if err := f.Save(name, c, false); err != nil {
			t.Fatal(err)
		}
		back, err := f.Read(name)
		if err != nil || !cmp.Equal(c.TLS, back.TLS) {
			t.Errorf("%s: %+v becomes %+v: %v", name, c.TLS, back.TLS, err)
		}
		got, err := f.TLS(back)
		if err != nil || !slices.Equal(got.Flags(), tt.want) {
			t.Errorf("%s: %q, want %q: %v", name, got.Flags(), tt.want, err)
		}
	}
}

// A call that names its own address lends that address whatever it takes from the environment, wherever that stands.
func TestWhatACallLends(t *testing.T) {
	c := collection.Call{
		Service: "shop.{{env:A}}", Endpoint: "{{env:B}}", Body: []byte(`{"{{env:C}}":1}`), Metadata: map[string]string{"x": "Bearer {{ env:D }} {{tenant}}"},
		Timeout: "{{env:E}}", ContentType: "{{env:F}}", Node: "{{env:G}}", Version: "{{env:H}}",
	}
	if got := c.Lends(); got != nil {
		t.Errorf("without an address: %q", got)
	}
	c.Address = "{{env:I}}.example:80"
	if got, want := c.Lends(), []string{"A", "B", "C", "D", "E", "F", "G", "H", "I"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	plain := collection.Call{Address: "a:1", Endpoint: "b", Metadata: map[string]string{"x": "{{tenant}}"}}
	if got := plain.Lends(); len(got) != 0 {
		t.Errorf("%q", got)
	}
	if r, err := c.Request(map[string]string{"tenant": "t"}, func(name string) (string, bool) { return "1s", true }); err != nil || r.Address != "1s.example:80" {
		t.Errorf("%+v %v", r, err)
	}
}
