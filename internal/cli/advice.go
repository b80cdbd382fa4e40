package cli

import (
	stderrors "errors"
	"net"
	"strings"

	"github.com/microtop/microtop/framework/errors"
)

// clientID is the id of errors that a client makes itself.
const clientID = "go.micro.client"

const closed = "the node closed the connection: it may speak TLS (--tls), ask for a certificate (give one with --cert and --key) or another protocol (--protocol)"

// advices say how to go on from what connections fail with. The errors come as text: an error of a call is its detail.
var advices = []struct{ sign, advice string }{
	{"connection refused", "is it running there?"},
	{"x509: certificate signed by unknown authority", "name the file of its authority with --ca"},
	{"x509: certificate is valid for", "say which name it must have with --servername"},
	{"x509: certificate is not valid for any names", "say which name or address it must have with --servername"},
	{"x509: cannot validate certificate for", "say which name it must have with --servername"},
	{"x509: certificate has expired", "the node needs a new certificate, or this host's clock is wrong"},
	{"this port speaks TLS", "say --tls"},
	{"first record does not look like a TLS handshake", "it speaks no TLS: leave --tls, --ca, --cert, --servername and --insecure out"},
	{"tls: certificate required", "it asks for a certificate: give one with --cert and --key"},
	{"tls: bad certificate", "it does not accept the certificate of --cert"},
	{"tls: unknown certificate authority", "it does not know who issued the certificate of --cert"},
	// A node that wants a certificate may close before its reason is read, as TLS 1.3 tells it after the handshake.
	{"broken pipe", closed},
	{"connection reset by peer", closed},
}

// advised is an error's detail, and after it how to go on if that is known. An error that a service answered stays as it
// is: the same words are of its own troubles then.
func advised(err error) (text string, known bool) {
	e := errors.FromError(err)
	text = e.GetDetail()
	if _, broken := stderrors.AsType[*net.OpError](err); !broken && e.GetId() != clientID {
		return text, false
	}
	for _, a := range advices {
		if strings.Contains(text, a.sign) {
			return text + ": " + a.advice, true
		}
	}
	return text, false
}
