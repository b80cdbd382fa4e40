// Package grpc is what the gRPC server and the gRPC client share: names, content types and errors, in the form in which
// go-micro v4's plug-ins send them (docs/wire.md §8).
package grpc

import "strings"

// Name is the name of the server, the client, the transport and the protocol.
const Name = "grpc"

// The keys of a call's metadata that v4 uses beside gRPC's own.
const (
	Timeout     = "timeout"           // nanoseconds, decimal
	ContentType = "x-content-type"    // the framework's
	Draining    = "micro-draining"    // "1" beside a refusal by a server that stops: the call did not run
	DebugToken  = "micro-debug-token" //nolint:gosec // a header's name
)

// Path is the method of a gRPC call for an endpoint of a service: "/service.Handler/Method". An endpoint that is a path
// already, or has not two parts, is used as it is.
func Path(service, endpoint string) string {
	handler, method, ok := strings.Cut(endpoint, ".")
	if strings.HasPrefix(endpoint, "/") || !ok || strings.Contains(method, ".") {
		return endpoint
	}
	if service != "" {
		handler = service + "." + handler
	}
	return "/" + handler + "/" + method
}

// Endpoint is what a gRPC method calls: "/any.package.Handler/Method" is "Handler.Method". What is before the handler is
// the package, or the service's name, and is not looked at.
func Endpoint(path string) (handler, method string, ok bool) {
	service, method, ok := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	handler = service[strings.LastIndexByte(service, '.')+1:]
	return handler, method, ok && handler != "" && method != ""
}
