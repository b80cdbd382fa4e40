package mdns

import (
	"net/netip"
	"strings"

	"github.com/miekg/dns"
)

const (
	maxHostAddresses = 16 // in the answer to a question for a host
	recentQuestions  = 64
)

// receive takes one datagram of port 5353.
func (p *Peer) receive(b []byte, d origin) {
	asks, err := checkHeader(b)
	if err != nil {
		p.counters.refused(err)
		return
	}
	if asks {
		p.respond(b, d)
		return
	}
	p.mu.Lock()
	listeners := make([]func([]Heard), 0, len(p.listeners))
	for _, heard := range p.listeners {
		listeners = append(listeners, heard)
	}
	p.mu.Unlock()
	if len(listeners) == 0 {
		return
	}
	told, err := entries(b)
	if err != nil {
		p.counters.refused(err)
		return
	}
	if len(told) == 0 {
		return
	}
	for _, heard := range listeners {
		heard(told)
	}
}

// respond answers the first question of a packet, to the asker alone. Peers ask one question a packet; answering one keeps
// a forged packet from being worth more, and askers that are not on a network of this host get nothing (RFC 6762 §11): an
// answer is many times its question, and whose address is forged would pay for it.
func (p *Peer) respond(b []byte, d origin) {
	if !p.network.OnLink(d.from.Addr()) {
		p.counters.offLink.Add(1)
		return
	}
	q, id, err := firstQuestion(b)
	if err != nil {
		p.counters.refused(err)
		return
	}
	p.counters.questions.Add(1)
	if class := q.Qclass &^ unicastBit; class != dns.ClassINET && class != dns.ClassANY {
		return
	}
	name := fold(unescape(q.Name))
	packets, node := p.answers(q, name, id, p.network.Local(d.from.Addr()))
	if len(packets) == 0 {
		return
	}
	if p.repeated(asked{d.from.Port(), id, name}, d) {
		p.counters.repeated.Add(1)
		return
	}
	// As v4 does for askers on its own host: a second copy over loopback, which firewalls treat otherwise.
	again := node && d.from.Addr().Is4() && !d.from.Addr().IsLoopback() && p.network.Local(d.from.Addr())
	for _, packet := range packets {
		p.send(d, packet, d.from)
		if again {
			p.send(d, packet, netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), d.from.Port()))
		}
	}
}

func (p *Peer) send(d origin, packet []byte, to netip.AddrPort) {
	if err := d.conn.Send(packet, to, d.iface); err != nil {
		p.counters.failed.Add(1)
		return
	}
	p.counters.sent.Add(1)
	p.counters.answered.Add(1)
}

// answers builds the packets that answer q, whose folded name is name: one for each instance, since a v4 asker takes one
// entry of a packet. node reports whether they are about nodes.
func (p *Peer) answers(q dns.Question, name string, id uint16, local bool) (packets [][]byte, node bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	points := q.Qtype == dns.TypePTR || q.Qtype == dns.TypeANY
	add := func(packet []byte, err error) {
		if err == nil {
			packets = append(packets, packet)
		}
	}
	if of := p.services[name]; points && of != nil {
		for _, pub := range of {
			switch {
			case pub.entry.hostOnly() && !local:
			case q == pub.plain:
				add(pub.reply, nil)
			default:
				add(pub.entry.answer(q, id))
			}
		}
		return packets, true
	}
	if pub := p.published[name]; pub != nil {
		if rrs := pub.entry.records(q.Qtype); len(rrs) > 0 && (local || !pub.entry.hostOnly()) {
			add(reply(q, id, rrs...))
		}
		return packets, true
	}
	if domain, ok := strings.CutPrefix(name, enumeration+"."); ok && points {
		if rrs := p.enumerated(q.Name, domain, local); len(rrs) > 0 {
			add(reply(q, id, rrs...))
		}
		return packets, false
	}
	if domain, ok := strings.CutPrefix(name, listing+"."); ok && points {
		for _, pub := range p.visible(domain, local) {
			if q == pub.list {
				add(pub.item, nil)
			} else {
				add(pub.entry.listed().answer(q, id))
			}
		}
		return packets, false
	}
	if rrs := p.hostAddresses(q.Qtype, name, local); len(rrs) > 0 {
		add(reply(q, id, rrs...))
	}
	return packets, true
}

// records are what answers a question for an instance; there is no pointer to it (docs/wire.md §5.3).
func (e Entry) records(kind uint16) []dns.RR {
	address := e.address(ttl)
	switch kind {
	case dns.TypeSRV:
		return []dns.RR{e.srv(ttl), address}
	case dns.TypeTXT:
		return []dns.RR{e.txt(ttl)}
	case dns.TypeANY:
		return []dns.RR{e.srv(ttl), address, e.txt(ttl)}
	case address.Header().Rrtype:
		return []dns.RR{address}
	default:
		return nil
	}
}

// visible is one publication of every service in a domain. p.mu is held.
func (p *Peer) visible(domain string, local bool) []*publication {
	var seen []*publication
	for _, of := range p.services {
		for _, pub := range of {
			if (local || !pub.entry.hostOnly()) && fold(pub.entry.Domain)+"." == domain {
				seen = append(seen, pub)
				break
			}
		}
	}
	return seen
}

// enumerated are pointers to every service of a domain, and to their list. p.mu is held.
func (p *Peer) enumerated(name, domain string, local bool) []dns.RR {
	var rrs []dns.RR
	for _, pub := range p.visible(domain, local) {
		if rrs == nil {
			rrs = append(rrs, &dns.PTR{Hdr: plainHeader(name, dns.TypePTR), Ptr: escape(ListingName(pub.entry.Domain))})
		}
		rrs = append(rrs, &dns.PTR{Hdr: plainHeader(name, dns.TypePTR), Ptr: escape(pub.entry.service())})
	}
	return rrs
}

func plainHeader(name string, kind uint16) dns.RR_Header {
	return dns.RR_Header{Name: name, Rrtype: kind, Class: dns.ClassINET, Ttl: ttl}
}

// hostAddresses are the addresses under a host name. p.mu is held.
func (p *Peer) hostAddresses(kind uint16, name string, local bool) []dns.RR {
	if kind != dns.TypeA && kind != dns.TypeAAAA {
		return nil
	}
	var rrs []dns.RR
	seen := make(map[netip.Addr]bool)
	for _, pub := range p.published {
		addr := pub.entry.Addr
		if fold(pub.entry.Host) != name || seen[addr] || pub.entry.hostOnly() && !local || len(rrs) == maxHostAddresses {
			continue
		}
		if rr := pub.entry.address(ttl); rr.Header().Rrtype == kind {
			seen[addr] = true
			rrs = append(rrs, rr)
		}
	}
	return rrs
}

// asked is what the copies of one question have in common that come over several interfaces.
type asked struct {
	port uint16
	id   uint16
	name string
}

// recent remembers the last questions that were answered and over which interface they came.
type recent struct {
	of   map[asked]int
	ring [recentQuestions]asked
	next int
}

// repeated reports whether a question has come over another interface before, and remembers it.
func (p *Peer) repeated(a asked, d origin) bool {
	if d.iface == 0 {
		return false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	r := &p.questions
	if iface, known := r.of[a]; known {
		return iface != d.iface
	}
	if r.of == nil {
		r.of = make(map[asked]int, recentQuestions)
	}
	delete(r.of, r.ring[r.next])
	r.ring[r.next] = a
	r.of[a] = d.iface
	r.next = (r.next + 1) % recentQuestions
	return false
}
