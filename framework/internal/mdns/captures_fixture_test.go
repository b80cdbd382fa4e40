package mdns_test

import (
	"net/netip"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/miekg/dns"

	"github.com/microtop/microtop/framework/internal/mdns"
)

// told is what a captured packet tells of, read by another decoder: entries with all of SRV, address and text. A question
// tells nothing, even if it proposes records.
func told(t *testing.T, m *dns.Msg) (entries []mdns.Heard) {
	t.Helper()
	if !m.Response {
		return nil
	}
	var addr netip.Addr
	text := map[string][]string{}
	for _, rr := range m.Answer {
		switch r := rr.(type) {
		case *dns.A:
			addr = netip.MustParseAddr(r.A.String())
		case *dns.AAAA:
			addr = netip.MustParseAddr(r.AAAA.String())
		case *dns.TXT:
			text[r.Hdr.Name] = r.Txt
		}
	}
	for _, rr := range m.Answer {
		srv, ok := rr.(*dns.SRV)
		if !ok || !addr.IsValid() {
			continue
		}
		entries = append(entries, mdns.Heard{Name: srv.Hdr.Name, Port: srv.Port, Addr: addr, Text: text[srv.Hdr.Name], Gone: srv.Hdr.Ttl == 0})
	}
	return entries
}

// Every captured packet of v4 peers is read, and tells what another decoder says it tells: questions, answers, probes,
// announcements, goodbyes.
func TestCapturedPackets(t *testing.T) {
	files, err := filepath.Glob("testdata/*.bin")
	if err != nil || len(files) < 45 {
		t.Fatalf("%d captures, %v", len(files), err)
	}
	kinds := map[string]int{}
	for _, file := range files {
		name := filepath.Base(file)
		t.Run(strings.TrimSuffix(name, ".bin"), func(t *testing.T) {
			packet := fixture(t, name)
			m := unpack(t, packet)
			got, err := mdns.Read(packet)
			if err != nil {
				t.Fatal(err)
			}
			want := told(t, m)
			if diff := cmp.Diff(want, got, cmpopts.EquateEmpty(), cmp.Comparer(func(a, b netip.Addr) bool { return a == b })); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			switch {
			case !m.Response && len(m.Ns) > 0:
				kinds["probe"]++
			case !m.Response:
				kinds["question"]++
			case len(want) > 0 && want[0].Gone:
				kinds["goodbye"]++
			case len(m.Question) > 0:
				kinds["answer"]++
			default:
				kinds["announcement"]++
			}
		})
	}
	for _, kind := range []string{"probe", "question", "goodbye", "answer", "announcement"} {
		if kinds[kind] == 0 {
			t.Errorf("no capture is a %s: %v", kind, kinds)
		}
	}
}
