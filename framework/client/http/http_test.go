package http_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	stdhttp "net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"
	"google.golang.org/protobuf/proto"

	"github.com/microtop/microtop/framework/broker"
	"github.com/microtop/microtop/framework/client"
	"github.com/microtop/microtop/framework/client/http"
	errs "github.com/microtop/microtop/framework/errors"
	"github.com/microtop/microtop/framework/metadata"
	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/framework/server"
	"github.com/microtop/microtop/framework/server/servertest"
	"github.com/microtop/microtop/framework/server/servertest/fleet"

	serverhttp "github.com/microtop/microtop/framework/server/http"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// node serves a handler as one node of shop.web in r, and returns its address.
func node(t *testing.T, r registry.Registry, h stdhttp.Handler) string {
	t.Helper()
	s := serverhttp.NewServer(server.Name("shop.web"), server.Address("127.0.0.1:0"), server.Registry(r),
		server.Broker(broker.NewMemoryBroker()), server.WithLogger(servertest.Logger()))
	if err := s.Handle(s.NewHandler(h)); err != nil {
		t.Fatal(err)
	}
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Stop(); err != nil {
			t.Errorf("stop: %v", err)
		}
	})
	return s.Options().Address
}

// newClient makes a client that is closed with the test.
func newClient(t *testing.T, r registry.Registry, opts ...client.Option) client.Client {
	t.Helper()
	c := http.NewClient(append([]client.Option{client.Registry(r), client.WithLogger(servertest.Logger())}, opts...)...)
	t.Cleanup(func() {
		if err := errors.Join(c.(io.Closer).Close(), c.Options().Selector.Close()); err != nil {
			t.Error(err)
		}
	})
	return c
}

type order struct {
	Name  string `json:"name"`
	Count int    `json:"count"`
}

// shop counts what comes, and answers as it is asked to.
type shop struct{ requests atomic.Int64 }

func (s *shop) ServeHTTP(w stdhttp.ResponseWriter, r *stdhttp.Request) {
	s.requests.Add(1)
	body, _ := io.ReadAll(r.Body)
	switch r.URL.Path {
	case "/echo":
		w.Header().Set("Content-Type", r.Header.Get("Content-Type")+"; charset=utf-8")
		_, _ = w.Write(body)
	case "/header":
		_ = json.NewEncoder(w).Encode(map[string]string{"tenant": r.Header.Get("X-Tenant"), "timeout": r.Header.Get("Timeout"), "method": r.Method, "query": r.URL.RawQuery})
	case "/status":
		w.WriteHeader(stdhttp.StatusTeapot)
		_, _ = io.WriteString(w, "short and stout\n")
	case "/error":
		w.WriteHeader(stdhttp.StatusConflict)
		_, _ = io.WriteString(w, errs.New("shop.orders", "taken", 409).Error())
	case "/moved":
		stdhttp.Redirect(w, r, "/echo", stdhttp.StatusTemporaryRedirect)
	case "/fail":
		w.WriteHeader(stdhttp.StatusInternalServerError)
	case "/large":
		_, _ = w.Write(make([]byte, 5<<20))
	case "/late":
		<-r.Context().Done()
	case "/empty":
		w.WriteHeader(stdhttp.StatusNoContent)
	}
}

func asJSON(c client.Client, endpoint string, body any) client.Request {
	return c.NewRequest("shop.web", endpoint, body, client.WithContentType("application/json"))
}

func TestA114_ACallIsAPost(t *testing.T) {
	r := registry.NewMemoryRegistry()
	node(t, r, new(shop))
	c := newClient(t, r)
	sent, got := &fleet.HelloRequest{Name: "Ann", Count: 42}, new(fleet.HelloRequest)
	for _, endpoint := range []string{"echo", "/echo"} {
		if err := c.Call(t.Context(), c.NewRequest("shop.web", endpoint, sent), got); err != nil || !proto.Equal(sent, got) {
			t.Errorf("%s: %v, %v", endpoint, got, err)
		}
	}
	for _, contentType := range []string{"application/json", "application/protobuf", "application/proto"} {
		got := new(fleet.HelloRequest)
		if err := c.Call(t.Context(), c.NewRequest("shop.web", "/echo", sent, client.WithContentType(contentType)), got); err != nil || !proto.Equal(sent, got) {
			t.Errorf("%s: %v, %v", contentType, got, err)
		}
	}
	ctx := metadata.NewContext(t.Context(), metadata.Metadata{"x-tenant": "t1", "Accept-Encoding": "gzip", "Connection": "close"})
	var header map[string]string
	if err := c.Call(ctx, asJSON(c, "/header?a=b", nil), &header); err != nil {
		t.Fatal(err)
	}
	if header["tenant"] != "t1" || header["method"] != "POST" || header["query"] != "a=b" || len(header["timeout"]) < 10 {
		t.Errorf("the service got %v", header)
	}
	unchanged := order{"x", 1}
	if err := c.Call(t.Context(), asJSON(c, "/empty", order{}), &unchanged); err != nil || unchanged.Name != "x" {
		t.Errorf("no content: %v, %v", unchanged, err)
	}
	if c.String() != "http" {
		t.Errorf("it is called %s", c)
	}
}

func TestAStatusIsAnError(t *testing.T) {
	r, s := registry.NewMemoryRegistry(), new(shop)
	node(t, r, s)
	c := newClient(t, r)
	for endpoint, want := range map[string]*errs.Error{
		"/status": {Id: "shop.web", Code: 418, Detail: "short and stout"},
		"/error":  {Id: "shop.orders", Code: 409, Detail: "taken"},
		"/moved":  {Id: "shop.web", Code: 307, Detail: "status Temporary Redirect"},
		"/fail":   {Id: "shop.web", Code: 500, Detail: "status Internal Server Error"},
		"/large":  {Id: "go.micro.client.transport", Code: 500, Detail: "the answer has more than 4194304 bytes (the request may have run)"},
	} {
		before := s.requests.Load()
		err := c.Call(t.Context(), asJSON(c, endpoint, order{}), nil)
		if got := errs.FromError(err); got.GetId() != want.GetId() || got.GetCode() != want.GetCode() || got.GetDetail() != want.GetDetail() {
			t.Errorf("%s: %v, want %v", endpoint, err, want)
		}
		if n := s.requests.Load() - before; n != 1 {
			t.Errorf("%s was called %d times: it may have run", endpoint, n)
		}
	}
}

func TestAnAnswerMayBeAsLargeAsTheClientSays(t *testing.T) {
	r := registry.NewMemoryRegistry()
	node(t, r, new(shop))
	for most, refused := range map[int]bool{1 << 10: true, 16 << 20: false} {
		c := newClient(t, r, http.MaxAnswerBytes(most))
		err := c.Call(t.Context(), asJSON(c, "/large", nil), nil)
		if got := err != nil && strings.Contains(err.Error(), fmt.Sprintf("more than %d bytes", most)); got != refused {
			t.Errorf("at most %d bytes: %v", most, err)
		}
	}
}

func TestRetriesAreCounted(t *testing.T) {
	r, s := registry.NewMemoryRegistry(), new(shop)
	node(t, r, s)
	c := newClient(t, r, client.Retry(client.RetryOnError), client.Backoff(nil))
	for retries := range 3 {
		before := s.requests.Load()
		if err := c.Call(t.Context(), asJSON(c, "/fail", nil), nil, client.WithRetries(retries)); errs.FromError(err).GetCode() != 500 {
			t.Errorf("got %v", err)
		}
		if n := s.requests.Load() - before; n != int64(retries)+1 {
			t.Errorf("with %d retries it was called %d times", retries, n)
		}
	}
}

// record registers a node that is not there.
func record(t *testing.T, r registry.Registry, name, address, protocol string) {
	t.Helper()
	if err := r.Register(&registry.Service{Name: name, Version: "1", Nodes: []*registry.Node{{Id: address, Address: address, Metadata: map[string]string{"protocol": protocol}}}}); err != nil {
		t.Fatal(err)
	}
}

func TestOnlyNodesThatSpeakHTTPAreCalled(t *testing.T) {
	r, s := registry.NewMemoryRegistry(), new(shop)
	node(t, r, s)
	record(t, r, "shop.web", "127.0.0.1:1", "mucp")
	record(t, r, "other", "127.0.0.1:1", "mucp")
	c := newClient(t, r)
	for range 20 {
		if err := c.Call(t.Context(), asJSON(c, "/echo", order{}), nil, client.WithRetries(0)); err != nil {
			t.Fatal(err)
		}
	}
	for name, text := range map[string]string{"other": "none available", "nobody": "not found"} {
		if err := c.Call(t.Context(), c.NewRequest(name, "/", nil), nil); err == nil || !strings.Contains(err.Error(), text) || !client.NotRun(err) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestWhatDidNotRunGoesElsewhere(t *testing.T) {
	r, s := registry.NewMemoryRegistry(), new(shop)
	address := node(t, r, s)
	c := newClient(t, r)
	for range 10 { // it begins with either
		if err := c.Call(t.Context(), asJSON(c, "/echo", order{}), nil, client.WithAddress("127.0.0.1:1", address)); err != nil {
			t.Error(err)
		}
	}
	for _, bad := range []string{"a/b", "user@host:1", "", "host:1?x"} {
		if err := c.Call(t.Context(), asJSON(c, "/echo", order{}), nil, client.WithAddress(bad)); err == nil || !client.NotRun(err) {
			t.Errorf("address %q: %v", bad, err)
		}
	}
	if err := c.Call(t.Context(), asJSON(c, "/e%zz", order{}), nil); err == nil || !strings.Contains(err.Error(), "not a path") {
		t.Errorf("a wrong path: %v", err)
	}
}

func TestADeadline(t *testing.T) {
	r, s := registry.NewMemoryRegistry(), new(shop)
	node(t, r, s)
	c := newClient(t, r)
	began := time.Now()
	err := c.Call(t.Context(), asJSON(c, "/late", order{}), nil, client.WithRequestTimeout(100*time.Millisecond))
	if errs.FromError(err).GetCode() != 408 || client.NotRun(err) {
		t.Errorf("got %v", err)
	}
	if took := time.Since(began); took > 2*time.Second || s.requests.Load() != 1 {
		t.Errorf("%d requests in %v", s.requests.Load(), took)
	}
}

func TestConnectionsAreUsedAgain(t *testing.T) {
	r := registry.NewMemoryRegistry()
	node(t, r, new(shop))
	var attempts []client.Attempt
	c := newClient(t, r)
	for range 3 {
		if err := c.Call(t.Context(), asJSON(c, "/echo", order{"a", 1}), new(order), client.OnAttempt(func(a client.Attempt) { attempts = append(attempts, a) })); err != nil {
			t.Fatal(err)
		}
	}
	if attempts[0].Reused || !attempts[1].Reused || !attempts[2].Reused {
		t.Errorf("attempts %v", attempts)
	}
	if a := attempts[2]; a.Sent == 0 || a.Received != a.Sent || !strings.HasPrefix(a.Header["Content-Type"], "application/json") {
		t.Errorf("the last attempt: %+v", a)
	}
}

func TestAProxyThatIsAskedFor(t *testing.T) {
	var through atomic.Int64
	proxy := httptest.NewServer(stdhttp.HandlerFunc(func(w stdhttp.ResponseWriter, r *stdhttp.Request) {
		through.Add(1)
		_, _ = fmt.Fprintf(w, `{"name":%q}`, r.URL.Host)
	}))
	defer proxy.Close()
	at, err := url.Parse(proxy.URL)
	if err != nil {
		t.Fatal(err)
	}
	transport := &stdhttp.Transport{Proxy: stdhttp.ProxyURL(at)}
	defer transport.CloseIdleConnections()
	c := newClient(t, registry.NewMemoryRegistry(), http.Transport(transport))
	var got order
	if err := c.Call(t.Context(), asJSON(c, "/x", order{}), &got, client.WithAddress("shop.example:80")); err != nil || got.Name != "shop.example:80" || through.Load() != 1 {
		t.Errorf("got %v, %v; %d requests", got, err, through.Load())
	}
}

func TestStreamsArePosts(t *testing.T) {
	r, s := registry.NewMemoryRegistry(), new(shop)
	node(t, r, s)
	c := newClient(t, r)
	stream, err := c.Stream(t.Context(), asJSON(c, "/echo", nil))
	if err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		if err := stream.Send(order{"a", i}); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 3 {
		var got order
		if err := stream.Recv(&got); err != nil || got.Count != i {
			t.Errorf("answer %d is %v, %v", i, got, err)
		}
	}
	if h := stream.Response().Header(); !strings.HasPrefix(h["Content-Type"], "application/json") {
		t.Errorf("headers %v", h)
	}
	done := make(chan error, 1)
	go func() { // more than may wait
		var failed error
		for i := range 200 {
			failed = errors.Join(failed, stream.Send(order{"b", i}))
		}
		done <- errors.Join(failed, stream.CloseSend())
	}()
	n := 0
	for ; ; n++ {
		var got order
		if err := stream.Recv(&got); errors.Is(err, io.EOF) {
			break
		} else if err != nil || got.Count != n {
			t.Fatalf("answer %d is %v, %v", n, got, err)
		}
	}
	if err := <-done; err != nil || n != 200 {
		t.Errorf("%d answers, %v", n, err)
	}
	for range 3 {
		if err := stream.Recv(new(order)); !errors.Is(err, io.EOF) {
			t.Errorf("after the end: %v", err)
		}
	}
	if err := errors.Join(stream.Error(), stream.Close()); err != nil {
		t.Error(err)
	}
	if err := stream.Send(order{}); err == nil {
		t.Error("sent on a closed stream")
	}
}

func TestAStreamTellsWhatWentWrong(t *testing.T) {
	r := registry.NewMemoryRegistry()
	node(t, r, new(shop))
	c := newClient(t, r)
	stream, err := c.Stream(t.Context(), asJSON(c, "/status", nil))
	if err != nil {
		t.Fatal(err)
	}
	if err := stream.Send(order{}); err != nil {
		t.Fatal(err)
	}
	if err := stream.Recv(nil); errs.FromError(err).GetCode() != 418 || stream.Error() == nil {
		t.Errorf("got %v", err)
	}
	received := make(chan error, 1)
	go func() { received <- stream.Recv(nil) }()
	if err := stream.Close(); err != nil {
		t.Error(err)
	}
	if err := <-received; err == nil || errors.Is(err, io.EOF) {
		t.Errorf("received from a closed stream: %v", err)
	}
	late, err := c.Stream(t.Context(), asJSON(c, "/late", nil), client.WithStreamTimeout(100*time.Millisecond))
	if err != nil {
		t.Fatal(err)
	}
	_ = late.Send(order{}) // its error is told below
	if err := late.Recv(nil); errs.FromError(err).GetCode() != 408 {
		t.Errorf("late: %v", err)
	}
	if err := late.Close(); err != nil {
		t.Error(err)
	}
}
