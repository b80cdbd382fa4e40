package mdns

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"
)

const (
	port       = 5353
	readBuffer = 1 << 20         // bytes: answers of hundreds of services come at once
	surveyLife = 5 * time.Second // how long a list of the host's interfaces is believed
)

// System is the network of the operating system.
func System() Network { return &system{} }

type system struct {
	mu   sync.Mutex
	last survey
}

// survey is what the host's interfaces are at one time.
type survey struct {
	at     time.Time
	v4, v6 []net.Interface // that are up and can do multicast; if there is none, loopback
	addrs  map[netip.Addr]struct{}
	links  []netip.Prefix // that the addresses are in
}

// interfaces returns a survey that is at most surveyLife old.
func (s *system) interfaces() survey {
	s.mu.Lock()
	last := s.last
	s.mu.Unlock()
	if time.Since(last.at) < surveyLife {
		return last
	}
	last = look()
	s.mu.Lock()
	s.last = last
	s.mu.Unlock()
	return last
}

func look() survey {
	found := survey{at: time.Now(), addrs: make(map[netip.Addr]struct{})}
	list, err := net.Interfaces()
	if err != nil {
		return found
	}
	var loop4, loop6 []net.Interface
	for _, iface := range list {
		if iface.Flags&net.FlagUp == 0 {
			continue
		}
		has4, has6 := found.note(iface)
		into4, into6 := &found.v4, &found.v6
		if iface.Flags&net.FlagMulticast == 0 {
			if iface.Flags&net.FlagLoopback == 0 {
				continue
			}
			into4, into6 = &loop4, &loop6
		}
		if has4 {
			*into4 = append(*into4, iface)
		}
		if has6 {
			*into6 = append(*into6, iface)
		}
	}
	if len(found.v4)+len(found.v6) == 0 {
		found.v4, found.v6 = loop4, loop6
	}
	return found
}

// note takes over the interface's addresses and says of which kind they are.
func (s *survey) note(iface net.Interface) (has4, has6 bool) {
	addrs, err := iface.Addrs()
	if err != nil {
		return false, false
	}
	for _, a := range addrs {
		ipnet, ok := a.(*net.IPNet)
		if !ok {
			continue
		}
		addr, ok := netip.AddrFromSlice(ipnet.IP)
		if !ok {
			continue
		}
		addr = addr.Unmap()
		s.addrs[addr] = struct{}{}
		if ones, bits := ipnet.Mask.Size(); bits == addr.BitLen() && ones > 0 {
			s.links = append(s.links, netip.PrefixFrom(addr, ones))
		}
		has4, has6 = has4 || addr.Is4(), has6 || addr.Is6()
	}
	return has4, has6
}

// Local implements Network.
func (s *system) Local(addr netip.Addr) bool {
	addr = addr.Unmap().WithZone("")
	if addr.IsLoopback() {
		return true
	}
	_, mine := s.interfaces().addrs[addr]
	return mine
}

// OnLink implements Network. Link-local addresses always are: no router forwards to them.
func (s *system) OnLink(addr netip.Addr) bool {
	addr = addr.Unmap().WithZone("")
	if addr.IsLoopback() || addr.IsLinkLocalUnicast() {
		return true
	}
	return slices.ContainsFunc(s.interfaces().links, func(link netip.Prefix) bool { return link.Contains(addr) })
}

// Listen implements Network.
func (s *system) Listen(ctx context.Context) ([]Conn, error) {
	return opened(ctx, s.listen4, s.listen6)
}

// Dial implements Network.
func (s *system) Dial(ctx context.Context) ([]Conn, error) { return opened(ctx, s.dial4, s.dial6) }

// opened opens what can be opened; it fails if nothing can.
func opened(ctx context.Context, open ...func(context.Context) (Conn, error)) ([]Conn, error) {
	var conns []Conn
	var errs []error
	for _, open := range open {
		c, err := open(ctx)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		conns = append(conns, c)
	}
	if len(conns) == 0 {
		return nil, fmt.Errorf("%w: %w", ErrUnavailable, errs[0])
	}
	return conns, nil
}

var errNoInterface = errors.New("no interface for it is up")

// onEach does something on every interface and fails if it works on none, with the first reason.
func onEach(list []net.Interface, do func(*net.Interface) error) error {
	if len(list) == 0 {
		return errNoInterface
	}
	var first error
	failed := 0
	for i := range list {
		if err := do(&list[i]); err != nil {
			failed++
			first = cmp.Or(first, fmt.Errorf("%s: %w", list[i].Name, err))
		}
	}
	if failed < len(list) {
		return nil
	}
	return first
}
