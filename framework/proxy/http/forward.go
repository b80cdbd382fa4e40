package http

import (
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net/url"
	"strings"
	"time"

	stdhttp "net/http"

	"golang.org/x/net/http/httpguts"

	errs "github.com/microtop/microtop/framework/errors"
	"github.com/microtop/microtop/framework/internal/mucp"
	"github.com/microtop/microtop/framework/limits"
	"github.com/microtop/microtop/framework/server"
)

// longest is how much of a body is told as an error's detail, in bytes.
const longest = 1 << 10

// tooLarge is the error of an answer over the limit.
type tooLarge struct{ limit int }

// Error names the limit.
func (e *tooLarge) Error() string {
	return fmt.Sprintf("the backend's answer has more than %d bytes", e.limit)
}

// answer is what a backend said.
type answer struct {
	code   int
	header map[string]string
	body   []byte
}

// post forwards one request. A redirection is an answer like any other.
func (r *Router) post(ctx context.Context, to *url.URL, req server.Request, body []byte) (answer, error) {
	forward, err := stdhttp.NewRequestWithContext(ctx, stdhttp.MethodPost, to.String(), bytes.NewReader(bytes.Clone(body)))
	if err != nil {
		return answer{}, err
	}
	forwardHeader(forward.Header, req.Header())
	if to.User != nil { // last: whoever calls does not choose as whom
		password, _ := to.User.Password() // none is empty
		forward.SetBasicAuth(to.User.Username(), password)
	}
	rsp, err := r.open().RoundTrip(forward)
	if err != nil {
		return answer{}, err
	}
	defer rsp.Body.Close()
	most := limits.Default().MessageBytes
	text, err := io.ReadAll(io.LimitReader(rsp.Body, int64(most)+1))
	switch {
	case err != nil:
		return answer{}, err
	case len(text) > most:
		return answer{}, &tooLarge{most}
	}
	return answer{code: rsp.StatusCode, header: answerHeader(rsp.Header), body: text}, nil
}

// forwardHeader copies the headers of a request but for those that belong to its connection, and the debug token.
func forwardHeader(to stdhttp.Header, from map[string]string) {
	dropped := listed(from["Connection"])
	for name, value := range from {
		name = mucp.Canonical(name)
		if hop(name) || dropped[name] || name == mucp.DebugToken || name == "Accept-Encoding" || !httpguts.ValidHeaderFieldName(name) || !httpguts.ValidHeaderFieldValue(value) {
			continue
		}
		to.Set(name, value)
	}
}

// answerHeader are the headers of an answer but for those that belong to its connection, and what the protocol sets
// itself. The content type stays, unless it is that of text that nobody named: callers decode what they asked for.
func answerHeader(from stdhttp.Header) map[string]string {
	dropped, out := listed(from.Get("Connection")), map[string]string{}
	for name, values := range from {
		if hop(name) || dropped[name] || mucp.Reserved(name) && name != mucp.ContentType {
			continue
		}
		if name == mucp.ContentType && strings.HasPrefix(values[0], "text/plain") {
			continue
		}
		out[name] = strings.Join(values, ", ")
	}
	return out
}

// listed are the headers that a Connection header names.
func listed(connection string) map[string]bool {
	out := map[string]bool{}
	for name := range strings.SplitSeq(connection, ",") {
		out[mucp.Canonical(strings.TrimSpace(name))] = true
	}
	return out
}

// hop reports whether a header is for one connection only (RFC 9110 §7.6.1).
func hop(name string) bool {
	switch name {
	case "Connection", "Keep-Alive", "Te", "Trailer", "Transfer-Encoding", "Upgrade", "Host", "Content-Length":
		return true
	}
	return strings.HasPrefix(name, "Proxy-")
}

// refusal is the error of a status that is not 2xx: with its id and detail if the body is an error of the framework's.
func (a answer) refusal(service string) error {
	text := strings.TrimSpace(strings.ToValidUTF8(string(a.body[:min(len(a.body), longest)]), ""))
	if said := errs.Parse(text); said.GetId() != "" && said.GetDetail() != "" {
		return errs.New(said.GetId(), said.GetDetail(), int32(a.code)) //nolint:gosec // a status code
	}
	if text == "" {
		text = "the backend answered " + stdhttp.StatusText(a.code)
	}
	return errs.New(service, text, int32(a.code)) //nolint:gosec // as above
}

// open returns the connections to the backend. The variables of proxies are not looked at.
func (r *Router) open() *stdhttp.Transport {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.conns == nil {
		l := limits.Default()
		r.conns = &stdhttp.Transport{
			MaxIdleConnsPerHost: l.StreamsPerConn, IdleConnTimeout: time.Minute, TLSHandshakeTimeout: l.TLSHandshakeTimeout,
			MaxResponseHeaderBytes: int64(l.HeaderBytes), DisableCompression: true, ForceAttemptHTTP2: true,
			TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12},
		}
	}
	return r.conns
}
