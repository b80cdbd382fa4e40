package mdns_test

import (
	"net"
	"net/netip"
	"testing"

	"github.com/microtop/microtop/framework/internal/mdns"
)

// Every address of this host is on a link of it, and so are its neighbours; addresses of documentation are not.
func TestOnLink(t *testing.T) {
	network := mdns.System()
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		t.Skipf("no interfaces can be listed here: %v", err)
	}
	for _, a := range addrs {
		ipnet, ok := a.(*net.IPNet)
		if !ok {
			continue
		}
		addr, _ := netip.AddrFromSlice(ipnet.IP)
		if !network.OnLink(addr) || !network.OnLink(addr.Unmap()) {
			t.Errorf("%v, of this host, is not", addr)
		}
		if addr = addr.Unmap(); addr.Is4() && !addr.IsLoopback() {
			if next := addr.Next(); ipnet.Contains(next.AsSlice()) && !network.OnLink(next) {
				t.Errorf("%v, beside %v, is not", next, ipnet)
			}
		}
	}
	for addr, want := range map[string]bool{
		"127.0.0.1": true, "::1": true, "fe80::1%eth0": true, "169.254.1.1": true, "::ffff:127.0.0.1": true,
		"203.0.113.9": false, "2001:db8::9": false, "0.0.0.0": false,
	} {
		if got := network.OnLink(netip.MustParseAddr(addr)); got != want {
			t.Errorf("%s: %v", addr, got)
		}
	}
	if network.OnLink(netip.Addr{}) {
		t.Error("no address is")
	}
}
