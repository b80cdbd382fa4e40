package httpd

import (
	"errors"
	"io"
	"net/http"
	"time"
)

// paceBytes is what a peer has to send in each pace of time, in bytes.
const paceBytes = 4 << 20

// body is the body of a request. A peer has one pace of time to send it, and as much again for each paceBytes that have
// come; the time in which the handler does not read does not count.
type body struct {
	io.ReadCloser

	control *http.ResponseController // nil: the server's own times count
	pace    time.Duration
	left    time.Duration
	over    bool
}

// Read implements io.Reader.
func (b *body) Read(p []byte) (int, error) {
	if b.control == nil || b.over {
		return b.ReadCloser.Read(p)
	}
	began := time.Now()
	_ = b.control.SetReadDeadline(began.Add(b.left)) // what has no deadlines is no connection
	n, err := b.ReadCloser.Read(p)
	b.left = max(b.left-time.Since(began)+b.pace*time.Duration(n)/paceBytes, time.Millisecond)
	if errors.Is(err, io.EOF) {
		b.over = true
		_ = b.control.SetReadDeadline(time.Time{}) // as above; the server waits on for the peer to go away
	}
	return n, err
}

// end bounds how long the server may look for the rest of a body that its handler did not want.
func (b *body) end() {
	if b.control != nil && !b.over {
		_ = b.control.SetReadDeadline(time.Now().Add(b.left)) // as above
	}
}
