package mdns_test

import (
	"bytes"
	"compress/zlib"
	"encoding/hex"
	"fmt"
	"net/netip"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/miekg/dns"

	"github.com/microtop/microtop/framework/internal/mdns"
	"github.com/microtop/microtop/framework/internal/mdns/mdnstest"
	"github.com/microtop/microtop/framework/limits"
)

// S-08: whatever is thrown at the port, nothing but plain questions makes a peer send, and the rest is counted.
func TestHostilePackets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		lan := new(mdnstest.LAN)
		p := mdns.NewPeer(lan.Host(here), limits.Default())
		publish(t, p, node("a"))
		heard := 0
		stop, err := p.Listen(t.Context(), func(told []mdns.Heard) { heard += len(told) })
		if err != nil {
			t.Fatal(err)
		}
		defer stop()
		sent(lan)
		heard = 0
		plain, _ := new(dns.Msg).SetQuestion("shop.test.", dns.TypePTR).Pack()
		with := func(at int, b ...byte) []byte {
			packet := bytes.Clone(plain)
			copy(packet[at:], b)
			return packet
		}
		half := &dns.Msg{Answer: []dns.RR{&dns.SRV{Hdr: dns.RR_Header{Name: "x.shop.test.", Rrtype: dns.TypeSRV, Class: 1, Ttl: 120}, Port: 1, Target: "vm."}}}
		half.Response = true
		halfPacket, _ := half.Pack()
		for what, packet := range map[string][]byte{
			"empty":             {},
			"short":             plain[:11],
			"opcode":            with(2, 0x28),
			"rcode":             with(3, 3),
			"many records":      with(4, 0xff, 0xff),
			"no question":       with(4, 0, 0),
			"cut":               plain[:len(plain)-1],
			"a pointer to self": append(with(12, 0xc0, 12)[:14], 0, 12, 0, 1),
			"an answer cut":     append([]byte{0, 0, 0x84, 0, 0, 0, 0, 1, 0, 0, 0, 0}, 1, 'a'),
			"half an entry":     halfPacket,
		} {
			lan.Inject(netip.MustParseAddrPort(there+":5353"), packet, 1)
			if got := sent(lan); len(got) > 0 {
				t.Errorf("%s: answered\n%v", what, unpack(t, got[0].Data))
			}
		}
		if heard != 0 {
			t.Errorf("%d entries heard", heard)
		}
		if s := p.Stats(); s.Ignored() != 9 {
			t.Errorf("ignored %d, want all but the half entry: %+v", s.Ignored(), s)
		}
		truncated := with(2, 0x02) // TC is ignored
		lan.Inject(netip.MustParseAddrPort(there+":40000"), truncated, 1)
		if got := sent(lan); len(got) != 1 {
			t.Errorf("%d answers to a question with TC", len(got))
		}
	})
}

// An answer is many times its question, so one from another network, whose sender may be forged, gets none.
func TestOtherNetworksGetNoAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		lan := new(mdnstest.LAN)
		p := mdns.NewPeer(lan.Host(here), limits.Default())
		for i := range 20 {
			publish(t, p, node(fmt.Sprint(i)))
		}
		sent(lan)
		question, _ := new(dns.Msg).SetQuestion("shop.test.", dns.TypePTR).Pack()
		for from, want := range map[string]int{
			"203.0.113.9:80":    0,
			"203.0.113.9:5353":  0,
			"[2001:db8::9]:53":  0,
			there + ":40000":    20,
			here + ":40000":     40, // again over loopback
			"127.0.0.1:40000":   20,
			"[fe80::1%x]:40000": 20,
		} {
			lan.Inject(netip.MustParseAddrPort(from), question, 0)
			got, size := sent(lan), 0
			for _, d := range got {
				size += len(d.Data)
			}
			if len(got) != want {
				t.Errorf("%s: a question of %d bytes is answered with %d packets, %d bytes, want %d packets", from, len(question), len(got), size, want)
			}
		}
		if s := p.Stats(); s.OffLink != 3 || s.Ignored() != 3 {
			t.Errorf("%+v", s)
		}
	})
}

// Many questions in one packet are worth one answer.
func TestOneAnswerAPacket(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		lan := new(mdnstest.LAN)
		p := mdns.NewPeer(lan.Host(here), limits.Default())
		publish(t, p, node("a"))
		sent(lan)
		m := new(dns.Msg)
		for range 100 {
			m.Question = append(m.Question, dns.Question{Name: "shop.test.", Qtype: dns.TypePTR, Qclass: 1})
		}
		b, _ := m.Pack()
		lan.Inject(netip.MustParseAddrPort(there+":40000"), b, 1)
		if got := len(sent(lan)); got != 1 {
			t.Errorf("%d answers", got)
		}
	})
}

// S-09: a socket that only fails is given up, without a busy loop, and the other works on.
func TestS09_ABrokenSocket(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		lan := new(mdnstest.LAN)
		host := lan.Host(here)
		host.Broken = true
		p := mdns.NewPeer(host, limits.Default())
		publish(t, p, node("a"))
		time.Sleep(time.Hour)
		if failed := p.Stats().Failed; failed > 100 {
			t.Errorf("%d failures in an hour", failed)
		}
		if got := ask(t, mdns.NewPeer(lan.Host(there), limits.Default()), "shop.test."); got != 1 {
			t.Errorf("%d answers over the other socket", got)
		}
	})
}

// S-07: text that is small on the wire and large unpacked costs little.
func TestS07_DecompressionBomb(t *testing.T) {
	const most = 256 << 10
	var packed bytes.Buffer
	w := zlib.NewWriter(&packed)
	_, _ = w.Write(bytes.Repeat([]byte{' '}, 64<<20))
	_ = w.Close()
	bomb := []string{hex.EncodeToString(packed.Bytes())}
	if _, err := mdns.DecodeText(bomb, most); err == nil {
		t.Fatal("unpacked")
	}
	const runs = 50
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range runs {
		_, _ = mdns.DecodeText(bomb, most)
	}
	runtime.ReadMemStats(&after)
	if each := (after.TotalAlloc - before.TotalAlloc) / runs; each > 2<<20 {
		t.Errorf("%d bytes allocated for one", each)
	}
}

func FuzzPacket(f *testing.F) {
	files, _ := filepath.Glob(filepath.Join("testdata", "*.bin"))
	for _, name := range files {
		f.Add(fixture(f, filepath.Base(name)))
	}
	many := []byte{0, 0, 0x84, 0, 0, 0, 0, 200, 0, 0, 0, 0}
	for range 200 {
		many = append(many, 0, 0, 33, 0, 1, 0, 0, 0, 120, 0, 7, 0, 0, 0, 0, 0, 1, 0)
	}
	f.Add(many)
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) > 64<<10 {
			return
		}
		heard, err := mdns.Read(b)
		if err != nil && heard != nil {
			t.Error("entries in spite of an error")
		}
		if len(heard) > 256 {
			t.Errorf("%d entries in one packet", len(heard))
		}
		for _, h := range heard {
			if len(h.Name) > 255 || h.Port == 0 || !h.Addr.IsValid() {
				t.Errorf("%+v", h)
			}
		}
	})
}

func FuzzText(f *testing.F) {
	var texts mdns.Texts
	text, _ := texts.Encode([]byte(`{"Service":"shop"}`))
	f.Add(strings.Join(text, ""), []byte("{}"))
	f.Add("789c", bytes.Repeat([]byte("a"), 1000))
	f.Fuzz(func(t *testing.T, packed string, plain []byte) {
		const most = 1 << 16
		if data, err := mdns.DecodeText([]string{packed}, most); err == nil && len(data) > most {
			t.Errorf("%d bytes", len(data))
		}
		text, err := texts.Encode(plain)
		if err != nil {
			t.Fatal(err)
		}
		for _, piece := range text {
			if len(piece) > 255 {
				t.Errorf("a string of %d bytes", len(piece))
			}
		}
		back, err := mdns.DecodeText(text, len(plain))
		if packed := len(strings.Join(text, "")) / 2; err != nil && len(plain) > 64*packed {
			return // no record compresses like that
		}
		if err != nil || !bytes.Equal(back, plain) {
			t.Errorf("%q came back as %q, %v", plain, back, err)
		}
	})
}

// BenchmarkListing is one listing of 200 services.
func BenchmarkListing(b *testing.B) {
	lan := new(mdnstest.LAN)
	p := mdns.NewPeer(lan.Host(here), limits.Default())
	for i := range 200 {
		e := node("a")
		e.Service = fmt.Sprintf("shop%d", i)
		publish(b, p, e)
	}
	q := mdns.NewPeer(lan.Host(there), limits.Default())
	b.ReportAllocs()
	for b.Loop() {
		lan.Forget()
		seen := 0
		_ = q.Ask(b.Context(), mdns.Question{Name: "_services.test.", Timeout: 5 * time.Second}, func(mdns.Heard) bool { seen++; return seen < 200 })
		if seen != 200 {
			b.Fatalf("%d services", seen)
		}
	}
}

// BenchmarkRead is one announcement read.
func BenchmarkRead(b *testing.B) {
	packet := fixture(b, "announce-006.bin")
	b.SetBytes(int64(len(packet)))
	b.ReportAllocs()
	for b.Loop() {
		_, _ = mdns.Read(packet)
	}
}
