package registry_test

import (
	"bytes"
	"compress/zlib"
	"encoding/hex"
	"fmt"
	"net/netip"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/miekg/dns"

	"github.com/microtop/microtop/framework/internal/mdns"
	"github.com/microtop/microtop/framework/internal/mdns/mdnstest"
	"github.com/microtop/microtop/framework/limits"
	"github.com/microtop/microtop/framework/registry"
)

// S-08: records that mean nothing, and more of them than anybody needs.
func TestS08_MDNSHostileRecords(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		lan := new(mdnstest.LAN)
		reg := registry.NewMDNSOn(lan.Host("192.0.2.3"))
		peer := keepDiary(t, reg)
		hostile := mdns.NewPeer(lan.Host("192.0.2.66"), limits.Default())
		var texts mdns.Texts
		for _, record := range []string{`null`, `{}`, `[]`, `{"Service":"other"}`, `{"Service":"shop","Metadata":5}`, "{\"Service\":\"shop\",\"Version\":\"\\u001b[2J\"}"} {
			e := v4Node(t, "evil", "shop")
			e.Text, _ = texts.Encode([]byte(record))
			publish(t, hostile, e)
		}
		e := v4Node(t, "evil", "shop")
		e.Text = []string{"no hex"}
		publish(t, hostile, e)
		time.Sleep(time.Second)
		peer.expect(t, "records of nothing")
		from := netip.MustParseAddrPort("192.0.2.66:5353")
		for i := range 10_000 {
			lan.Inject(from, announcement(t, v4NodeWith(t, &texts, "n", fmt.Sprint("s", i))), 1)
			if i%1000 == 0 {
				synctest.Wait()
			}
		}
		synctest.Wait()
		if known := registry.Known(reg); known != 4096 {
			t.Errorf("%d nodes known, want 4096", known)
		}
	})
}

func announcement(t testing.TB, e mdns.Entry) []byte {
	t.Helper()
	h := func(name string, kind uint16) dns.RR_Header {
		return dns.RR_Header{Name: name, Rrtype: kind, Class: 1, Ttl: 120}
	}
	m := &dns.Msg{Answer: []dns.RR{
		&dns.SRV{Hdr: h(e.Name(), dns.TypeSRV), Port: e.Port, Target: e.Host},
		&dns.A{Hdr: h(e.Host, dns.TypeA), A: e.Addr.AsSlice()},
		&dns.TXT{Hdr: h(e.Name(), dns.TypeTXT), Txt: e.Text},
	}}
	m.Response = true
	b, err := m.Pack()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// bomb is text that unpacks to a record.
func bomb(t testing.TB, record string) []string {
	t.Helper()
	var packed bytes.Buffer
	w := zlib.NewWriter(&packed)
	_, _ = w.Write([]byte(record))
	_ = w.Close()
	return []string{hex.EncodeToString(packed.Bytes())}
}

// S-07: what a record can cost is bounded, whatever it unpacks to.
func TestS07_MDNSBombs(t *testing.T) {
	reg := registry.NewMDNSOn(new(mdnstest.LAN).Host("192.0.2.2"))
	const most = 256 << 10
	repeat := func(head, piece, tail string, size int) string {
		return head + strings.Repeat(piece, (size-len(head)-len(tail))/len(piece)) + tail
	}
	var keys, endpoints strings.Builder
	for i := range 10_000 {
		fmt.Fprintf(&keys, `"%x":"",`, i)
		if i%2 == 0 {
			fmt.Fprintf(&endpoints, `{"name":"%x"},`, i*7919)
		}
	}
	for what, record := range map[string]string{
		"most endpoints": `{"Service":"shop","Endpoints":[` + endpoints.String() + `{}]}`,
		"most lists":     `{"Service":"shop","Endpoints":[{"request":{"values":[` + strings.Repeat(`{"values":[{}]},`, 2_700) + `{}]}}]}`,
		"most metadata":  `{"Service":"shop","Metadata":{` + keys.String() + `"":""}}`,
		"8 MiB":          repeat(`{"Service":"shop","Version":"`, "a", `"}`, 8<<20),
		"endpoints":      repeat(`{"Service":"shop","Endpoints":[`, `{},`, `{}]}`, most),
		"metadata":       repeat(`{"Service":"shop","Metadata":{`, `"":"",`, `"":""}}`, most),
		"values":         repeat(`{"Service":"shop","Endpoints":[{"request":{"values":[`, `{},`, `{}]}}]}`, most),
		"depth":          repeat(`{"Service":"shop","Endpoints":`, `[`, ``, most),
		"few parts":      repeat(`{"Service":"shop","Endpoints":[`, `{"name":"a.b"},`, `{}]}`, most),
		"escapes":        repeat(`{"Service":"shop","Version":"`, `\u00e4`, `"}`, most),
	} {
		heard := mdns.Heard{Name: "a.shop.micro.", Port: 80, Addr: netip.MustParseAddr("192.0.2.66"), Text: bomb(t, record)}
		const runs = 5
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		start := time.Now()
		for range runs {
			_, _ = registry.ReadMDNS(reg, heard, "micro")
		}
		took := time.Since(start) / runs
		runtime.ReadMemStats(&after)
		t.Logf("%s: %d KiB, %v", what, (after.TotalAlloc-before.TotalAlloc)/runs>>10, took)
		if each := (after.TotalAlloc - before.TotalAlloc) / runs; each > 2<<20+256<<10 { // 2 MiB, and what the race detector adds
			t.Errorf("%s: %d bytes allocated", what, each)
		}
	}
}

func FuzzMDNSRecord(f *testing.F) {
	reg := registry.NewMDNSOn(new(mdnstest.LAN).Host("192.0.2.2"))
	for _, record := range []string{`null`, `{"Service":"shop","Version":"1","Endpoints":[{"name":"A.B","request":{"values":[null]}}],"Metadata":{"a":"b"}}`} {
		f.Add("a.shop.micro.", record)
	}
	f.Fuzz(func(t *testing.T, name, record string) {
		heard := mdns.Heard{Name: name, Port: 80, Addr: netip.MustParseAddr("192.0.2.66"), Text: bomb(t, record)}
		s, err := registry.ReadMDNS(reg, heard, "micro")
		if err != nil {
			return
		}
		if err := registry.Validate(s); err != nil {
			t.Errorf("%+v: %v", s, err)
		}
		if name != s.Nodes[0].Id+"."+s.Name+".micro." {
			t.Errorf("%q became node %q of %q", name, s.Nodes[0].Id, s.Name)
		}
	})
}

// A thousand bombs a second cost a bounded share of a core and leave nothing, and are counted.
func TestS07_AFloodOfBombs(t *testing.T) {
	bombs := 1000
	if testing.Short() {
		bombs = 200
	}
	var packed []string
	for chunk := range slices.Chunk([]byte(bomb(t, `{"Service":"shop","Version":"`+strings.Repeat("a", 8<<20)+`"}`)[0]), 255) {
		packed = append(packed, string(chunk))
	}
	synctest.Test(t, func(t *testing.T) {
		lan := new(mdnstest.LAN)
		reg := registry.NewMDNSOn(lan.Host("192.0.2.3"))
		peer := keepDiary(t, reg)
		from := netip.MustParseAddrPort("192.0.2.66:5353")
		packets := make([][]byte, bombs)
		for i := range packets {
			e := v4Node(t, fmt.Sprint("evil", i), "shop")
			e.Text = packed
			packets[i] = announcement(t, e)
		}
		before, cpu := heap(), used(t)
		for _, packet := range packets {
			lan.Inject(from, packet, 1)
			time.Sleep(time.Millisecond)
		}
		synctest.Wait()
		peer.expect(t, "a second of bombs")
		spent, more := used(t)-cpu, heap()-before
		stats := reg.(registry.MDNS).Stats()
		t.Logf("%v of CPU for %d bombs, %d KiB of heap, %d refused, %d beyond the budget", spent, bombs, more>>10, stats.BadRecords, stats.Overload)
		if stats.BadRecords+stats.Overload != uint64(bombs) {
			t.Errorf("%d of %d counted", stats.BadRecords+stats.Overload, bombs)
		}
		if each := spent / time.Duration(bombs); each > 5*time.Millisecond { // 0.5 ms, times what the race detector adds
			t.Errorf("%v of CPU for each", each)
		}
		if more > 32<<20 {
			t.Errorf("%d bytes of heap more", more)
		}
	})
}

// used is the CPU time of this process, which a fake clock does not touch.
func used(t testing.TB) time.Duration {
	t.Helper()
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		t.Fatal(err)
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}
