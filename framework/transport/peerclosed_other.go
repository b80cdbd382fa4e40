//go:build !unix

package transport

import "net"

// peek cannot look without waiting here.
type peek struct{}

func (*peek) init(net.Conn) {}

func (*peek) peerClosed() bool { return false }
