package collection_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/microtop/microtop/introspect"
	"github.com/microtop/microtop/introspect/collection"
	"github.com/microtop/microtop/introspect/invoke"
)

// A call that is exported as a grpcurl line and imported again is the same, whatever a shell makes of its characters.
func TestGRPCurlLinesComeBack(t *testing.T) {
	for _, hostile := range []string{"plain", "it's", `"$(reboot)"`, "`reboot`", "a; rm -rf ~ #", "back\\slash\\", "two\nrows", "-d", "ü\u202e", "!history", "*?[x]{a,b}"} {
		want := invoke.Request{
			Target: introspect.Target{Service: "shop.Cart", Address: "127.0.0.1:50051"}, Endpoint: "Get", Body: []byte(`{"id":"` + hostile + `"}`),
			Metadata: map[string]string{"tenant": hostile, "x-b": "a: b=c"}, Timeout: 1500 * time.Millisecond,
		}
		secured := &collection.TLS{CA: hostile, Cert: hostile, Key: hostile, ServerName: hostile, Insecure: true}
		if hostile == "plain" {
			secured = nil
		}
		line, err := collection.GRPCurl(want, secured)
		if err != nil {
			t.Errorf("%q: %v", hostile, err)
			continue
		}
		got, same, err := collection.Parse(line)
		if err != nil {
			t.Errorf("%s: %v", line, err)
		}
		if diff := cmp.Diff(secured, same); diff != "" {
			t.Errorf("%s: %s", line, diff)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", line, diff)
		}
	}
}

func TestWhatGRPCurlCallsAMethod(t *testing.T) {
	at := introspect.Target{Service: "shop.Cart", Address: "a:1"}
	for endpoint, want := range map[string]string{"Get": "shop.Cart/Get", "Cart.Get": "shop.Cart/Get", "Order.Get": "shop.Cart.Order/Get", "/other.Cart/Get": "other.Cart/Get"} {
		line, err := collection.GRPCurl(invoke.Request{Target: at, Endpoint: endpoint}, nil)
		if err != nil || !strings.HasSuffix(line, " a:1 "+want) {
			t.Errorf("%s: %s %v", endpoint, line, err)
		}
	}
	for name, r := range map[string]invoke.Request{
		"no address": {Target: introspect.Target{Service: "shop.Cart"}, Endpoint: "Get"},
		"no method":  {Target: at},
		"a flag":     {Target: introspect.Target{Service: "shop.Cart", Address: "-protoset-out=x"}, Endpoint: "Get"},
		"stdin":      {Target: at, Endpoint: "Get", Body: []byte("@")},
		"a header":   {Target: at, Endpoint: "Get", Metadata: map[string]string{"a": " b"}},
	} {
		if line, err := collection.GRPCurl(r, nil); err == nil {
			t.Errorf("%s: %s", name, line)
		}
	}
}
