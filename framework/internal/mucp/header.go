// Package mucp is what both ends of the framework's own protocol share: header names, the few texts that the other
// side compares, and codecs on loan (docs/wire.md §3). Start with [Codecs].
package mucp

import "net/textproto"

// Header names of the protocol, in the form in which HTTP carries them.
const (
	ID          = "Micro-Id"
	Service     = "Micro-Service"
	Method      = "Micro-Method"
	Endpoint    = "Micro-Endpoint"
	Stream      = "Micro-Stream"
	Error       = "Micro-Error"
	Protocol    = "Micro-Protocol"
	Target      = "Micro-Target"
	Topic       = "Micro-Topic"
	Timeout     = "Timeout"
	ContentType = "Content-Type"
	Accept      = "Accept"

	// Draining, with the value "1", says that a request was refused by a server that stops, and did not run.
	Draining = "Micro-Draining"
	// DebugToken opens the debug service; the server takes it out of the metadata.
	DebugToken = "Micro-Debug-Token" //nolint:gosec // a header's name

	// Pipeline is the node metadata by which a server says how many calls it takes on one connection at a time.
	Pipeline = "micro-pipeline"

	// Local and Remote are metadata that a server adds: the connection's addresses.
	Local  = "Local"
	Remote = "Remote"
)

// The older twins of some headers.
const (
	XID       = "X-" + ID
	XService  = "X-" + Service
	XMethod   = "X-" + Method
	XEndpoint = "X-" + Endpoint
	XStream   = "X-" + Stream
	XError    = "X-" + Error
	XProtocol = "X-" + Protocol
	XTarget   = "X-" + Target
	XTopic    = "X-" + Topic
)

const (
	// EOS is the error text that ends a stream in good order.
	EOS = "EOS"
	// NotRun is the detail of a refusal by a server that stops.
	NotRun = "draining: not run"
	// ServerID is the error id of what the server itself says.
	ServerID = "go.micro.server"
	// Name is the protocol's, the server's and the client's name.
	Name = "mucp"
)

// Either returns the header of the first name, or of the second when the first is absent or empty.
func Either(header map[string]string, name, twin string) string {
	if value := header[name]; value != "" {
		return value
	}
	return header[twin]
}

// Reserved reports whether a metadata key must not become a header of a request: the protocol sets it itself, or it
// belongs to the one connection it came over.
func Reserved(key string) bool {
	switch key {
	case ID, Service, Method, Endpoint, Stream, Error, Topic, Timeout, ContentType, Accept, Draining,
		XID, XService, XMethod, XEndpoint, XStream, XError, XTopic, Local, Remote,
		"Content-Length", "Transfer-Encoding", "Connection", "Keep-Alive", "Host", "Te", "Trailer", "Upgrade", ":path":
		return true
	}
	return false
}

// Canonical returns key as HTTP spells it.
func Canonical(key string) string { return textproto.CanonicalMIMEHeaderKey(key) }
