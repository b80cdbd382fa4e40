package http_test

import (
	"context"
	"errors"
	"io"
	stdhttp "net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"go.uber.org/goleak"

	micro "github.com/microtop/microtop/framework"
	"github.com/microtop/microtop/framework/broker"
	"github.com/microtop/microtop/framework/client"
	errs "github.com/microtop/microtop/framework/errors"
	"github.com/microtop/microtop/framework/metadata"
	"github.com/microtop/microtop/framework/proxy/http"
	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/framework/server/servertest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// run runs a proxy until the test ends, and returns a client that knows it as "shop".
func run(t *testing.T, opts ...micro.Option) client.Client {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	started, ended := make(chan struct{}), make(chan error, 1)
	service := http.NewService(append([]micro.Option{
		micro.Name("shop"), micro.Address("127.0.0.1:0"), micro.Registry(registry.NewMemoryRegistry()), micro.Broker(broker.NewMemoryBroker()),
		micro.Logger(servertest.Logger()), micro.CommandLine(false), micro.Context(ctx), micro.AfterStart(func() error { close(started); return nil }),
	}, opts...)...)
	go func() { ended <- service.Run() }()
	select {
	case <-started:
	case err := <-ended:
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return service.Client()
}

// backend says what it got.
func backend(w stdhttp.ResponseWriter, r *stdhttp.Request) {
	body, _ := io.ReadAll(r.Body)
	w.Header().Set("X-Backend", "b")
	w.Header().Set("Micro-Error", "not the backend's to say")
	switch r.URL.Path {
	case "/greeter/missing":
		stdhttp.Error(w, "no such greeting", stdhttp.StatusNotFound)
	case "/greeter/taken":
		w.WriteHeader(stdhttp.StatusConflict)
		_, _ = io.WriteString(w, errs.New("shop.orders", "taken", 409).Error())
	case "/greeter/moved":
		stdhttp.Redirect(w, r, "/greeter/hello", stdhttp.StatusTemporaryRedirect)
	case "/greeter/large":
		_, _ = w.Write(make([]byte, 5<<20))
	case "/greeter/cut":
		panic(stdhttp.ErrAbortHandler)
	default:
		_, _ = io.WriteString(w, `{"path":"`+r.Method+" "+r.URL.Path+`","tenant":"`+r.Header.Get("X-Tenant")+`","hop":"`+r.Header.Get("X-Hop")+r.Header.Get("Proxy-X")+`","body":`+string(body)+`}`)
	}
}

type seen struct {
	Path, Tenant, Hop string
	Body              map[string]string
}

func TestA089_AnHTTPBackendIsAService(t *testing.T) {
	b := httptest.NewServer(stdhttp.HandlerFunc(backend))
	defer b.Close()
	for name, url := range map[string]string{"its URL": b.URL, "without slashes": strings.Replace(b.URL, "http://", "http:", 1)} {
		t.Run(name, func(t *testing.T) {
			c := run(t, http.WithBackend(url))
			ctx := metadata.NewContext(t.Context(), metadata.Metadata{"X-Tenant": "t1", "Proxy-X": "p"})
			var got seen
			if err := c.Call(ctx, c.NewRequest("shop", "Greeter.Hello", map[string]string{"name": "Ann"}, client.WithContentType("application/json")), &got); err != nil {
				t.Fatal(err)
			}
			if got.Path != "POST /greeter/hello" || got.Tenant != "t1" || got.Body["name"] != "Ann" || got.Hop != "" {
				t.Errorf("the backend got %+v", got)
			}
		})
	}
}

// The credentials of a backend's URL are the operator's: a caller's own go there only where the URL has none.
func TestTheURLsCredentialsWin(t *testing.T) {
	b := httptest.NewServer(stdhttp.HandlerFunc(func(w stdhttp.ResponseWriter, r *stdhttp.Request) {
		_, _ = io.WriteString(w, strconv.Quote(r.Header.Get("Authorization")))
	}))
	defer b.Close()
	ctx := metadata.NewContext(t.Context(), metadata.Metadata{"Authorization": "Bearer caller"})
	for url, want := range map[string]string{b.URL: "Bearer caller", strings.Replace(b.URL, "://", "://ops:secret@", 1): "Basic b3BzOnNlY3JldA=="} {
		c := run(t, http.WithBackend(url))
		var got string
		if err := c.Call(ctx, c.NewRequest("shop", "Greeter.Hello", map[string]string{}, client.WithContentType("application/json")), &got); err != nil || got != want {
			t.Errorf("the backend got %q, %v, want %q", got, err, want)
		}
	}
}

func TestAStatusIsAnError(t *testing.T) {
	b := httptest.NewServer(stdhttp.HandlerFunc(backend))
	defer b.Close()
	c := run(t, http.WithBackend(b.URL))
	for endpoint, want := range map[string]struct {
		id   string
		code int32
		text string
	}{
		"Greeter.Missing": {"shop", 404, "no such greeting"},
		"Greeter.Taken":   {"shop.orders", 409, "taken"},
		"Greeter.Moved":   {"shop", 307, "Temporary Redirect"},
		"Greeter.Large":   {"shop", 500, "more than 4194304 bytes"},
		"Greeter.Cut":     {"shop", 502, "backend: EOF"},
	} {
		err := c.Call(t.Context(), c.NewRequest("shop", endpoint, struct{}{}, client.WithContentType("application/json")), nil)
		if e := errs.FromError(err); e.GetId() != want.id || e.GetCode() != want.code || !strings.Contains(e.GetDetail(), want.text) {
			t.Errorf("%s: %v, want %+v", endpoint, err, want)
		}
	}
}

func TestMappedEndpoints(t *testing.T) {
	b := httptest.NewServer(stdhttp.HandlerFunc(backend))
	defer b.Close()
	r := http.NewSingleHostRouter(b.URL+"/v1/").RegisterEndpoint("Shop.Buy", "/orders/new").RegisterEndpoint("Shop.Sell", b.URL+"/elsewhere").RegisterEndpoint("Shop.Bad", "%zz")
	c := run(t, http.WithRouter(r))
	for endpoint, want := range map[string]string{"Shop.Buy": "POST /v1/orders/new", "Shop.Sell": "POST /elsewhere", "Shop.List": "POST /v1/shop/list"} {
		var got seen
		if err := c.Call(t.Context(), c.NewRequest("shop", endpoint, map[string]string{}, client.WithContentType("application/json")), &got); err != nil || got.Path != want {
			t.Errorf("%s went to %q, %v", endpoint, got.Path, err)
		}
	}
	if err := c.Call(t.Context(), c.NewRequest("shop", "Shop.Bad", nil, client.WithContentType("application/json")), nil); err == nil || !strings.Contains(err.Error(), "no path") {
		t.Errorf("a wrong mapping: %v", err)
	}
}

func TestABackendThatIsNone(t *testing.T) {
	for url, text := range map[string]string{"http://127.0.0.1:1": "backend:", "ftp://x": "no URL of HTTP", "": "no URL of HTTP"} {
		t.Run(url, func(t *testing.T) {
			c := run(t, http.WithBackend(url))
			if err := c.Call(t.Context(), c.NewRequest("shop", "A.B", nil), nil); err == nil || !strings.Contains(err.Error(), text) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestStreamsAreRefused(t *testing.T) {
	c := run(t)
	s, err := c.Stream(t.Context(), c.NewRequest("shop", "A.B", struct{}{}, client.WithContentType("application/json")))
	if err != nil {
		t.Fatal(err)
	}
	err = s.Recv(new(struct{}))
	if e := errs.FromError(err); e.GetCode() != 501 {
		t.Errorf("got %v", err)
	}
	if err := s.Close(); err != nil && !errors.Is(err, io.EOF) {
		t.Error(err)
	}
}

// Whatever an endpoint is called, its request stays at the backend and below its path.
func FuzzTarget(f *testing.F) {
	for _, seed := range []string{"Foo.Bar", "", "..", "//evil/x", "a?b#c", "%2e%2e/x", "@evil"} {
		f.Add(seed)
	}
	r := http.NewSingleHostRouter("http://backend:1/v1")
	f.Fuzz(func(t *testing.T, endpoint string) {
		to, err := r.Target(endpoint)
		if err != nil {
			t.Fatal(err)
		}
		req, err := stdhttp.NewRequestWithContext(t.Context(), stdhttp.MethodPost, to.String(), nil)
		if err != nil {
			return
		}
		if req.URL.Host != "backend:1" || !strings.HasPrefix(req.URL.Path, "/v1/") || strings.Contains(req.URL.Path, "..") || req.URL.RawQuery != "" {
			t.Errorf("%q goes to %s", endpoint, req.URL)
		}
	})
}
