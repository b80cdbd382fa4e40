package web_test

import (
	"bufio"
	"context"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	micro "github.com/microtop/microtop/framework"
	"github.com/microtop/microtop/framework/limits"
	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/framework/server/servertest"
	"github.com/microtop/microtop/framework/web"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// newService makes a service in a registry of its own.
func newService(opts ...web.Option) web.Service {
	return web.NewService(append([]web.Option{
		web.Name("shop.web"), web.Address("127.0.0.1:0"), web.Registry(registry.NewMemoryRegistry()),
		web.Logger(servertest.Logger()), web.StaticDir(""),
	}, opts...)...)
}

// start starts a service that is stopped with the test.
func start(t *testing.T, s web.Service) {
	t.Helper()
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Stop(); err != nil {
			t.Errorf("stop: %v", err)
		}
	})
}

func hello(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "hello") }

// get returns what a URL answers.
func get(t *testing.T, c *http.Client, url string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	rsp, err := c.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer rsp.Body.Close()
	body, err := io.ReadAll(rsp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return rsp.StatusCode, string(body)
}

func TestAServiceIsRegisteredAndCalledByItsName(t *testing.T) {
	s := newService(web.Icon("x.png"), web.Id("1"), web.Version("2"))
	s.HandleFunc("/hello", hello)
	s.Handle("/bye", http.NotFoundHandler())
	start(t, s)
	found, err := s.Options().Registry.GetService("shop.web")
	if err != nil {
		t.Fatal(err)
	}
	want := &registry.Service{
		Name: "shop.web", Version: "2",
		Nodes:     []*registry.Node{{Id: "1", Address: s.Options().Address, Metadata: map[string]string{"icon": "x.png", "protocol": "http"}}},
		Endpoints: []*registry.Endpoint{{Name: "/hello", Metadata: map[string]string{}}, {Name: "/bye", Metadata: map[string]string{}}},
	}
	if diff := cmp.Diff(want, found[0]); diff != "" {
		t.Errorf("the record (-want +got):\n%s", diff)
	}
	if code, body := get(t, s.Client(), "http://shop.web/hello"); code != 200 || body != "hello" {
		t.Errorf("got %d %q", code, body)
	}
	req, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://nowhere/", strings.NewReader("x"))
	if rsp, err := s.Client().Do(req); err == nil || !strings.Contains(err.Error(), "nowhere") {
		t.Errorf("a service that is not there: %v %v", rsp, err)
	}
	if err := s.Stop(); err != nil {
		t.Error(err)
	}
	if _, err := s.Options().Registry.GetService("shop.web"); !errors.Is(err, registry.ErrNotFound) {
		t.Errorf("after stop: %v", err)
	}
	if err := s.Start(); err != nil { // again
		t.Fatal(err)
	}
	if code, _ := get(t, s.Client(), "http://shop.web/bye"); code != 404 {
		t.Errorf("got %d", code)
	}
}

// Whoever registers says where its nodes are: what is no host and port of a network is not called, nor is where a node sends
// callers on to, unless it is a service.
func TestTheClientGoesToNodesOnly(t *testing.T) {
	t.Parallel()
	r := registry.NewMemoryRegistry()
	s := newService(web.Registry(r))
	elsewhere := "127.0.0.1:1"
	s.HandleFunc("/away", func(w http.ResponseWriter, req *http.Request) {
		http.Redirect(w, req, "http://"+elsewhere+"/latest", http.StatusFound)
	})
	start(t, s)
	for _, address := range []string{"unix:/run/x.sock", "127.0.0.1", "169.254.169.254:80/latest", "user@127.0.0.1:80", "127.0.0.1:0", "127.0.0.1:80?x", "a b:80"} {
		if err := r.Register(&registry.Service{Name: "bad", Version: address, Nodes: []*registry.Node{{Id: address, Address: address}}}); err != nil {
			t.Fatal(err)
		}
		body := &closed{Reader: strings.NewReader("x")}
		req, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://bad/", body)
		if rsp, err := s.Client().Do(req); !errors.Is(err, registry.ErrInvalid) || !body.closed {
			t.Errorf("%s: got %v, %v; the body was closed: %v", address, rsp, err, body.closed)
		}
		if err := r.Deregister(&registry.Service{Name: "bad", Version: address, Nodes: []*registry.Node{{Id: address, Address: address}}}); err != nil {
			t.Fatal(err)
		}
	}
	req, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://shop.web/away", nil)
	if rsp, err := s.Client().Do(req); err == nil || !strings.Contains(err.Error(), "service "+elsewhere) {
		t.Errorf("sent away: %v, %v", rsp, err)
	}
}

// closed is a body that knows whether it was.
type closed struct {
	io.Reader
	closed bool
}

func (c *closed) Close() error {
	c.closed = true
	return nil
}

func TestTwoServicesShareNothing(t *testing.T) {
	a, b := web.NewService(web.Name("a")), web.NewService(web.Name("b"))
	if a.Options().Service == b.Options().Service || a.Options().Service.Options().Registry == b.Options().Service.Options().Registry {
		t.Error("they share a registry")
	}
	if a.Options().Id == b.Options().Id {
		t.Error("they share an id")
	}
}

func TestHooksRunInOrder(t *testing.T) {
	var ran []string
	note := func(name string) func() error { return func() error { ran = append(ran, name); return nil } }
	s := newService(web.BeforeStart(note("before start")), web.AfterStart(note("after start")), web.BeforeStop(note("before stop")),
		web.AfterStop(note("after stop")), web.AfterStop(note("after stop 2")))
	if err := errors.Join(s.Start(), s.Start(), s.Stop(), s.Stop()); err != nil {
		t.Fatal(err)
	}
	if want := []string{"before start", "after start", "before stop", "after stop", "after stop 2"}; !slices.Equal(ran, want) {
		t.Errorf("ran %v, want %v", ran, want)
	}
}

func TestAHookThatFailsLeavesNothingOpen(t *testing.T) {
	failed := errors.New("no database")
	fail := func() error { return failed }
	for name, option := range map[string]web.Option{"before": web.BeforeStart(fail), "after": web.AfterStart(fail)} {
		t.Run(name, func(t *testing.T) {
			s := newService(option)
			if err := s.Start(); !errors.Is(err, failed) {
				t.Errorf("start: %v", err)
			}
			if _, err := s.Options().Registry.GetService("shop.web"); !errors.Is(err, registry.ErrNotFound) {
				t.Errorf("it is registered: %v", err)
			}
			if err := s.Stop(); err != nil {
				t.Errorf("stop: %v", err)
			}
		})
	}
}

func TestRunEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	s := newService(web.Context(ctx), web.AfterStart(func() error { cancel(); return nil }))
	if err := s.Run(); err != nil {
		t.Error(err)
	}
}

// refreshes tells of each registration what time it was given.
type refreshes struct {
	registry.Registry

	ttl chan time.Duration
}

func (r *refreshes) Register(s *registry.Service, opts ...registry.RegisterOption) error {
	var o registry.RegisterOptions
	for _, set := range opts {
		set(&o)
	}
	r.ttl <- o.TTL
	return r.Registry.Register(s, opts...)
}

func TestTheRegistrationIsKeptFresh(t *testing.T) {
	var checks atomic.Int64
	r := &refreshes{registry.NewMemoryRegistry(), make(chan time.Duration, 1000)}
	s := newService(web.Registry(r), web.RegisterTTL(time.Minute), web.RegisterInterval(10*time.Millisecond), web.RegisterCheck(func(context.Context) error {
		checks.Add(1)
		return nil
	}))
	start(t, s)
	for n := range int64(3) {
		if got := <-r.ttl; got != time.Minute || checks.Load() <= n {
			t.Errorf("registration %d after %d checks, for %v", n+1, checks.Load(), got)
		}
	}
}

func TestStopFinishesWhatRuns(t *testing.T) {
	running := make(chan struct{})
	s := newService()
	s.HandleFunc("/slow", func(w http.ResponseWriter, r *http.Request) {
		close(running)
		time.Sleep(300 * time.Millisecond)
		hello(w, r)
	})
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	answer := make(chan string, 1)
	go func() {
		_, body := get(t, s.Client(), "http://shop.web/slow")
		answer <- body
	}()
	<-running
	if err := s.Stop(); err != nil {
		t.Errorf("stop: %v", err)
	}
	if got := <-answer; got != "hello" {
		t.Errorf("got %q", got)
	}
}

func TestStopIsBounded(t *testing.T) {
	running, ended := make(chan struct{}), make(chan struct{})
	s := newService(web.DrainTimeout(200 * time.Millisecond))
	s.HandleFunc("/endless", func(_ http.ResponseWriter, r *http.Request) {
		close(running)
		<-r.Context().Done() // the connection is closed at the deadline
		close(ended)
	})
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		req, _ := http.NewRequestWithContext(context.WithoutCancel(t.Context()), http.MethodGet, "http://shop.web/endless", nil)
		if rsp, err := s.Client().Do(req); err == nil {
			_ = rsp.Body.Close()
		}
	}()
	<-running
	began := time.Now()
	if err := s.Stop(); !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "drain deadline") {
		t.Errorf("stop: %v", err)
	}
	if took := time.Since(began); took > 2*time.Second {
		t.Errorf("it took %v", took)
	}
	<-ended
}

func TestTLS(t *testing.T) {
	s := newService(web.Secure(true))
	s.HandleFunc("/hello", hello)
	start(t, s)
	req, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://shop.web/hello", nil)
	rsp, err := s.Client().Do(req)
	var unknown x509.UnknownAuthorityError
	if !errors.As(err, &unknown) {
		t.Fatalf("a certificate that nobody signed: %v %v", rsp, err)
	}
}

func TestIPv6First(t *testing.T) {
	s := newService(web.Address("[::1]:0"))
	if err := s.Start(); err != nil {
		t.Skipf("not run: no IPv6 here: %v", err)
	}
	defer func() { _ = s.Stop() }()
	found, err := s.Options().Registry.GetService("shop.web")
	if err != nil {
		t.Fatal(err)
	}
	if host, _, err := net.SplitHostPort(found[0].Nodes[0].Address); err != nil || host != "::1" {
		t.Errorf("registered %s: %v", found[0].Nodes[0].Address, err)
	}
}

func TestStaticFiles(t *testing.T) {
	dir, outside := t.TempDir(), t.TempDir()
	for path, text := range map[string]string{filepath.Join(dir, "a.txt"): "static", filepath.Join(outside, "secret"): "secret"} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(filepath.Join(outside, "secret"), filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	s := newService(web.StaticDir(dir))
	s.HandleFunc("/hello", hello)
	start(t, s)
	for path, want := range map[string]string{"/a.txt": "static", "/hello": "hello"} {
		if code, body := get(t, s.Client(), "http://shop.web"+path); code != 200 || body != want {
			t.Errorf("%s: %d %q", path, code, body)
		}
	}
	if code, body := get(t, s.Client(), "http://shop.web/link"); code == 200 || body == "secret" {
		t.Errorf("a link out of the folder: %d %q", code, body)
	}
}

func TestAHandlerBesidePatterns(t *testing.T) {
	s := newService(web.Handler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "rest") })))
	s.HandleFunc("/hello", hello)
	start(t, s)
	for path, want := range map[string]string{"/x": "rest", "/hello": "hello"} {
		if _, body := get(t, s.Client(), "http://shop.web"+path); body != want {
			t.Errorf("%s: %q", path, body)
		}
	}
}

func TestAServerOfTheUsersServesOnce(t *testing.T) {
	s := newService(web.Server(&http.Server{MaxHeaderBytes: 1 << 20, ReadHeaderTimeout: time.Minute}))
	if err := errors.Join(s.Start(), s.Stop()); err != nil {
		t.Fatal(err)
	}
	if err := s.Start(); err == nil || !strings.Contains(err.Error(), "new one") {
		t.Errorf("start again: %v", err)
	}
}

func TestASlowPeerIsLetGo(t *testing.T) {
	s := newService(web.Limits(limits.Limits{HeaderReadTimeout: 200 * time.Millisecond, BodyTimeout: 200 * time.Millisecond, HeaderBytes: 1024}))
	s.HandleFunc("/upload", func(w http.ResponseWriter, r *http.Request) {
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			http.Error(w, err.Error(), http.StatusRequestTimeout)
		}
	})
	start(t, s)
	for name, c := range map[string]struct{ says, want string }{
		"in its header":  {"GET /upload HTTP/1.1\r\nHost: x\r\nX-", ""},
		"in its body":    {"POST /upload HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc", "HTTP/1.1 408"},
		"a large header": {"GET /upload HTTP/1.1\r\nHost: x\r\nX-Y: " + strings.Repeat("y", 10<<10) + "\r\n\r\n", "HTTP/1.1 431"},
	} {
		t.Run(name, func(t *testing.T) {
			conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", s.Options().Address)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			_ = conn.SetDeadline(time.Now().Add(3 * time.Second))
			if _, err := io.WriteString(conn, c.says); err != nil {
				t.Fatal(err)
			}
			r := bufio.NewReader(conn)
			line, err := r.ReadString('\n')
			if !strings.HasPrefix(line, c.want) || errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("got %q, %v", line, err)
			}
			if _, err := io.Copy(io.Discard, r); errors.Is(err, os.ErrDeadlineExceeded) {
				t.Error("the connection is kept")
			}
		})
	}
}

func TestTheCommandLineWins(t *testing.T) {
	t.Setenv("MICRO_SERVER_NAME", "by.variable")
	t.Setenv("MICRO_REGISTER_TTL", "7")
	s := newService(web.Registry(nil), web.Version("3"))
	if err := s.Init(web.Name("by.option")); err != nil {
		t.Fatal(err)
	}
	o := s.Options()
	if o.Name != "by.variable" || o.RegisterTTL != 7*time.Second || o.Version != "3" || o.Address != "127.0.0.1:0" {
		t.Errorf("name %s, TTL %s, version %s, address %s", o.Name, o.RegisterTTL, o.Version, o.Address)
	}
}

func TestAMicroServiceLendsItsRegistry(t *testing.T) {
	r := registry.NewMemoryRegistry()
	s := newService(web.Registry(nil), web.MicroService(micro.NewService(micro.Registry(r), micro.CommandLine(false))))
	if err := s.Init(); err != nil {
		t.Fatal(err)
	}
	start(t, s)
	if _, err := r.GetService("shop.web"); err != nil {
		t.Error(err)
	}
}
