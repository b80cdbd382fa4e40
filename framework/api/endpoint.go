// Package api describes how an endpoint is reached over HTTP: the host, method and path that an API gateway routes to it.
//
// The description travels as endpoint metadata in the registry. Generated code (protoc-gen-micro) calls [WithEndpoint] for
// each method that has an HTTP rule.
package api

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/microtop/microtop/framework/server"
)

// Endpoint is the HTTP side of one rpc endpoint.
type Endpoint struct {
	Name        string   // of the rpc endpoint, "Greeter.Hello"
	Description string   // for people
	Handler     string   // how a gateway hands a request on: "rpc", "api", "http"
	Host        []string // that route here; none: any
	Method      []string // "GET", "POST"; none: any
	Path        []string // "/greeter", or "^/greeter/.*$" for a POSIX regular expression
	Stream      bool     // whether it streams; not part of the metadata, where the server says it for itself
}

// listSeparator stands between the elements of a list in metadata.
const listSeparator = ","

// Encode returns the endpoint's description as endpoint metadata, without what is empty; nil for nil. Lists are joined by commas.
func Encode(e *Endpoint) map[string]string {
	if e == nil {
		return nil
	}
	md := map[string]string{}
	for key, value := range map[string]string{
		"endpoint":    e.Name,
		"description": e.Description,
		"handler":     e.Handler,
		"host":        strings.Join(e.Host, listSeparator),
		"method":      strings.Join(e.Method, listSeparator),
		"path":        strings.Join(e.Path, listSeparator),
	} {
		if value != "" {
			md[key] = value
		}
	}
	return md
}

// Decode reads what [Encode] wrote; nil for nil. Blanks around the elements of a list are dropped, and so are empty elements.
func Decode(md map[string]string) *Endpoint {
	if md == nil {
		return nil
	}
	return &Endpoint{
		Name:        md["endpoint"],
		Description: md["description"],
		Handler:     md["handler"],
		Host:        split(md["host"]),
		Method:      split(md["method"]),
		Path:        split(md["path"]),
	}
}

func split(list string) (elements []string) {
	for element := range strings.SplitSeq(list, listSeparator) {
		if element = strings.TrimSpace(element); element != "" {
			elements = append(elements, element)
		}
	}
	return elements
}

// Validate says what keeps a gateway from routing to the endpoint: no name, no handler, or a path that is empty, half a
// regular expression ("^" without "$" or the reverse), or one that does not compile.
func Validate(e *Endpoint) error {
	if e == nil {
		return errors.New("endpoint is nil")
	}
	if e.Name == "" {
		return errors.New("name required")
	}
	for _, path := range e.Path {
		if err := validatePath(path); err != nil {
			return err
		}
	}
	if e.Handler == "" {
		return errors.New("invalid handler: it is empty; rpc endpoints have \"rpc\"")
	}
	return nil
}

func validatePath(path string) error {
	starts, ends := strings.HasPrefix(path, "^"), strings.HasSuffix(path, "$")
	switch {
	case path == "":
		return errors.New("invalid path: it is empty")
	case starts != ends:
		return fmt.Errorf("invalid path %q: a regular expression starts with ^ and ends with $", path)
	case starts:
		if _, err := regexp.CompilePOSIX(path); err != nil {
			return fmt.Errorf("invalid path %q: %w", path, err)
		}
	}
	return nil
}

// WithEndpoint describes one endpoint of a handler; it takes the place of metadata that [server.EndpointMetadata] gave the
// same endpoint before.
func WithEndpoint(e *Endpoint) server.HandlerOption {
	return server.EndpointMetadata(e.Name, Encode(e))
}
