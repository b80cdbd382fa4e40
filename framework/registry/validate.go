package registry

import (
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// ErrInvalid is wrapped by every error about a service or a record that no registry takes: no name, no nodes, a node
// without id or address, control characters, an address that is not host:port, a record that is too big or no JSON.
var ErrInvalid = errors.New("invalid service")

// Validate reports, wrapping ErrInvalid, why s cannot be registered. Addresses only have to be there: whether they are
// host:port is [ValidateAddress]'s question, since a transport inside one process may call its nodes as it likes.
func Validate(s *Service) error {
	switch {
	case s == nil:
		return fmt.Errorf("%w: nil", ErrInvalid)
	case s.Name == "":
		return fmt.Errorf("%w: it has no name", ErrInvalid)
	case !plain(s.Name) || !plain(s.Version):
		return fmt.Errorf("%w: name %q, version %q: control characters", ErrInvalid, s.Name, s.Version)
	case len(s.Nodes) == 0:
		return fmt.Errorf("%w: %s has no nodes", ErrInvalid, s.Name)
	}
	for _, n := range s.Nodes {
		switch {
		case n == nil || n.Id == "":
			return fmt.Errorf("%w: %s has a node without id", ErrInvalid, s.Name)
		case !plain(n.Id):
			return fmt.Errorf("%w: %s: node id %q: control characters", ErrInvalid, s.Name, n.Id)
		case n.Address == "" || !plain(n.Address):
			return fmt.Errorf("%w: %s: node %s: address %q", ErrInvalid, s.Name, n.Id, n.Address)
		}
	}
	return nil
}

// ValidateAddress reports, wrapping ErrInvalid, why address is not the host:port of something that can be dialed over a
// network: the host a name or an IP address (IPv6 in brackets), the port a number from 1.
func ValidateAddress(address string) error {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return fmt.Errorf("%w: address %q is not host:port", ErrInvalid, address)
	}
	if number, err := strconv.ParseUint(port, 10, 16); err != nil || number == 0 {
		return fmt.Errorf("%w: address %q has no port from 1 to 65535", ErrInvalid, address)
	}
	if host == "" || len(host) > 255 || strings.ContainsFunc(host, foreignToHosts) {
		return fmt.Errorf("%w: address %q has no valid host", ErrInvalid, address)
	}
	return nil
}

func foreignToHosts(r rune) bool {
	letter := 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9'
	return !letter && !strings.ContainsRune("-_.:%", r)
}

// plain reports whether text is valid UTF-8 without control characters.
func plain(text string) bool {
	return utf8.ValidString(text) && !strings.ContainsFunc(text, unicode.IsControl)
}
