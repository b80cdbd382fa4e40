package mdns_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/miekg/dns"
	"go.uber.org/goleak"

	"github.com/microtop/microtop/framework/internal/mdns"
	"github.com/microtop/microtop/framework/internal/mdns/mdnstest"
	"github.com/microtop/microtop/framework/limits"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	here  = "192.0.2.2"
	there = "192.0.2.3"
)

func fixture(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// captured is the entry that a captured packet tells of.
func captured(t testing.TB, name, id string) mdns.Entry {
	t.Helper()
	heard, err := mdns.Read(fixture(t, name))
	if err != nil || len(heard) != 1 {
		t.Fatalf("%s: %v, %v", name, heard, err)
	}
	return mdns.Entry{
		ID: id, Service: "fleet.greeter", Domain: "micro", Host: "vm.",
		Port: heard[0].Port, Addr: heard[0].Addr, Text: heard[0].Text,
	}
}

func node(id string) mdns.Entry {
	return mdns.Entry{ID: id, Service: "shop", Domain: "test", Host: "vm.", Port: 80, Addr: netip.MustParseAddr(here), Text: []string{"text"}}
}

func publish(t testing.TB, p *mdns.Peer, e mdns.Entry) {
	t.Helper()
	if err := p.Publish(context.Background(), e); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { withdraw(t, p, e) })
}

func withdraw(t testing.TB, p *mdns.Peer, e mdns.Entry) {
	t.Helper()
	if _, err := p.Withdraw(context.Background(), e.Name(), nil); err != nil {
		t.Error(err)
	}
}

// sent waits until nothing happens any more and takes what was sent meanwhile.
func sent(lan *mdnstest.LAN) []mdnstest.Datagram {
	synctest.Wait()
	defer lan.Forget()
	return lan.Sent()
}

// unpack is a packet without what is never the same twice: its records in order, unless a question has many answers.
func unpack(t testing.TB, b []byte) *dns.Msg {
	t.Helper()
	m := new(dns.Msg)
	if err := m.Unpack(b); err != nil {
		t.Fatal(err)
	}
	m.Compress = false
	return m
}

// What v4 answered to a question, we answer byte for byte.
func TestAnswersAreThoseOfV4(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		lan := new(mdnstest.LAN)
		p := mdns.NewPeer(lan.Host(here), limits.Default())
		publish(t, p, captured(t, "getservice-001.bin", "fleet.greeter-srv1"))
		for name, want := range map[string][]string{
			"getservice-query.bin":   {"getservice-001.bin", "getservice-001.bin"}, // and again over loopback
			"listservices-query.bin": {"listservices-001.bin"},
		} {
			sent(lan)
			lan.Inject(netip.MustParseAddrPort(here+":40000"), fixture(t, name), 1)
			got := sent(lan)
			if len(got) != len(want) {
				t.Fatalf("%s: %d answers, want %d", name, len(got), len(want))
			}
			for i, d := range got {
				if !bytes.Equal(d.Data, fixture(t, want[i])) {
					t.Errorf("%s: answer %d:\n%v\nwant\n%v", name, i, unpack(t, d.Data), unpack(t, fixture(t, want[i])))
				}
				if d.To.Port() != 40000 {
					t.Errorf("%s: answer %d went to %v", name, i, d.To)
				}
			}
		}
		lan.Inject(netip.MustParseAddrPort(here+":40000"), fixture(t, "dnssd-enum-query.bin"), 1)
		var want []dns.RR
		for _, name := range []string{"dnssd-enum-001.bin", "dnssd-enum-007.bin"} {
			want = append(want, unpack(t, fixture(t, name)).Answer...)
		}
		got := sent(lan)
		if len(got) != 1 {
			t.Fatalf("enumeration: %d answers", len(got))
		}
		for i, rr := range unpack(t, got[0].Data).Answer {
			if rr.String() != want[i].String() {
				t.Errorf("enumeration: %v, want %v", rr, want[i])
			}
		}
	})
}

// What v4 announces, we announce byte for byte, only sooner.
func TestAnnouncementsAreThoseOfV4(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		lan := new(mdnstest.LAN)
		p := mdns.NewPeer(lan.Host(here), limits.Default())
		entry := captured(t, "announce-006.bin", "fleet.greeter-nodeB")
		publish(t, p, entry)
		announcement, probe := fixture(t, "announce-006.bin"), fixture(t, "announce-000.bin")
		first := lan.Sent()
		if len(first) != 1 || !bytes.Equal(first[0].Data, announcement) || !first[0].HostOnly {
			t.Fatalf("at once: %d datagrams, want one announcement that stays on this host; the first:\n%v", len(first), unpack(t, first[0].Data))
		}
		time.Sleep(10 * time.Second)
		var probes, announcements int
		for _, d := range sent(lan)[1:] {
			switch {
			case bytes.Equal(d.Data[2:], probe[2:]): // the id is random
				probes++
			case bytes.Equal(d.Data, announcement):
				announcements++
			default:
				t.Errorf("sent\n%v", unpack(t, d.Data))
			}
		}
		if probes != 3 || announcements != 2 {
			t.Errorf("then %d probes and %d announcements, want 3 and 2", probes, announcements)
		}
		withdraw(t, p, entry)
		if got := sent(lan); len(got) != 1 || !bytes.Equal(got[0].Data, fixture(t, "announce-022.bin")) {
			t.Errorf("%d goodbyes, or not the right one", len(got))
		}
	})
}

func TestQuestions(t *testing.T) {
	const name = "a.shop.test."
	for _, tc := range []struct {
		what  string
		q     dns.Question
		from  string
		types []uint16 // of the records that answer; none: no answer
		id    uint16
	}{
		{"the service, by another case", dns.Question{Name: "SHOP.Test.", Qtype: dns.TypePTR, Qclass: 1}, there, []uint16{12, 33, 1, 16}, 0},
		{"the service, anything", dns.Question{Name: "shop.test.", Qtype: dns.TypeANY, Qclass: 1}, there, []uint16{12, 33, 1, 16}, 0},
		{"the service, unicast wanted", dns.Question{Name: "shop.test.", Qtype: dns.TypePTR, Qclass: 1<<15 | 1}, there, []uint16{12, 33, 1, 16}, 77},
		{"the service, an address", dns.Question{Name: "shop.test.", Qtype: dns.TypeA, Qclass: 1}, there, nil, 0},
		{"another class", dns.Question{Name: "shop.test.", Qtype: dns.TypePTR, Qclass: 3}, there, nil, 0},
		{"an instance's service", dns.Question{Name: name, Qtype: dns.TypeSRV, Qclass: 1}, there, []uint16{33, 1}, 0},
		{"an instance's text", dns.Question{Name: name, Qtype: dns.TypeTXT, Qclass: 1}, there, []uint16{16}, 0},
		{"an instance's address", dns.Question{Name: name, Qtype: dns.TypeA, Qclass: 1}, there, []uint16{1}, 0},
		{"an instance's other address", dns.Question{Name: name, Qtype: dns.TypeAAAA, Qclass: 1}, there, nil, 0},
		{"an instance, anything", dns.Question{Name: name, Qtype: dns.TypeANY, Qclass: 1}, there, []uint16{33, 1, 16}, 0},
		{"pointers to an instance", dns.Question{Name: name, Qtype: dns.TypePTR, Qclass: 1}, there, nil, 0},
		{"a host", dns.Question{Name: "vm.", Qtype: dns.TypeA, Qclass: 1}, there, []uint16{1}, 0},
		{"the list", dns.Question{Name: "_services.test.", Qtype: dns.TypePTR, Qclass: 1}, there, []uint16{12, 33, 1, 16}, 0},
		{"what is not here", dns.Question{Name: "other.test.", Qtype: dns.TypePTR, Qclass: 1}, there, nil, 0},
	} {
		t.Run(tc.what, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				lan := new(mdnstest.LAN)
				p := mdns.NewPeer(lan.Host(here), limits.Default())
				publish(t, p, node("a"))
				loop := node("loop") // in another service, so that it does not answer where it should not
				loop.Service, loop.Addr = "hidden", netip.MustParseAddr("127.0.0.1")
				publish(t, p, loop)
				sent(lan)
				m := &dns.Msg{Question: []dns.Question{tc.q}}
				m.Id = 77
				b, err := m.Pack()
				if err != nil {
					t.Fatal(err)
				}
				lan.Inject(netip.MustParseAddrPort(tc.from+":40000"), b, 1)
				got := sent(lan)
				if len(tc.types) == 0 {
					if len(got) != 0 {
						t.Errorf("answered\n%v", unpack(t, got[0].Data))
					}
					return
				}
				if len(got) != 1 {
					t.Fatalf("%d answers", len(got))
				}
				answer := unpack(t, got[0].Data)
				var types []uint16
				for _, rr := range answer.Answer {
					types = append(types, rr.Header().Rrtype)
				}
				if diff := cmp.Diff(tc.types, types); diff != "" || answer.Id != tc.id || answer.Question[0] != tc.q || !answer.Authoritative {
					t.Errorf("types (-want +got):\n%s\nanswer\n%v", diff, answer)
				}
			})
		})
	}
}

// Nothing about a node bound to loopback leaves its host.
func TestLoopbackStaysHere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		lan := new(mdnstest.LAN)
		mine, neighbour := mdns.NewPeer(lan.Host(here), limits.Default()), mdns.NewPeer(lan.Host(here), limits.Default())
		foreign := mdns.NewPeer(lan.Host(there), limits.Default())
		var near, far atomic.Int32
		for count, p := range map[*atomic.Int32]*mdns.Peer{&near: neighbour, &far: foreign} {
			stop, err := p.Listen(t.Context(), func(told []mdns.Heard) { count.Add(int32(len(told))) })
			if err != nil {
				t.Fatal(err)
			}
			defer stop()
		}
		e := node("a")
		e.Addr = netip.MustParseAddr("::1")
		publish(t, mine, e)
		time.Sleep(5 * time.Second)
		if near.Load() != 3 || far.Load() != 0 {
			t.Errorf("announcements heard: %d on this host, %d on another, want 3 and none", near.Load(), far.Load())
		}
		for _, name := range []string{"shop.test.", "_services.test.", "_services._dns-sd._udp.test.", "a.shop.test."} {
			if got := ask(t, foreign, name); got != 0 {
				t.Errorf("%s: another host has %d answers", name, got)
			}
		}
		if got := ask(t, neighbour, "shop.test."); got != 1 {
			t.Errorf("this host has %d answers", got)
		}
	})
}

// ask is how many instances answer.
func ask(t testing.TB, p *mdns.Peer, name string) int {
	t.Helper()
	seen := map[string]bool{}
	err := p.Ask(t.Context(), mdns.Question{Name: name, Timeout: 100 * time.Millisecond}, func(h mdns.Heard) bool {
		seen[h.Name] = true
		return true
	})
	if err != nil {
		t.Error(err)
	}
	return len(seen)
}

func TestAskReturnsSoonAfterTheLastAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		lan := new(mdnstest.LAN)
		p := mdns.NewPeer(lan.Host(here), limits.Default())
		for i := range 3 {
			publish(t, p, node(fmt.Sprint(i)))
		}
		for name, want := range map[string]time.Duration{"shop.test.": 3 * time.Millisecond, "nobody.test.": 100 * time.Millisecond} {
			start, answers := time.Now(), 0
			q := mdns.Question{Name: name, Timeout: 100 * time.Millisecond, Quiet: 3 * time.Millisecond}
			if err := p.Ask(t.Context(), q, func(mdns.Heard) bool { answers++; return true }); err != nil {
				t.Fatal(err)
			}
			if took := time.Since(start); took != want {
				t.Errorf("%s: %d answers in %v, want %v", name, answers, took, want)
			}
		}
	})
}

// The copies of a question that come over several interfaces are answered once; the same question asked again is answered.
func TestRepeatedQuestions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		lan := new(mdnstest.LAN)
		p := mdns.NewPeer(lan.Host(here), limits.Default())
		publish(t, p, node("a"))
		sent(lan)
		m := new(dns.Msg).SetQuestion("shop.test.", dns.TypePTR)
		b, _ := m.Pack()
		for _, iface := range []int{1, 2, 3, 1} {
			lan.Inject(netip.MustParseAddrPort(there+":40000"), b, iface)
		}
		if got := len(sent(lan)); got != 2 {
			t.Errorf("%d answers, want 2", got)
		}
		if got := p.Stats().Repeated; got != 2 {
			t.Errorf("%d repeated, want 2", got)
		}
	})
}

func TestPublishRefuses(t *testing.T) {
	lan := new(mdnstest.LAN)
	p := mdns.NewPeer(lan.Host(here), limits.Default())
	for what, change := range map[string]func(*mdns.Entry){
		"an empty label":     func(e *mdns.Entry) { e.ID = "a..b" },
		"a long label":       func(e *mdns.Entry) { e.ID = strings.Repeat("a", 64) },
		"a long name":        func(e *mdns.Entry) { e.ID = strings.Repeat("abcdefg.", 31) + "a" },
		"no port":            func(e *mdns.Entry) { e.Port = 0 },
		"no address":         func(e *mdns.Entry) { e.Addr = netip.Addr{} },
		"more than a packet": func(e *mdns.Entry) { e.Text = slicesOf(strings.Repeat("a", 255), 300) },
	} {
		e := node("a")
		change(&e)
		if err := p.Publish(t.Context(), e); !errors.Is(err, mdns.ErrInvalid) {
			t.Errorf("%s: %v", what, err)
		}
	}
	down := lan.Host(here)
	down.Down()
	q := mdns.NewPeer(down, limits.Default())
	if err := q.Publish(t.Context(), node("a")); !errors.Is(err, mdns.ErrUnavailable) {
		t.Errorf("Publish without network: %v", err)
	}
	if err := q.Ask(t.Context(), mdns.Question{Name: "shop.test.", Timeout: time.Second}, nil); !errors.Is(err, mdns.ErrUnavailable) {
		t.Errorf("Ask without network: %v", err)
	}
	if gone, err := q.Withdraw(t.Context(), node("a").Name(), nil); gone || err != nil {
		t.Errorf("Withdraw of what failed: %v, %v", gone, err)
	}
}

func slicesOf(text string, n int) []string {
	list := make([]string, n)
	for i := range list {
		list[i] = text
	}
	return list
}

// Names keep every byte on the way.
func TestStrangeNames(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		lan := new(mdnstest.LAN)
		p := mdns.NewPeer(lan.Host(here), limits.Default())
		for _, id := range []string{"plain", "with space", `back\slash`, `back\065slash`, "ünïcödé", `"(;@)'`, "A.b"} {
			e := node(id)
			publish(t, p, e)
			var got string
			_ = p.Ask(t.Context(), mdns.Question{Name: "shop.test.", Timeout: time.Second}, func(h mdns.Heard) bool {
				got = h.Name
				return h.Name != e.Name()
			})
			if got != e.Name() {
				t.Errorf("%q came as %q", e.Name(), got)
			}
		}
	})
}
