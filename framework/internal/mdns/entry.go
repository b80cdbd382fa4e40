package mdns

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
)

const (
	listing     = "_services"              // the pseudo service under which every service is listed
	enumeration = "_services._dns-sd._udp" // RFC 6763 §9
	listingPort = 9999                     // of pseudo entries; nobody dials it
	maxName     = 255                      // bytes of a name on the wire, RFC 1035 §2.3.4
	maxLabel    = 63
)

// ErrInvalid is wrapped by every error about an entry that DNS cannot carry.
var ErrInvalid = errors.New("not possible in DNS")

// Entry is one instance of a service as it is announced.
type Entry struct {
	ID      string // dots in it separate labels; the same holds for the next two
	Service string
	Domain  string // without a final dot, for example "micro"
	Host    string // the SRV target
	Port    uint16
	Addr    netip.Addr // loopback: nothing about the entry leaves this host
	Text    []string   // the strings of its TXT record, at most 255 bytes each
}

// InstanceName is the full name of one instance, with the final dot.
func InstanceName(id, service, domain string) string { return id + "." + service + "." + domain + "." }

// ServiceName is the name to ask for the instances of a service.
func ServiceName(service, domain string) string { return service + "." + domain + "." }

// ListingName is the name to ask for the services of a domain: each answers as the instance that is its name.
func ListingName(domain string) string { return ServiceName(listing, domain) }

// Name is the entry's instance name.
func (e Entry) Name() string { return InstanceName(e.ID, e.Service, e.Domain) }

func (e Entry) service() string { return ServiceName(e.Service, e.Domain) }

// hostOnly reports whether the entry is of no use to other hosts.
func (e Entry) hostOnly() bool { return e.Addr.IsLoopback() }

// listed is the pseudo entry that lists the entry's service.
func (e Entry) listed() Entry {
	return Entry{ID: e.Service, Service: listing, Domain: e.Domain, Host: e.Host, Port: listingPort, Addr: netip.IPv4Unspecified()}
}

func (e Entry) validate() error {
	for what, name := range map[string]string{"name": e.Name(), "host name": strings.TrimSuffix(e.Host, ".") + "."} {
		if len(name)+1 > maxName {
			return fmt.Errorf("%w: %s %q has more than %d bytes", ErrInvalid, what, name, maxName)
		}
		for label := range strings.SplitSeq(strings.TrimSuffix(name, "."), ".") {
			if label == "" || len(label) > maxLabel {
				return fmt.Errorf("%w: %s %q: each part between dots has 1 to %d bytes", ErrInvalid, what, name, maxLabel)
			}
		}
	}
	switch {
	case e.Port == 0:
		return fmt.Errorf("%w: %s has no port", ErrInvalid, e.ID)
	case !e.Addr.IsValid():
		return fmt.Errorf("%w: %s has no IP address", ErrInvalid, e.ID)
	}
	return nil
}

// fold is a name as the index has it: names of DNS are alike whatever the case of their letters.
func fold(name string) string { return strings.ToLower(name) }

// escape makes a name readable for miekg/dns, which takes a backslash as an escape.
func escape(name string) string { return strings.ReplaceAll(name, `\`, `\\`) }

// unescape undoes the escapes that miekg/dns writes: \X and \DDD.
func unescape(name string) string {
	if !strings.Contains(name, `\`) {
		return name
	}
	out := make([]byte, 0, len(name))
	for i := 0; i < len(name); i++ {
		switch {
		case name[i] != '\\' || i+1 == len(name):
			out = append(out, name[i])
		case i+3 < len(name) && digit(name[i+1]) && digit(name[i+2]) && digit(name[i+3]):
			out = append(out, (name[i+1]-'0')*100+(name[i+2]-'0')*10+name[i+3]-'0')
			i += 3
		default:
			i++
			out = append(out, name[i])
		}
	}
	return string(out)
}

func digit(b byte) bool { return '0' <= b && b <= '9' }
