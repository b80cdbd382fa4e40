package mucp

import "github.com/microtop/microtop/framework/errors"

// RemoteError is an error as the other end put it into Micro-Error. Its text is that header, and an *errors.Error is
// in its chain: what the text parses to.
type RemoteError struct {
	text   string
	parsed *errors.Error
}

// NewRemoteError returns the error of a Micro-Error header.
func NewRemoteError(text string) *RemoteError {
	return &RemoteError{text: text, parsed: errors.Parse(text)}
}

// Error returns the header's text.
func (e *RemoteError) Error() string { return e.text }

// Unwrap returns the *errors.Error that the text parses to.
func (e *RemoteError) Unwrap() error { return e.parsed }
