package vitals_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	micro "github.com/microtop/microtop/framework"
	"github.com/microtop/microtop/framework/broker"
	"github.com/microtop/microtop/framework/client"
	pb "github.com/microtop/microtop/framework/debug/proto"
	microerrors "github.com/microtop/microtop/framework/errors"
	"github.com/microtop/microtop/framework/logger"
	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/introspect"
	"github.com/microtop/microtop/introspect/vitals"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// Echo is a handler, to have something to count.
type Echo struct{}

// Say answers with what it is told, or fails.
func (*Echo) Say(_ context.Context, req *string, rsp *string) error {
	if *req == "fail" {
		return errors.New("told to")
	}
	*rsp = *req
	return nil
}

// service starts a node of a service named shop.
func service(t *testing.T, r registry.Registry, opts ...micro.Option) micro.Service {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	started, ended := make(chan struct{}), make(chan error, 1)
	s := micro.NewService(append(opts, micro.Name("shop"), micro.Version("1"), micro.Address("127.0.0.1:0"), micro.Registry(r), micro.Broker(broker.NewMemoryBroker()),
		micro.HandleSignal(false), micro.Context(ctx), micro.AfterStart(func() error { close(started); return nil }))...)
	if err := micro.RegisterHandler(s.Server(), new(Echo)); err != nil {
		t.Fatal(err)
	}
	go func() { ended <- s.Run() }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	select {
	case <-started:
	case <-time.After(10 * time.Second):
		t.Fatal("the service does not start")
	}
	return s
}

func session(t *testing.T, r registry.Registry, change ...func(*introspect.Config)) *introspect.Session {
	t.Helper()
	c := introspect.Config{Registry: r, Client: introspect.NewClient(client.Registry(r)), Timeout: 5 * time.Second}
	for _, f := range change {
		f(&c)
	}
	s, err := introspect.Open(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func claim(t *testing.T, r registry.Registry, id, protocol, address string) {
	t.Helper()
	n := &registry.Node{Id: id, Address: address, Metadata: map[string]string{"protocol": protocol}}
	if err := r.Register(&registry.Service{Name: "shop", Version: "2", Nodes: []*registry.Node{n}}); err != nil {
		t.Fatal(err)
	}
}

// deaf is the address of a node that accepts and never answers.
func deaf(t *testing.T) string {
	t.Helper()
	var c net.ListenConfig
	l, err := c.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l.Addr().String()
}

func only(t *testing.T, s *introspect.Session) vitals.Node {
	t.Helper()
	nodes, err := vitals.Nodes(t.Context(), s, introspect.Target{Service: "shop", Version: "1"})
	if err != nil || len(nodes) != 1 {
		t.Fatal(nodes, err)
	}
	return nodes[0]
}

func TestEveryNodeIsAsked(t *testing.T) {
	r := registry.NewMemoryRegistry()
	running := service(t, r)
	claim(t, r, "http", "http", "127.0.0.1:1")
	claim(t, r, "deaf", "mucp", deaf(t))
	s := session(t, r, func(c *introspect.Config) { c.Timeout = 300 * time.Millisecond })
	for _, body := range []string{"a", "fail", "b"} {
		req := running.Client().NewRequest("shop", "Echo.Say", body, client.WithContentType("application/json"))
		_ = running.Client().Call(t.Context(), req, new(string), client.WithAddress(running.Server().Options().Address))
	}
	target := introspect.Target{Service: "shop"}
	health, err := vitals.Health(t.Context(), s, target)
	if err != nil || len(health) != 3 {
		t.Fatal(health, err)
	}
	stats, err := vitals.Stats(t.Context(), s, target)
	if err != nil || len(stats) != 3 {
		t.Fatal(stats, err)
	}
	for i, answer := range health {
		switch answer.Id {
		case "http":
			var protocol *vitals.ProtocolError
			if !errors.As(answer.Err, &protocol) || answer.Err.Error() != "http speaks http and has no debug service" {
				t.Errorf("http: %v", answer.Err)
			}
		case "deaf":
			if microerrors.FromError(answer.Err).GetCode() != 408 {
				t.Errorf("deaf: %v", answer.Err)
			}
		default:
			v := stats[i].Value
			if answer.Err != nil || answer.Value.GetStatus() != "ok" || answer.Service != "shop" || answer.Version != "1" {
				t.Errorf("health: %+v", answer)
			}
			if stats[i].Id != answer.Id || v.GetRequests() != 3 || v.GetErrors() != 1 || v.GetThreads() == 0 || v.GetMemory() == 0 {
				t.Errorf("stats: %+v", v)
			}
		}
	}
	info, err := vitals.Info(t.Context(), s, introspect.Target{Service: "shop", Version: "1"})
	if err != nil || len(info) != 1 || info[0].Err != nil || info[0].Value.GetName() != "shop" || info[0].Value.GetId() == "" || info[0].Value.GetPid() == 0 {
		t.Errorf("info: %+v, %v", info, err)
	}
	if _, err := vitals.Health(t.Context(), s, introspect.Target{Service: "nope"}); err == nil {
		t.Error("an unknown service is well")
	}
}

func TestLogs(t *testing.T) {
	r := registry.NewMemoryRegistry()
	running := service(t, r)
	s := session(t, r)
	n := only(t, s)
	for i := range 5 {
		running.Options().Logger.Logf(logger.InfoLevel, "line %d", i)
	}
	var got []string
	collect := func(r *pb.Record) bool { got = append(got, r.GetMessage()); return true }
	if err := vitals.Logs(t.Context(), s, n, 2, false, collect); err != nil || fmt.Sprint(got) != "[line 3 line 4]" {
		t.Errorf("got %v, %v", got, err)
	}
	got = nil
	if err := vitals.Logs(t.Context(), s, n, 0, false, func(r *pb.Record) bool { got = append(got, r.GetMessage()); return false }); err != nil || len(got) != 1 {
		t.Errorf("a reader that has enough: %v, %v", got, err)
	}
	got = nil
	following := make(chan string, 10)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ended := make(chan error, 1)
	go func() {
		ended <- vitals.Logs(ctx, s, n, 1, true, func(r *pb.Record) bool { following <- r.GetMessage(); return true })
	}()
	expect := func(want string) {
		t.Helper()
		select {
		case line := <-following:
			if line != want {
				t.Errorf("got %q, want %q", line, want)
			}
		case <-time.After(5 * time.Second):
			t.Fatalf("%q does not come", want)
		}
	}
	expect("line 4")
	running.Options().Logger.Log(logger.WarnLevel, "later")
	expect("later")
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("after the end: %v", err)
	}
}

// Reading the kept lines of a node that never answers takes no longer than a call may.
func TestLogsOfANodeThatNeverAnswers(t *testing.T) {
	r := registry.NewMemoryRegistry()
	s := session(t, r, func(c *introspect.Config) { c.Timeout = 200 * time.Millisecond })
	n := vitals.Node{Service: "shop", Node: &registry.Node{Id: "deaf", Address: deaf(t)}}
	began := time.Now()
	err := vitals.Logs(t.Context(), s, n, 0, false, func(*pb.Record) bool { return true })
	if err == nil || !strings.Contains(err.Error(), "logs of deaf") || time.Since(began) > 3*time.Second {
		t.Errorf("got %v after %v", err, time.Since(began))
	}
}

func TestProfile(t *testing.T) {
	r := registry.NewMemoryRegistry()
	service(t, r)
	s := session(t, r)
	n := only(t, s)
	for kind, seconds := range map[string]float64{"heap": 0.1, "cpu": 0.2} {
		body, err := vitals.Profile(t.Context(), s, n, kind, time.Duration(seconds*float64(time.Second)))
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(body)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := gzip.NewReader(bytes.NewReader(data)); err != nil {
			t.Errorf("%s: %d bytes, %v", kind, len(data), err)
		}
		for range 2 {
			if err := body.Close(); err != nil {
				t.Error(err)
			}
		}
	}
	body, err := vitals.Profile(t.Context(), s, n, "nope", time.Second)
	if err == nil {
		_, err = io.ReadAll(body)
		_ = body.Close()
	}
	if err == nil || !strings.Contains(err.Error(), "unknown profile kind") || !strings.Contains(err.Error(), n.Id) {
		t.Errorf("an unknown kind: %v", err)
	}
}

// Closing the reader ends the recording: the next one may begin.
func TestAProfileThatIsGivenUp(t *testing.T) {
	r := registry.NewMemoryRegistry()
	service(t, r)
	s := session(t, r)
	n := only(t, s)
	body, err := vitals.Profile(t.Context(), s, n, "cpu", time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() {
		_, err := io.ReadAll(body)
		ended <- err
	}()
	time.AfterFunc(50*time.Millisecond, func() { _ = body.Close() })
	select {
	case err := <-ended:
		if err == nil {
			t.Error("a profile cut off reads as whole")
		}
	case <-time.After(5 * time.Second):
		t.Fatal("the read goes on")
	}
	for end := time.Now().Add(5 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		next, err := vitals.Profile(t.Context(), s, n, "cpu", 50*time.Millisecond)
		if err == nil {
			_, err = io.ReadAll(next)
			_ = next.Close()
		}
		if err == nil {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("the recording goes on: %v", err)
		}
	}
}

// The token opens what is closed, and is sent nowhere else.
func TestTheDebugToken(t *testing.T) {
	t.Setenv("MICRO_DEBUG_TOKEN", "secret")
	t.Setenv("MICRO_DEBUG_REMOTE_ONLY_TOKEN", "true")
	r := registry.NewMemoryRegistry()
	service(t, r)
	loopback := []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	for _, tt := range []struct {
		name  string
		token string
		hosts []netip.Prefix
		open  bool
	}{
		{"none", "", loopback, false}, {"wrong", "secrets", loopback, false}, {"right", "secret", loopback, true}, {"not for this host", "secret", nil, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := session(t, r, func(c *introspect.Config) { c.Token, c.TokenHosts = tt.token, tt.hosts })
			err := vitals.Logs(t.Context(), s, only(t, s), 1, false, func(*pb.Record) bool { return true })
			if (err == nil) != tt.open {
				t.Errorf("logs: %v", err)
			}
			if err != nil && microerrors.FromError(err).GetCode() != 403 {
				t.Errorf("logs: %v", err)
			}
			health, err := vitals.Health(t.Context(), s, introspect.Target{Service: "shop"})
			if err != nil || health[0].Err != nil {
				t.Errorf("health: %v, %v", health, err)
			}
		})
	}
}

func TestNodesOfOtherProtocolsHaveNoStreams(t *testing.T) {
	s := session(t, registry.NewMemoryRegistry())
	n := vitals.Node{Service: "shop", Node: &registry.Node{Id: "n", Address: "127.0.0.1:1", Metadata: map[string]string{"protocol": "http"}}}
	var protocol *vitals.ProtocolError
	if err := vitals.Logs(t.Context(), s, n, 0, true, func(*pb.Record) bool { return true }); !errors.As(err, &protocol) {
		t.Errorf("logs: %v", err)
	}
	if _, err := vitals.Profile(t.Context(), s, n, "heap", time.Second); !errors.As(err, &protocol) {
		t.Errorf("profile: %v", err)
	}
}
