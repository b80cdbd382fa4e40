package registry

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash/maphash"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/microtop/microtop/framework/internal/mdns"
	"github.com/microtop/microtop/framework/limits"
)

// mdnsRecord is the text of a node (docs/wire.md §5.2). Seal and Opens are ours; v4 skips keys it does not know.
//
// Anybody can forge a goodbye. So the record carries a seal, the hash of a secret, and the goodbye the secret, which only
// the node can know: watchers believe such a goodbye at once, and ask again before they believe another.
type mdnsRecord struct {
	Service   string
	Version   string
	Endpoints []*Endpoint
	Metadata  map[string]string
	Seal      string `json:",omitempty"`
	Opens     string `json:",omitempty"`
}

// recordOf is the record of a service with one node, or of its goodbye.
func recordOf(s *Service, secret string, goodbye bool) mdnsRecord {
	record := mdnsRecord{Service: s.Name, Version: s.Version, Endpoints: s.Endpoints, Metadata: s.Nodes[0].Metadata, Seal: sealOf(secret)}
	if goodbye {
		record.Opens = secret
	}
	return record
}

func sealOf(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:16])
}

func (r *mdnsRegistry) encode(record mdnsRecord) ([]string, error) {
	data, err := json.Marshal(record)
	if err != nil {
		return nil, fmt.Errorf("encode the record of %s: %w", record.Service, err)
	}
	if err := checkRecord(data, r.limits); err != nil {
		return nil, err
	}
	if err := checkParts(data, r.limits); err != nil {
		return nil, err
	}
	return r.texts.Encode(data)
}

// sighted is a node as its record tells it.
type sighted struct {
	service     *Service // with its one node
	seal, opens string
	mark        uint64 // of what it was read from
	size        int    // bytes of it that were read, in spite of an error too
}

// budget bounds the work that strangers can make by announcing: the bytes of records read a second, on average.
type budget struct {
	mu   sync.Mutex
	left int
	at   time.Time
}

const (
	budgetBurst  = 32 << 20 // a fleet of 4,000 nodes, all at once
	budgetSecond = 4 << 20
)

// spend takes bytes off the budget, or with 0 only looks, and reports whether something was left before.
func (b *budget) spend(bytes int) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now()
	if b.at.IsZero() {
		b.left = budgetBurst
	} else {
		b.left = min(budgetBurst, b.left+int(float64(budgetSecond)*min(now.Sub(b.at), time.Minute).Seconds()))
	}
	b.at = now
	had := b.left > 0
	b.left -= bytes
	return had
}

// read reads what was heard of a node in a domain. What it returns is bounded and valid.
func (r *mdnsRegistry) read(h mdns.Heard, domain string) (sighted, error) {
	data, err := mdns.DecodeText(h.Text, r.limits.RecordBytes)
	if err != nil {
		return sighted{size: len(h.Text) << 13}, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	bad := sighted{size: len(data)}
	if err := checkRecord(data, r.limits); err != nil {
		return bad, err
	}
	if err := checkParts(data, r.limits); err != nil {
		return bad, err
	}
	var record mdnsRecord
	if err := json.Unmarshal(data, &record); err != nil {
		return bad, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	id, ours := strings.CutSuffix(h.Name, "."+mdns.ServiceName(record.Service, domain))
	if !ours {
		return bad, fmt.Errorf("%w: the name %q is not of service %q", ErrInvalid, h.Name, record.Service)
	}
	s := &Service{
		Name: record.Service, Version: record.Version, Endpoints: record.Endpoints,
		Nodes: []*Node{{Id: id, Address: netip.AddrPortFrom(h.Addr.Unmap(), h.Port).String(), Metadata: record.Metadata}},
	}
	s.tidy(r.limits)
	if err := validateRecord(s); err != nil {
		return bad, err
	}
	return sighted{service: s, seal: record.Seal, opens: record.Opens, mark: r.fingerprint(h), size: len(data)}, nil
}

// checkParts refuses records that are small as text and large in memory. True ones have an object, list or member for
// every twelve bytes, so this is half of the largest record.
func checkParts(data []byte, l limits.Limits) error {
	parts := 0
	for _, c := range data {
		switch c {
		case '{', '[', ',':
			parts++
		}
	}
	if limits.Exceeded(parts*24, l.RecordBytes) {
		return fmt.Errorf("%w: a record of %d parts", ErrInvalid, parts)
	}
	return nil
}

// fingerprint tells apart what was heard of one node, so that copies need not be read.
func (r *mdnsRegistry) fingerprint(h mdns.Heard) uint64 {
	var hash maphash.Hash
	hash.SetSeed(r.sights.seed)
	_, _ = hash.WriteString(h.Addr.String())
	_, _ = hash.WriteString(strconv.Itoa(int(h.Port)))
	for _, text := range h.Text {
		_, _ = hash.WriteString(text)
	}
	return hash.Sum64()
}

// resolve finds the IP address that an address record needs.
func resolve(ctx context.Context, address string) (netip.Addr, uint16, error) {
	host, portText, err := net.SplitHostPort(address)
	if err != nil {
		return netip.Addr{}, 0, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	port, err := strconv.ParseUint(portText, 10, 16)
	if err != nil {
		return netip.Addr{}, 0, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	if addr, err := netip.ParseAddr(host); err == nil {
		return addr.Unmap(), uint16(port), nil
	}
	addrs, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	if err != nil || len(addrs) == 0 {
		return netip.Addr{}, 0, fmt.Errorf("%w: mDNS needs the IP address of %q: %w", ErrInvalid, host, err)
	}
	best := addrs[0].Unmap()
	for _, addr := range addrs {
		if addr = addr.Unmap(); addr.Is4() && !best.Is4() {
			best = addr
		}
	}
	return best, uint16(port), nil
}
