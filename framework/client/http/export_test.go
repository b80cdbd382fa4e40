package http

import stdhttp "net/http"

// URLOf is where an endpoint of a node is.
func URLOf(address, endpoint string) (string, error) { return urlOf(address, endpoint, false) }

// Refusal is what an answer says went wrong.
func Refusal(rsp *stdhttp.Response, body []byte) error { return refusal(rsp, body, "shop.web") }
