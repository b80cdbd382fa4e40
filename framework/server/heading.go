package server

import (
	"github.com/microtop/microtop/framework/internal/mucp"
	"github.com/microtop/microtop/framework/transport"
)

// arrival is a received message. Its memory is used again for the next one.
type arrival struct {
	transport.Fields
	heading

	header map[string]string // of a socket that knows no lists, in place of Lines
}

// heading is what the protocol's headers say. It is read once, so that most calls need no map.
type heading struct {
	id, service, method, endpoint        string
	xService, xMethod, xEndpoint         string
	stream, xStream, errorText, topic    string
	timeout, contentType, token          string
	protocol, target, topical, webOrigin bool
}

// note takes over one header.
func (h *heading) note(name, value string) {
	switch name {
	case mucp.ID:
		h.id = value
	case mucp.Service:
		h.service = value
	case mucp.Method:
		h.method = value
	case mucp.Endpoint:
		h.endpoint = value
	case mucp.ContentType:
		h.contentType = value
	case mucp.Timeout:
		h.timeout = value
	case mucp.Stream:
		h.stream = value
	case mucp.Error:
		h.errorText = value
	case mucp.Topic:
		h.topic = value
		h.topical = h.topical || value != ""
	default:
		h.noteRare(name, value)
	}
}

func (h *heading) noteRare(name, value string) {
	switch name {
	case mucp.XService:
		h.xService = value
	case mucp.XMethod:
		h.xMethod = value
	case mucp.XEndpoint:
		h.xEndpoint = value
	case mucp.XStream:
		h.xStream = value
	case mucp.XTopic:
		h.topical = h.topical || value != ""
	case mucp.Protocol, mucp.XProtocol:
		h.protocol = h.protocol || value != ""
	case mucp.Target, mucp.XTarget:
		h.target = h.target || value != ""
	case "Origin", "Referer", "Sec-Fetch-Mode":
		h.webOrigin = h.webOrigin || value != ""
	default:
		if isToken(name) {
			h.token = value
		}
	}
}

// isToken reports whether a header is the debug service's token, which never becomes metadata.
func isToken(name string) bool {
	return len(name) == len(mucp.DebugToken) && mucp.Canonical(name) == mucp.DebugToken
}

// marked reports whether the message came with a stream id.
func (h *heading) marked() bool { return h.stream != "" || h.xStream != "" }

// key tells the message's stream or request apart from others on its connection.
func (h *heading) key() string {
	if h.stream != "" {
		return h.stream
	}
	return h.id
}

// legacy reports whether a request is an old peer's, whose method and id are in the body (docs/wire.md §3.8).
func (h *heading) legacy() bool {
	switch {
	case h.protocol, h.topical:
		return false
	case either(h.service, h.xService) != "", either(h.method, h.xMethod) != "", either(h.endpoint, h.xEndpoint) != "":
		return h.target
	}
	return true
}

// fromBrowser reports whether a request may be one that a web page made its visitor's browser send without asking
// first: such a request has no content type of ours and no header of ours, so that only an old peer's form is open to it.
func (h *heading) fromBrowser() bool { return h.contentType == "" || h.webOrigin }

func either(value, twin string) string {
	if value != "" {
		return value
	}
	return twin
}
