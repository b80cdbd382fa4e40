package broker

import (
	stderrors "errors"
	"io"
	"net"
	"net/http"
	"strconv"
	"time"

	"github.com/microtop/microtop/framework/errors"
)

// ahead is what was read of the connection and not yet looked at.
func (c *caller) ahead() []byte {
	text, _ := c.from.Peek(c.from.Buffered()) // as much is there
	return text
}

// exchange reads a post and answers it; false means that the connection is to end.
func (r *receiver) exchange(c *caller) bool {
	if id, body, size := c.known.find(c.ahead()); size > 0 && int64(len(body)) <= envelopeBytes(r.limits) {
		status, text := r.deliver(id, body)
		_, err := c.from.Discard(size)
		return c.answer(status, text, false) && err == nil
	}
	head := c.known.candidate(c.ahead())
	c.in.left, c.in.met = r.limits.HeaderBytes, false
	if r.limits.HeaderBytes >= 0 {
		c.in.left += readSize // a part of the next one may be read with it
	}
	req, err := http.ReadRequest(c.from)
	c.in.left = -1
	switch {
	case c.in.met:
		return c.answer(http.StatusRequestHeaderFieldsTooLarge, "header too large", true)
	case err != nil:
		if stderrors.Is(err, io.EOF) || isTimeout(err) {
			return false
		}
		return c.answer(http.StatusBadRequest, err.Error(), true)
	}
	if req.ContentLength < 0 || int64(c.from.Buffered()) < req.ContentLength {
		_ = c.conn.SetReadDeadline(after(r.limits.BodyTimeout))
		c.set = time.Time{}.Add(1) // a head's time is to begin anew
	}
	if req.ContentLength != 0 && req.ProtoAtLeast(1, 1) && req.Header.Get("Expect") == "100-continue" {
		_ = c.conn.SetWriteDeadline(after(r.limits.BodyTimeout))
		_, _ = io.WriteString(c.to, "HTTP/1.1 100 Continue\r\n\r\n") // Flush tells
		if c.to.Flush() != nil {
			return false
		}
	}
	status, text := r.take(req)
	if r.plain && head != nil { // other codecs might keep a body that is read in place
		c.known.learn(head, req)
	}
	n, err := req.Body.Read(make([]byte, 1)) // what was not read ends the connection
	last := req.Close || !req.ProtoAtLeast(1, 1) || n > 0 || !stderrors.Is(err, io.EOF)
	if req.Method == http.MethodHead {
		text = ""
	}
	return c.answer(status, text, last)
}

func isTimeout(err error) bool {
	var e net.Error
	return stderrors.As(err, &e) && e.Timeout()
}

// answer queues an answer; false means that it is the last.
func (c *caller) answer(status int, text string, last bool) bool {
	if status == http.StatusOK && text == "" && !last {
		_, err := io.WriteString(c.to, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
		return err == nil
	}
	head := "HTTP/1.1 " + strconv.Itoa(status) + " " + http.StatusText(status) + "\r\nContent-Length: " + strconv.Itoa(len(text))
	if text != "" {
		head += "\r\nContent-Type: text/plain; charset=utf-8\r\nX-Content-Type-Options: nosniff"
	}
	if last {
		head += "\r\nConnection: close"
	}
	_, err := io.WriteString(c.to, head+"\r\n\r\n"+text)
	return err == nil && !last
}

// take takes one post (docs/wire.md §7.2) and says what to answer.
func (r *receiver) take(req *http.Request) (status int, text string) {
	if req.Method != http.MethodPost {
		return http.StatusMethodNotAllowed, errors.BadRequest(errorID, "Method not allowed").Error()
	}
	most := envelopeBytes(r.limits)
	if req.ContentLength > most {
		return tooLarge(stderrors.New("body too large"))
	}
	body, err := readBody(io.LimitReader(req.Body, most+1), req.ContentLength)
	if err == nil && int64(len(body)) > most {
		err = stderrors.New("body too large")
	}
	if err != nil {
		return tooLarge(err)
	}
	return r.deliver(req.URL.Query().Get("id"), body)
}
