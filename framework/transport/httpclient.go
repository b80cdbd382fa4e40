package transport

import (
	"net"
	"strconv"
	"time"
)

// httpClient is the dialling end: it sends requests and receives responses.
type httpClient struct {
	httpSocket
	start string // of every request
	peek  peek
}

var (
	_ Client     = (*httpClient)(nil)
	_ Deadliner  = (*httpClient)(nil)
	_ Reuser     = (*httpClient)(nil)
	_ Fielder    = (*httpClient)(nil)
	_ PeerCloser = (*httpClient)(nil)
)

func newHTTPClient(conn net.Conn, addr string, o Options) *httpClient {
	c := &httpClient{start: "POST / HTTP/1.1\r\nHost: " + addr + "\r\n"}
	c.init(conn, o)
	c.peek.init(conn)
	c.writer = newWriter(&c.until, func() {
		if c.timeout > 0 {
			c.until.setWrite(time.Now().Add(c.timeout))
		}
	})
	return c
}

// PeerClosed implements PeerCloser.
func (c *httpClient) PeerClosed() bool { return c.peek.peerClosed() }

// Send implements Socket.
func (c *httpClient) Send(m *Message) error {
	return c.writer.send(m.Body, false, func(dst []byte) ([]byte, error) {
		dst, err := appendHeader(c.begin(dst, len(m.Body)), m.Header)
		return c.finish(dst, m.Body), err
	})
}

// SendFields implements Fielder.
func (c *httpClient) SendFields(list []Field, body []byte) error {
	return c.sendFields(list, body, false)
}

// QueueFields implements Fielder.
func (c *httpClient) QueueFields(list []Field, body []byte) error {
	return c.sendFields(list, body, true)
}

func (c *httpClient) sendFields(list []Field, body []byte, later bool) error {
	return c.writer.send(body, later, func(dst []byte) ([]byte, error) {
		dst, err := c.lines.append(c.begin(dst, len(body)), list)
		return c.finish(dst, body), err
	})
}

// begin appends what comes before a request's headers.
func (c *httpClient) begin(dst []byte, length int) []byte {
	dst = append(dst, c.start...)
	if length == 0 {
		return append(dst, "Transfer-Encoding: chunked\r\n"...)
	}
	dst = append(dst, "Content-Length: "...)
	dst = strconv.AppendInt(dst, int64(length), 10)
	return append(dst, "\r\n"...)
}

// finish appends what comes behind a request's headers.
func (c *httpClient) finish(dst, body []byte) []byte {
	dst = append(dst, "\r\n"...)
	if len(body) == 0 {
		return append(dst, "0\r\n\r\n"...)
	}
	return appendInline(dst, body)
}

// appendInline appends a body that is to be written together with its head.
func appendInline(dst, body []byte) []byte {
	if len(body) > bodyInline {
		return dst
	}
	return append(dst, body...)
}

// Recv implements Socket. A status other than 200 is a *StatusError.
func (c *httpClient) Recv(m *Message) error { return c.recvMessage(c, m, false) }

// RecvReuse implements Reuser.
func (c *httpClient) RecvReuse(m *Message) error { return c.recvMessage(c, m, true) }

// RecvFields implements Fielder.
func (c *httpClient) RecvFields(f *Fields) error {
	if c.timeout > 0 {
		c.until.setRead(time.Now().Add(c.timeout))
	}
	if c.reader.buffered() == 0 {
		if err := c.reader.fill(); err != nil {
			return err
		}
	}
	h, err := c.response(f)
	if err != nil {
		return c.broken(err)
	}
	body, err := c.reader.body(h, f.Body, true)
	if err != nil {
		return c.broken(err)
	}
	if h.code != 200 {
		return &StatusError{Code: h.code, Status: h.status, Body: cut(string(body), maxErrorBody)}
	}
	f.Body, f.More = body, c.reader.buffered() > 0
	return nil
}

// response reads the head of the next response that is one, past those that only tell of progress.
func (c *httpClient) response(f *Fields) (head, error) {
	for {
		h, err := c.reader.parse(f, parseResponse)
		switch {
		case err != nil:
			return head{}, err
		case h.code == 204 || h.code == 304:
			h.length, h.chunked = 0, false
		case h.code >= 100 && h.code < 200 && h.code != 101:
			for c.reader.buffered() == 0 {
				if err := c.reader.need(false); err != nil {
					return head{}, err
				}
			}
			continue
		}
		return h, nil
	}
}

// broken closes the connection after a message that came half or wrong, since nothing after it can be understood.
func (c *httpClient) broken(err error) error {
	_ = c.Close() // err says what matters
	return err
}

const maxErrorBody = 4 << 10

// StatusError is a response whose status is not 200. Services answer 200 always, errors included: this comes from a
// peer that is not one, or that refused the request as malformed or over its limits.
type StatusError struct {
	Code   int
	Status string // such as "503 Service Unavailable"
	Body   string // at most its first 4 KiB
}

// Error returns "<status>: <body>", as v4 does.
func (e *StatusError) Error() string { return e.Status + ": " + e.Body }
