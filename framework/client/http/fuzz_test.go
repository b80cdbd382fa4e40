package http_test

import (
	"io"
	stdhttp "net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/microtop/microtop/framework/client/http"
	errs "github.com/microtop/microtop/framework/errors"
)

// Whatever an address and an endpoint are, the request goes to that address or nowhere.
func FuzzURL(f *testing.F) {
	for _, seed := range [][2]string{{"127.0.0.1:80", "Foo.Bar"}, {"[::1]:80", "/a?b=c"}, {"https://h:1", "//evil/x"}, {"h:1", "@evil/"}, {"h:1@evil", "\\evil"}, {"h", "%00"}} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, address, endpoint string) {
		text, err := http.URLOf(address, endpoint)
		if err != nil {
			return
		}
		parsed, err := url.Parse(text)
		if err != nil {
			return // net/http refuses it too
		}
		if want := strings.TrimPrefix(address, "https://"); parsed.Host != want || parsed.User != nil {
			t.Errorf("%q %q goes to %q", address, endpoint, parsed.Host)
		}
	})
}

// Whatever a service answers, the error of it has the status as its code, and is small.
func FuzzRefusal(f *testing.F) {
	f.Add(404, []byte(`{"id":"a","code":200,"detail":"b","status":"OK"}`))
	f.Add(500, []byte("\xff\xfe plain"))
	f.Add(302, []byte{})
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		if status < 100 || status > 999 {
			return
		}
		err := http.Refusal(&stdhttp.Response{StatusCode: status, Header: stdhttp.Header{}, Body: io.NopCloser(nil)}, body)
		if status/100 == 2 {
			if err != nil {
				t.Errorf("%d: %v", status, err)
			}
			return
		}
		if e := errs.FromError(err); int(e.GetCode()) != status || e.GetDetail() == "" || len(e.GetDetail()) > 1<<10 {
			t.Errorf("%d %q: %v", status, body, err)
		}
	})
}
