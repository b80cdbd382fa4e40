package broker

import (
	"context"
	"crypto/tls"
	stderrors "errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/microtop/microtop/framework/codec"
	"github.com/microtop/microtop/framework/errors"
	"github.com/microtop/microtop/framework/limits"
)

// errorID names the http broker in the errors that it answers.
const errorID = "go.micro.broker"

// topicHeader carries the topic inside the envelope.
const topicHeader = "Micro-Topic"

// receiver takes posts and offers them to the broker's subscriptions.
type receiver struct {
	broker   *httpBroker
	codec    codec.Marshaler
	plain    bool // the codec is the default
	limits   limits.Limits
	listener net.Listener
	server   *http.Server
	secure   bool
	serving  sync.WaitGroup
	conns    atomic.Int64
}

// listen opens the receiver. It is called with the broker's lock held.
func listen(b *httpBroker) (*receiver, error) {
	r := &receiver{broker: b, codec: marshaler(b.opts), plain: b.opts.Codec == nil, limits: b.opts.Limits()}
	var config net.ListenConfig
	l, err := config.Listen(context.Background(), "tcp", listenAddress(b.opts.Addrs))
	if err != nil {
		return nil, err
	}
	if b.opts.Secure || b.opts.TLSConfig != nil {
		if b.opts.TLSConfig == nil || (len(b.opts.TLSConfig.Certificates) == 0 && b.opts.TLSConfig.GetCertificate == nil) {
			_ = l.Close()
			return nil, stderrors.New("TLS needs a certificate: give broker.TLSConfig one")
		}
		r.secure = true
		l = tls.NewListener(l, b.opts.TLSConfig.Clone())
	}
	r.listener = l
	r.server = &http.Server{
		ConnState:         r.count,
		Handler:           r,
		ReadHeaderTimeout: r.limits.HeaderReadTimeout,
		ReadTimeout:       r.limits.BodyTimeout,
		WriteTimeout:      r.limits.BodyTimeout,
		IdleTimeout:       r.limits.IdleTimeout,
		MaxHeaderBytes:    r.limits.HeaderBytes,
	}
	r.serving.Go(func() { _ = r.server.Serve(l) }) // ends with an error of no interest when closed
	return r, nil
}

func (r *receiver) address() string { return r.listener.Addr().String() }

// close waits for running posts, which only queue and so end soon.
func (r *receiver) close() error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	err := r.server.Shutdown(ctx)
	if stderrors.Is(err, context.DeadlineExceeded) { // a peer that never ends its request
		err = r.server.Close()
	}
	r.serving.Wait()
	return err
}

// count counts connections, and closes those over the limit before anything of them is read.
func (r *receiver) count(conn net.Conn, state http.ConnState) {
	switch state {
	case http.StateNew:
		if limits.Exceeded(int(r.conns.Add(1)), r.limits.Conns) {
			_ = conn.Close() // its end is told as StateClosed
		}
	case http.StateClosed, http.StateHijacked:
		r.conns.Add(-1)
	case http.StateActive, http.StateIdle:
	}
}

// ServeHTTP takes one post (docs/wire.md §7.2).
func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	if req.Method != http.MethodPost {
		refuse(w, http.StatusMethodNotAllowed, errors.BadRequest(errorID, "Method not allowed"))
		return
	}
	body, err := readBody(http.MaxBytesReader(w, req.Body, envelopeBytes(r.limits)), req.ContentLength)
	if err != nil {
		refuse(w, http.StatusRequestEntityTooLarge, errors.New(errorID, fmt.Sprintf("Error reading request body: %v", err), http.StatusRequestEntityTooLarge))
		return
	}
	m := new(Message)
	if err := r.unmarshal(body, m); err != nil {
		refuse(w, http.StatusInternalServerError, errors.InternalServerError(errorID, "Error parsing request body: %v", err))
		return
	}
	if err := checkHeader(m.Header, r.limits); err != nil {
		refuse(w, http.StatusRequestHeaderFieldsTooLarge, errors.New(errorID, err.Error(), http.StatusRequestHeaderFieldsTooLarge))
		return
	}
	topic := m.Header[topicHeader]
	if topic == "" {
		refuse(w, http.StatusInternalServerError, errors.InternalServerError(errorID, "Topic not found"))
		return
	}
	var failed []error
	for _, sub := range r.broker.matching(req.URL.Query().Get("id"), topic) {
		if err := sub.offer(m); err != nil && !stderrors.Is(err, ErrClosed) {
			failed = append(failed, err)
		}
	}
	if err := stderrors.Join(failed...); err != nil {
		refuse(w, http.StatusServiceUnavailable, errors.New(errorID, err.Error(), http.StatusServiceUnavailable))
	}
}

// unmarshal decodes an envelope; the default codec's usual form is read here.
func (r *receiver) unmarshal(body []byte, m *Message) error {
	if r.plain && parseEnvelope(body, m, r.limits.Headers) {
		return nil
	}
	return r.codec.Unmarshal(body, m)
}

// mostTrusted is how large a body is taken to be because its sender says so.
const mostTrusted = 64 << 10

// readBody reads a body that is said to be so long, or -1. A wrong length costs no more than mostTrusted.
func readBody(from io.Reader, length int64) ([]byte, error) {
	if length < 0 || length > mostTrusted {
		return io.ReadAll(from)
	}
	body := make([]byte, length)
	_, err := io.ReadFull(from, body)
	return body, err
}

// checkHeader bounds an envelope's headers as those of any other message: a map costs many times its text, which is what
// a subscription's limit counts.
func checkHeader(header map[string]string, l limits.Limits) error {
	if limits.Exceeded(len(header), l.Headers) {
		return fmt.Errorf("message with %d headers, over the limit of %d", len(header), l.Headers)
	}
	size := 0
	for key, value := range header {
		size += len(key) + len(value)
	}
	if limits.Exceeded(size, l.HeaderBytes) {
		return fmt.Errorf("message with %d bytes of headers, over the limit of %d", size, l.HeaderBytes)
	}
	return nil
}

// envelopeBytes is the room that the largest message needs as JSON: base64 and the headers.
func envelopeBytes(l limits.Limits) int64 {
	if l.MessageBytes < 0 {
		return 1 << 62
	}
	return int64(l.MessageBytes)*4/3 + int64(max(l.HeaderBytes, 0)) + 1024
}

func refuse(w http.ResponseWriter, status int, err error) {
	w.WriteHeader(status)
	_, _ = io.WriteString(w, err.Error()) // the peer is gone if this fails
}
