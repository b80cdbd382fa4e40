package dns_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	miekg "github.com/miekg/dns"
	"go.uber.org/goleak"

	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/framework/selector"
	"github.com/microtop/microtop/framework/selector/dns"
	"github.com/microtop/microtop/framework/selector/selectortest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// zone is a name server: records by question, "SRV _shop._tcp.test.".
type zone struct {
	mu      sync.Mutex
	records map[string][]string
	asked   atomic.Int64
	broken  atomic.Bool
}

// port takes a port for both protocols: what is free for one may be taken for the other.
func port(t testing.TB) (net.PacketConn, net.Listener) {
	t.Helper()
	var failed error
	for range 20 {
		conn, err := new(net.ListenConfig).ListenPacket(context.Background(), "udp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		listener, err := new(net.ListenConfig).Listen(context.Background(), "tcp", conn.LocalAddr().String())
		if err == nil {
			return conn, listener
		}
		failed = err
		_ = conn.Close()
	}
	t.Fatal(failed)
	return nil, nil
}

// serve starts a name server on a free port and returns its address.
func serve(t testing.TB, handle miekg.HandlerFunc) string {
	t.Helper()
	conn, listener := port(t)
	for _, server := range []*miekg.Server{{PacketConn: conn, Handler: handle}, {Listener: listener, Handler: handle}} {
		started, done := make(chan struct{}), make(chan struct{})
		server.NotifyStartedFunc = func() { close(started) }
		go func() {
			defer close(done)
			_ = server.ActivateAndServe()
		}()
		<-started
		t.Cleanup(func() { _ = server.Shutdown(); <-done })
	}
	return conn.LocalAddr().String()
}

func (z *zone) ServeDNS(w miekg.ResponseWriter, q *miekg.Msg) {
	z.asked.Add(1)
	m := new(miekg.Msg).SetReply(q)
	if z.broken.Load() {
		m.Rcode = miekg.RcodeServerFailure
		_ = w.WriteMsg(m)
		return
	}
	z.mu.Lock()
	defer z.mu.Unlock()
	question := miekg.TypeToString[q.Question[0].Qtype] + " " + strings.ToLower(q.Question[0].Name)
	for _, data := range z.records[question] {
		record, err := miekg.NewRR(q.Question[0].Name + " 60 IN " + miekg.TypeToString[q.Question[0].Qtype] + " " + data)
		if err != nil {
			panic(err)
		}
		m.Answer = append(m.Answer, record)
	}
	if len(m.Answer) == 0 {
		m.Rcode = miekg.RcodeNameError
	}
	if w.LocalAddr().Network() == "udp" && m.Len() > 1200 {
		m.Answer, m.Truncated = nil, true
	}
	_ = w.WriteMsg(m)
}

func (z *zone) set(question string, data ...string) {
	z.mu.Lock()
	defer z.mu.Unlock()
	if z.records == nil {
		z.records = map[string][]string{}
	}
	z.records[question] = data
}

func open(t testing.TB, z *zone, opts ...selector.Option) selector.Selector {
	sel := dns.NewSelector(append([]selector.Option{dns.Server(serve(t, z.ServeDNS)), dns.Domain("test")}, opts...)...)
	t.Cleanup(func() { _ = sel.Close() })
	return sel
}

// The name server of the suite answers with what is in the registry.
func TestConformance(t *testing.T) {
	selectortest.Run(t, func(t *testing.T, r registry.Registry) selector.Selector {
		z := new(zone)
		return dns.NewSelector(dns.Domain("test"), dns.TTL(0), dns.Server(serve(t, func(w miekg.ResponseWriter, q *miekg.Msg) {
			services, _ := r.GetService("shop")
			var records []string
			for _, s := range services {
				for _, n := range s.Nodes {
					records = append(records, "1 1 80 "+n.Id+".")
				}
			}
			z.set("SRV _shop._tcp.test.", records...)
			z.ServeDNS(w, q)
		})))
	}, selectortest.Caps{ID: func(id string) string { return id + ":80" }})
}

func take(t *testing.T, sel selector.Selector, service string) string {
	t.Helper()
	next, err := sel.Select(service)
	if err != nil {
		t.Fatalf("%s: %v", service, err)
	}
	n, err := next()
	if err != nil {
		t.Fatalf("%s: %v", service, err)
	}
	if n.Metadata["protocol"] != "mucp" {
		t.Errorf("%s: metadata %v", service, n.Metadata)
	}
	return n.Address
}

func TestSRVThenAddresses(t *testing.T) {
	z := new(zone)
	z.set("SRV _shop._tcp.test.", "0 5 9000 one.test.")
	z.set("A shop.test.", "10.0.0.9")
	z.set("A plain.test.", "10.0.0.1")
	z.set("AAAA six.test.", "fd00::1")
	z.set("A host.example.", "10.0.0.7")
	z.set("SRV _none._tcp.test.", "0 0 0 .")
	sel := open(t, z, dns.Port(7000))
	for service, want := range map[string]string{
		"shop": "one.test:9000", "plain": "10.0.0.1:7000", "six": "[fd00::1]:7000", "host.example.:80": "10.0.0.7:80",
	} {
		if got := take(t, sel, service); got != want {
			t.Errorf("%s is at %s, want %s", service, got, want)
		}
	}
	for service, want := range map[string]error{
		"nobody": selector.ErrNotFound, "": selector.ErrNotFound, "a/b": selector.ErrNotFound, "none": selector.ErrNoneAvailable,
	} {
		next, err := sel.Select(service)
		if err == nil {
			_, err = next()
		}
		if !errors.Is(err, want) {
			t.Errorf("%q: %v, want %v", service, err, want)
		}
	}
}

func TestHigherPriorityNumbersAreReserves(t *testing.T) {
	z := new(zone)
	z.set("SRV _shop._tcp.test.", "20 1 80 reserve.", "10 1 80 one.", "10 1 80 two.")
	sel := open(t, z)
	for _, step := range []struct {
		fails string
		want  []string
	}{{"", []string{"one:80", "two:80"}}, {"one:80", []string{"two:80"}}, {"two:80", []string{"reserve:80"}}} {
		sel.Mark("shop", &registry.Node{Id: step.fails, Address: step.fails}, errors.New("connection refused"))
		seen := map[string]bool{}
		for range 50 {
			seen[take(t, sel, "shop")] = true
		}
		if len(seen) != len(step.want) || slices.ContainsFunc(step.want, func(n string) bool { return !seen[n] }) {
			t.Errorf("after %q failed, nodes %v, want %v", step.fails, seen, step.want)
		}
	}
}

func TestAnswersAreKept(t *testing.T) {
	z := new(zone)
	z.set("SRV _shop._tcp.test.", "0 5 9000 one.test.")
	sel := open(t, z, dns.TTL(time.Hour))
	take(t, sel, "shop")
	asked := z.asked.Load()
	for range 100 {
		take(t, sel, "shop")
	}
	if n := z.asked.Load() - asked; n != 0 {
		t.Errorf("asked %d times again", n)
	}
}

func TestAFailingNameServer(t *testing.T) {
	z := new(zone)
	z.set("SRV _shop._tcp.test.", "0 5 9000 one.test.")
	sel := open(t, z, dns.TTL(0), dns.Timeout(200*time.Millisecond))
	take(t, sel, "shop")
	z.broken.Store(true)
	if got := take(t, sel, "shop"); got != "one.test:9000" {
		t.Errorf("got %s", got)
	}
	if _, err := sel.Select("other"); err == nil || errors.Is(err, selector.ErrNotFound) {
		t.Errorf("a service that was never seen: %v", err)
	}
}

// A name server that says nothing costs no more than the time set, or the caller's deadline.
func TestASilentNameServer(t *testing.T) {
	silent := serve(t, func(miekg.ResponseWriter, *miekg.Msg) {})
	sel := dns.NewSelector(dns.Server(silent), dns.Domain("test"), dns.Timeout(100*time.Millisecond))
	defer sel.Close()
	start := time.Now()
	if _, err := sel.Select("shop"); err == nil {
		t.Error("no error")
	}
	if took := time.Since(start); took > 1800*time.Millisecond { // without the option it would be two seconds at least
		t.Errorf("took %s", took)
	}
}

func TestAnswersAreBounded(t *testing.T) {
	z := new(zone)
	records := make([]string, 1000)
	for i := range records {
		records[i] = fmt.Sprintf("0 1 %d one.test.", i%10+1) // the same ten nodes, over and over
	}
	z.set("SRV _shop._tcp.test.", records...)
	sel := open(t, z)
	seen := map[string]bool{}
	for range 500 {
		seen[take(t, sel, "shop")] = true
	}
	if len(seen) != 10 {
		t.Errorf("%d nodes, want 10", len(seen))
	}
}

func Example() {
	// The nodes of shop are the targets of _shop._tcp.prod.example.com.
	sel := dns.NewSelector(dns.Domain("prod.example.com"))
	defer sel.Close()
	fmt.Println(sel)
	// Output: dns
}
