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
	secure   bool
	serving  sync.WaitGroup
	callers  callers
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
	r.serving.Go(r.serve)
	return r, nil
}

func (r *receiver) address() string { return r.listener.Addr().String() }

// deliver offers an envelope to the subscription that it is meant for.
func (r *receiver) deliver(id string, body []byte) (status int, text string) {
	m := new(Message)
	if err := r.unmarshal(body, m); err != nil {
		return http.StatusInternalServerError, errors.InternalServerError(errorID, "Error parsing request body: %v", err).Error()
	}
	if err := checkHeader(m.Header, r.limits); err != nil {
		return http.StatusRequestHeaderFieldsTooLarge, errors.New(errorID, err.Error(), http.StatusRequestHeaderFieldsTooLarge).Error()
	}
	topic := m.Header[topicHeader]
	if topic == "" {
		return http.StatusInternalServerError, errors.InternalServerError(errorID, "Topic not found").Error()
	}
	sub := r.broker.matching(id, topic)
	if sub == nil {
		return http.StatusOK, ""
	}
	if err := sub.put(owned(m)); err != nil && !stderrors.Is(err, ErrClosed) {
		return http.StatusServiceUnavailable, errors.New(errorID, err.Error(), http.StatusServiceUnavailable).Error()
	}
	return http.StatusOK, ""
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

func tooLarge(err error) (status int, text string) {
	text = errors.New(errorID, fmt.Sprintf("Error reading request body: %v", err), http.StatusRequestEntityTooLarge).Error()
	return http.StatusRequestEntityTooLarge, text
}
