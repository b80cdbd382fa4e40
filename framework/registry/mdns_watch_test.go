package registry_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/miekg/dns"

	"github.com/microtop/microtop/framework/internal/mdns"
	"github.com/microtop/microtop/framework/internal/mdns/mdnstest"
	"github.com/microtop/microtop/framework/limits"
	"github.com/microtop/microtop/framework/registry"
)

// diary is what a watcher reported, with the time since it began.
type diary struct {
	mu    sync.Mutex
	start time.Time
	lines []string
	at    []time.Duration
}

func keepDiary(t testing.TB, reg registry.Registry, opts ...registry.WatchOption) *diary {
	t.Helper()
	w, err := reg.Watch(opts...)
	if err != nil {
		t.Fatal(err)
	}
	d := &diary{start: time.Now()}
	var group sync.WaitGroup
	group.Go(func() {
		for {
			result, err := w.Next()
			if err != nil {
				return
			}
			d.mu.Lock()
			d.lines = append(d.lines, result.Action+" "+result.Service.Nodes[0].Id+" "+result.Service.Version)
			d.at = append(d.at, time.Since(d.start))
			d.mu.Unlock()
		}
	})
	t.Cleanup(func() {
		w.Stop()
		group.Wait()
	})
	return d
}

// take returns what was reported since the last time, once nothing happens any more.
func (d *diary) take() []string {
	synctest.Wait()
	d.mu.Lock()
	defer d.mu.Unlock()
	lines := d.lines
	d.lines = nil
	return lines
}

func (d *diary) expect(t testing.TB, what string, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, d.take(), cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func deregister(t testing.TB, reg registry.Registry, s *registry.Service) {
	t.Helper()
	if err := reg.Deregister(s); err != nil {
		t.Error(err)
	}
}

// v4Node is a node of a v4 process: its record has no seal.
func v4Node(t testing.TB, id, service string) mdns.Entry {
	t.Helper()
	return v4NodeWith(t, new(mdns.Texts), id, service)
}

func v4NodeWith(t testing.TB, texts *mdns.Texts, id, service string) mdns.Entry {
	t.Helper()
	text, err := texts.Encode(fmt.Appendf(nil, `{"Service":%q,"Version":"1","Endpoints":null,"Metadata":{"protocol":"mucp"}}`, service))
	if err != nil {
		t.Fatal(err)
	}
	return mdns.Entry{ID: id, Service: service, Domain: "micro", Host: "vm.", Port: 9001, Addr: netip.MustParseAddr("192.0.2.9"), Text: text}
}

func publish(t testing.TB, p *mdns.Peer, e mdns.Entry) {
	t.Helper()
	if err := p.Publish(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = p.Withdraw(t.Context(), e.Name(), nil) })
}

func TestMDNSWatchersHearOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		lan := new(mdnstest.LAN)
		here, there := registry.NewMDNSOn(lan.Host("192.0.2.2")), registry.NewMDNSOn(lan.Host("192.0.2.3"))
		diaries := map[string]*diary{
			"own": keepDiary(t, here), "peer": keepDiary(t, there), "filter": keepDiary(t, there, registry.WatchService("shop")),
		}
		defer deregister(t, here, service("shop", "2", "a"))
		for _, step := range []struct {
			what string
			do   func(*registry.Service)
			want []string
		}{
			{"register", func(s *registry.Service) { register(t, here, s) }, []string{"create a 1"}},
			{"register the same", func(s *registry.Service) { register(t, here, s) }, nil},
			{"change metadata", func(s *registry.Service) {
				s.Nodes[0].Metadata = map[string]string{"zone": "b"}
				register(t, here, s)
			}, []string{"update a 1"}},
			{"deregister", func(s *registry.Service) { deregister(t, here, s) }, []string{"delete a 1"}},
			{"register again", func(s *registry.Service) { register(t, here, s) }, []string{"create a 1"}},
			{"another version", func(s *registry.Service) { s.Version = "2"; register(t, here, s) }, []string{"delete a 1", "create a 2"}},
		} {
			s := service("shop", "1", "a")
			s.Nodes[0].Address = "192.0.2.2:80"
			step.do(s)
			for name, d := range diaries {
				d.expect(t, name+": "+step.what, step.want...)
			}
			time.Sleep(4 * time.Second) // the repetitions of the announcement
			for name, d := range diaries {
				d.expect(t, name+": after "+step.what)
			}
		}
	})
}

// Nodes that were there before are not reported, but what becomes of them is.
func TestMDNSWatchFromNowOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		lan := new(mdnstest.LAN)
		here, there := registry.NewMDNSOn(lan.Host("192.0.2.2")), registry.NewMDNSOn(lan.Host("192.0.2.3"))
		for _, id := range []string{"a", "b"} {
			s := service("shop", "1", id)
			s.Nodes[0].Address = "192.0.2.2:80"
			register(t, here, s)
			defer deregister(t, here, s)
		}
		time.Sleep(10 * time.Second)
		own, peer := keepDiary(t, here), keepDiary(t, there)
		time.Sleep(time.Minute)
		own.expect(t, "own, before")
		peer.expect(t, "peer, before")
		changed := service("shop", "1", "a")
		changed.Nodes[0].Address = "192.0.2.2:81"
		register(t, here, changed)
		deregister(t, here, service("shop", "1", "b"))
		own.expect(t, "own", "update a 1", "delete b 1")
		peer.expect(t, "peer", "update a 1", "delete b 1")
	})
}

// S-08: a goodbye that anybody can have sent is not believed while the node answers.
func TestMDNSForgedGoodbye(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		lan := new(mdnstest.LAN)
		here := registry.NewMDNSOn(lan.Host("192.0.2.2"))
		old := mdns.NewPeer(lan.Host("192.0.2.9"), limits.Default())
		peer := keepDiary(t, registry.NewMDNSOn(lan.Host("192.0.2.3")))
		ours := service("shop", "1", "ours")
		ours.Nodes[0].Address = "192.0.2.2:80"
		register(t, here, ours)
		ourAnnouncement := lastAnnouncement(t, lan)
		publish(t, old, v4Node(t, "v4", "shop"))
		v4Announcement := lastAnnouncement(t, lan)
		peer.expect(t, "the nodes", "create ours 1", "create v4 1")
		time.Sleep(10 * time.Second)
		lan.Forget()
		for _, packet := range [][]byte{ourAnnouncement, v4Announcement} {
			for range 50 {
				lan.Inject(netip.MustParseAddrPort("192.0.2.66:5353"), goodbye(t, packet), 1)
			}
		}
		time.Sleep(10 * time.Second)
		peer.expect(t, "forged goodbyes")
		if sent := len(lan.Sent()); sent > 100 {
			t.Errorf("%d datagrams sent for 100 forged ones", sent)
		}

		lan.Forget()
		deregister(t, here, ours)
		peer.expect(t, "a goodbye with its secret", "delete ours 1")
		replay := lan.Sent()[0].Data
		register(t, here, ours)
		peer.expect(t, "registered again", "create ours 1")
		lan.Inject(netip.MustParseAddrPort("192.0.2.66:5353"), replay, 1)
		time.Sleep(10 * time.Second)
		peer.expect(t, "the old goodbye replayed")
		deregister(t, here, ours)
	})
}

// Copies of packets overtake each other, since there are two sockets: what comes after the goodbye is not believed.
func TestMDNSLateCopies(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		lan := new(mdnstest.LAN)
		here := registry.NewMDNSOn(lan.Host("192.0.2.2"))
		own, peer := keepDiary(t, here), keepDiary(t, registry.NewMDNSOn(lan.Host("192.0.2.3")))
		time.Sleep(time.Second) // what the watchers ask at their start
		s := service("shop", "1", "a")
		s.Nodes[0].Address = "192.0.2.2:80"
		register(t, here, s)
		synctest.Wait()
		first := lastAnnouncement(t, lan)
		deregister(t, here, s)
		synctest.Wait()
		last := lastAnnouncement(t, lan)
		from := netip.MustParseAddrPort("192.0.2.2:5353")
		for _, packet := range [][]byte{first, last} {
			lan.Inject(from, packet, 1)
		}
		for _, d := range []*diary{own, peer} {
			d.expect(t, "register and deregister", "create a 1", "delete a 1")
		}
		register(t, here, s)
		synctest.Wait()
		lan.Forget()
		for _, packet := range [][]byte{first, last} {
			lan.Inject(from, packet, 1)
		}
		time.Sleep(900 * time.Millisecond)
		for _, d := range lan.Sent() {
			if d.From.Port() != 5353 {
				t.Errorf("asked again because of a late copy")
			}
		}
		for _, d := range []*diary{own, peer} {
			d.expect(t, "registered again", "create a 1")
		}
		deregister(t, here, s)
	})
}

// lastAnnouncement is what was last told to everybody; what watchers ask when they start may have been sent after it.
func lastAnnouncement(t testing.TB, lan *mdnstest.LAN) []byte {
	t.Helper()
	for _, d := range slices.Backward(lan.Sent()) {
		if answers := d.Data[2]&0x80 != 0; answers && !d.To.IsValid() {
			return d.Data
		}
	}
	t.Fatal("nothing was announced")
	return nil
}

// goodbye is what anybody can make of an announcement.
func goodbye(t testing.TB, announcement []byte) []byte {
	t.Helper()
	m := new(dns.Msg)
	if err := m.Unpack(announcement); err != nil {
		t.Fatal(err)
	}
	for _, rr := range m.Answer {
		rr.Header().Ttl = 0
	}
	b, err := m.Pack()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// The goodbye of a v4 node, which has no seal, is believed when it does not answer any more.
func TestMDNSGoodbyeOfV4(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		lan := new(mdnstest.LAN)
		old := mdns.NewPeer(lan.Host("192.0.2.9"), limits.Default())
		peer := keepDiary(t, registry.NewMDNSOn(lan.Host("192.0.2.3")))
		publish(t, old, v4Node(t, "a", "shop"))
		publish(t, old, v4Node(t, "b", "shop"))
		time.Sleep(time.Minute)
		peer.expect(t, "the nodes", "create a 1", "create b 1")
		start := time.Now()
		if _, err := old.Withdraw(t.Context(), v4Node(t, "a", "shop").Name(), nil); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		peer.expect(t, "the goodbye", "delete a 1")
		if took := peer.at[2] - start.Sub(peer.start); took > 100*time.Millisecond {
			t.Errorf("reported after %v", took)
		}
	})
}

// Who is killed says no goodbye: watchers notice, of watched services only, and sooner when told to check.
func TestMDNSKilled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		lan := new(mdnstest.LAN)
		var victims []*mdnstest.Host
		watching := registry.NewMDNSOn(lan.Host("192.0.2.3"))
		peer := keepDiary(t, watching, registry.WatchService("shop"))
		for i, name := range []string{"shop", "shop", "other"} {
			victims = append(victims, lan.Host(fmt.Sprintf("192.0.2.%d", 10+i)))
			publish(t, mdns.NewPeer(victims[i], limits.Default()), v4Node(t, fmt.Sprint(i), name))
		}
		time.Sleep(time.Minute)
		peer.expect(t, "the nodes", "create 0 1", "create 1 1")
		start := time.Now()
		victims[0].Unplug()
		victims[2].Unplug()
		time.Sleep(time.Minute)
		peer.expect(t, "one killed", "delete 0 1")
		if took := peer.at[2] - start.Sub(peer.start); took > 12*time.Second {
			t.Errorf("reported after %v", took)
		}
		victims[1].Unplug()
		watching.(registry.MDNS).Check("shop")
		time.Sleep(1500 * time.Millisecond)
		peer.expect(t, "the other killed, and checked", "delete 1 1")
	})
}

// While this host itself is cut off nothing is taken for gone.
func TestMDNSLostNetwork(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		lan := new(mdnstest.LAN)
		host := lan.Host("192.0.2.3")
		peer := keepDiary(t, registry.NewMDNSOn(host))
		publish(t, mdns.NewPeer(lan.Host("192.0.2.9"), limits.Default()), v4Node(t, "a", "shop"))
		peer.expect(t, "the node", "create a 1")
		host.Down()
		time.Sleep(time.Minute)
		peer.expect(t, "without network")
	})
}

// What v4's registry makes of a v4 node's answer, ours makes of it too.
func TestMDNSReadsV4(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		lan := new(mdnstest.LAN)
		packet, err := os.ReadFile(filepath.Join("testdata", "mdns", "getservice-001.bin"))
		if err != nil {
			t.Fatal(err)
		}
		m := new(dns.Msg)
		if err := m.Unpack(packet); err != nil {
			t.Fatal(err)
		}
		e := mdns.Entry{ID: "fleet.greeter-srv1", Service: "fleet.greeter", Domain: "micro", Host: "vm.", Port: 9001,
			Addr: netip.MustParseAddr("127.0.0.1"), Text: m.Answer[3].(*dns.TXT).Txt}
		publish(t, mdns.NewPeer(lan.Host("192.0.2.2"), limits.Default()), e)
		reg := registry.NewMDNSOn(lan.Host("192.0.2.2"))
		got, err := reg.GetService("fleet.greeter")
		if err != nil {
			t.Fatal(err)
		}
		var want []*registry.Service
		readJSON(t, "getservice-registry.json", &want)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("GetService (-want +got):\n%s", diff)
		}
		list, err := reg.ListServices()
		if diff := cmp.Diff([]*registry.Service{{Name: "fleet.greeter"}}, list); diff != "" || err != nil {
			t.Errorf("ListServices: %v (-want +got):\n%s", err, diff)
		}
	})
}

func readJSON(t testing.TB, name string, into any) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", "mdns", name))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, into); err != nil {
		t.Fatal(err)
	}
}

func TestMDNSWithoutMulticast(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		lan := new(mdnstest.LAN)
		host := lan.Host("192.0.2.2")
		if err := registry.MulticastAvailableOn(t.Context(), host); err != nil {
			t.Errorf("the probe: %v", err)
		}
		lan.Mute(true) // as a firewall
		if err := registry.MulticastAvailableOn(t.Context(), host); !errors.Is(err, registry.ErrNoMulticast) {
			t.Errorf("the probe behind a firewall: %v", err)
		}
		host.Down()
		reg := registry.NewMDNSOn(host)
		_, getErr := reg.GetService("shop")
		_, listErr := reg.ListServices()
		for what, err := range map[string]error{
			"MulticastAvailable": registry.MulticastAvailableOn(t.Context(), host),
			"Register":           reg.Register(service("shop", "1", "a")), "GetService": getErr, "ListServices": listErr,
		} {
			if !errors.Is(err, registry.ErrNoMulticast) {
				t.Errorf("%s: %v", what, err)
			}
		}
	})
}
