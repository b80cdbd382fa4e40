package mdns

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"

	"github.com/miekg/dns"
)

const (
	ttl         = 120     // seconds, on every record
	unicastBit  = 1 << 15 // of a question's class: the asker wants the answer for itself, RFC 6762 §5.4
	headerBytes = 12
	maxRecords  = 256    // of one packet; v4 sends four
	maxDatagram = 65_507 // bytes that UDP over IPv4 carries
)

var (
	errMalformed = errors.New("malformed packet")
	errForeign   = errors.New("not a plain question or answer")
)

// answer is the packet that answers q about e: pointer, service, address and text, the question repeated.
func (e Entry) answer(q dns.Question, id uint16) ([]byte, error) {
	return reply(q, id, e.pointer(), e.srv(ttl), e.address(ttl), e.txt(ttl))
}

// reply answers q with rrs. The id counts only where the asker wants a unicast answer.
func reply(q dns.Question, id uint16, rrs ...dns.RR) ([]byte, error) {
	m := &dns.Msg{Question: []dns.Question{q}, Answer: rrs, Compress: true}
	m.Response, m.Authoritative = true, true
	if q.Qclass&unicastBit != 0 {
		m.Id = id
	}
	return pack(m)
}

// announcement tells everybody of the entry; with seconds zero, of its end.
func (e Entry) announcement(seconds uint32) ([]byte, error) {
	m := &dns.Msg{Answer: []dns.RR{e.srv(seconds), e.address(seconds), e.txt(seconds)}}
	m.Response = true
	return pack(m)
}

// probe asks whether somebody else has the entry's name.
func (e Entry) probe(id uint16) ([]byte, error) {
	srv := e.srv(ttl)
	srv.Priority, srv.Weight = 0, 0
	m := &dns.Msg{
		Question: []dns.Question{pointersTo(e.Name())},
		Ns:       []dns.RR{srv, e.txt(ttl)},
	}
	m.Id = id
	return pack(m)
}

// pointersTo is the usual question for what is below a name.
func pointersTo(name string) dns.Question {
	return dns.Question{Name: escape(name), Qtype: dns.TypePTR, Qclass: dns.ClassINET}
}

// question asks for the instances below name.
func question(name string) ([]byte, error) {
	m := &dns.Msg{Question: []dns.Question{pointersTo(name)}}
	m.Id = uint16(rand.Uint32()) //nolint:gosec // it only tells questions apart
	return pack(m)
}

func pack(m *dns.Msg) ([]byte, error) {
	b, err := m.Pack()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	if len(b) > maxDatagram {
		return nil, fmt.Errorf("%w: a packet of %d bytes, more than %d", ErrInvalid, len(b), maxDatagram)
	}
	return b, nil
}

func header(name string, kind uint16, seconds uint32) dns.RR_Header {
	return dns.RR_Header{Name: escape(name), Rrtype: kind, Class: dns.ClassINET, Ttl: seconds}
}

func (e Entry) pointer() *dns.PTR {
	return &dns.PTR{Hdr: header(e.service(), dns.TypePTR, ttl), Ptr: escape(e.Name())}
}

func (e Entry) srv(seconds uint32) *dns.SRV {
	return &dns.SRV{Hdr: header(e.Name(), dns.TypeSRV, seconds), Priority: 10, Weight: 1, Port: e.Port, Target: escape(e.Host)}
}

func (e Entry) address(seconds uint32) dns.RR {
	if addr := e.Addr.Unmap(); addr.Is4() {
		return &dns.A{Hdr: header(e.Host, dns.TypeA, seconds), A: addr.AsSlice()}
	}
	return &dns.AAAA{Hdr: header(e.Host, dns.TypeAAAA, seconds), AAAA: e.Addr.WithZone("").AsSlice()}
}

func (e Entry) txt(seconds uint32) *dns.TXT {
	return &dns.TXT{Hdr: header(e.Name(), dns.TypeTXT, seconds), Txt: e.Text}
}

// Heard is one entry as a packet tells it. Addr is an IPv4 address if the packet has one.
type Heard struct {
	Name string // the instance's full name
	Port uint16
	Addr netip.Addr
	Text []string
	Gone bool // the packet takes the entry back
}

// checkHeader reports whether b is a question, and refuses what no peer sends before anything is built from it.
func checkHeader(b []byte) (asks bool, err error) {
	if len(b) < headerBytes {
		return false, errMalformed
	}
	if flags := binary.BigEndian.Uint16(b[2:]); flags&0x780f != 0 { // opcode and rcode
		return false, errForeign
	}
	records := 0
	for at := 4; at < headerBytes; at += 2 {
		records += int(binary.BigEndian.Uint16(b[at:]))
	}
	if records > maxRecords {
		return false, errMalformed
	}
	return b[2]&0x80 == 0, nil
}

// firstQuestion reads the first question of a packet whose header was checked, and nothing else of it.
func firstQuestion(b []byte) (q dns.Question, id uint16, err error) {
	if binary.BigEndian.Uint16(b[4:]) == 0 {
		return q, 0, errForeign
	}
	name, end, err := dns.UnpackDomainName(b, headerBytes)
	if err != nil || end+4 > len(b) {
		return q, 0, errMalformed
	}
	q = dns.Question{Name: name, Qtype: binary.BigEndian.Uint16(b[end:]), Qclass: binary.BigEndian.Uint16(b[end+2:])}
	return q, binary.BigEndian.Uint16(b), nil
}

// entries reads an answer or announcement whose header was checked. Only entries that the packet holds whole count: their
// service, address and text records. Addresses of other packets are not used, since hosts share one name.
func entries(b []byte) ([]Heard, error) {
	var m dns.Msg
	if err := m.Unpack(b); err != nil {
		return nil, errMalformed
	}
	texts, addrs := make(map[string][]string, 1), make(map[string]netip.Addr, 1)
	var services []*dns.SRV
	for _, section := range [][]dns.RR{m.Answer, m.Extra} {
		for _, rr := range section {
			switch rr := rr.(type) {
			case *dns.SRV:
				services = append(services, rr)
			case *dns.TXT:
				texts[fold(rr.Hdr.Name)] = rr.Txt
			case *dns.A:
				if addr, ok := netip.AddrFromSlice(rr.A); ok {
					addrs[fold(rr.Hdr.Name)] = addr.Unmap()
				}
			case *dns.AAAA:
				addr, ok := netip.AddrFromSlice(rr.AAAA)
				if old := addrs[fold(rr.Hdr.Name)]; ok && !old.Is4() {
					addrs[fold(rr.Hdr.Name)] = addr
				}
			}
		}
	}
	heard := make([]Heard, 0, len(services))
	for _, rr := range services {
		text, told := texts[fold(rr.Hdr.Name)]
		addr := addrs[fold(rr.Target)]
		if told && addr.IsValid() && rr.Port != 0 {
			heard = append(heard, Heard{Name: unescape(rr.Hdr.Name), Port: rr.Port, Addr: addr, Text: text, Gone: rr.Hdr.Ttl == 0})
		}
	}
	return heard, nil
}
