package http

import "net/url"

// Target is where the requests of an endpoint go.
func (r *Router) Target(endpoint string) (*url.URL, error) { return r.target(endpoint) }
