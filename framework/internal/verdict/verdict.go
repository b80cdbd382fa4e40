// Package verdict tells from how a call ended whether its node works. Start with [Of].
package verdict

import (
	"context"
	stderrors "errors"
	"net/http"

	"github.com/microtop/microtop/framework/errors"
)

// Verdict is what the end of a call says of its node.
type Verdict int

const (
	// Unknown is no statement: the caller gave up.
	Unknown Verdict = iota
	// Well is a node that answers.
	Well
	// Failing is a node that does not.
	Failing
)

// clientID is the id of the errors that the framework's own client makes when a node does not answer (docs/wire.md §3.6).
const clientID = "go.micro.client"

// Of says what err tells of the node: that it failed when there was no answer, or the answer was that it is
// unavailable (502, 503, 504). Any other answer, also an error of the handler, shows a node that works. That the caller
// gave up tells nothing.
func Of(err error) Verdict {
	if err == nil {
		return Well
	}
	if stderrors.Is(err, context.Canceled) {
		return Unknown
	}
	e, ok := errors.As(err)
	if !ok {
		return Failing
	}
	switch e.GetCode() {
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return Failing
	case http.StatusRequestTimeout, http.StatusInternalServerError:
		if e.GetId() == clientID || e.GetId() == clientID+".transport" {
			return Failing
		}
	}
	return Well
}
