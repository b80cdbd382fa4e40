// Package errors is the error that travels between services: {id, code, detail, status} as JSON in the
// Micro-Error header, or as a gRPC status detail (docs/wire.md §3.6, §8.4).
//
// Start with the constructors ([NotFound], [BadRequest], …) in a handler and with [As] or [FromError] in a caller.
// Codes are HTTP status codes. Values are safe for concurrent reading.
package errors

import (
	"encoding/json"
	stderrors "errors"
	"fmt"
	"net/http"
	"strings"
)

// New returns an error with the given id (who says it: a service name), detail and HTTP status code.
func New(id, detail string, code int32) error {
	return &Error{Id: id, Code: code, Detail: detail, Status: http.StatusText(int(code))}
}

// Error returns the JSON form, which is also what goes over the wire.
func (e *Error) Error() string {
	text, err := json.Marshal(e)
	if err != nil { // four scalar fields always marshal
		return e.GetDetail()
	}
	return string(text)
}

// Is reports whether target is an *Error with the same code, and the same id if target names one.
func (e *Error) Is(target error) bool {
	other, ok := target.(*Error)
	return ok && e.GetCode() == other.GetCode() && (other.GetId() == "" || other.GetId() == e.GetId())
}

// Retryable reports whether go-micro's default policy retries the code: 408 and 500 (docs/wire.md §11.2).
func (e *Error) Retryable() bool {
	return e.GetCode() == http.StatusRequestTimeout || e.GetCode() == http.StatusInternalServerError
}

// Parse reads the JSON form. Text that is not such JSON becomes the detail of an error with code 0.
func Parse(text string) *Error {
	e := new(Error)
	if err := json.Unmarshal([]byte(text), e); err != nil {
		return &Error{Detail: text}
	}
	return e
}

// FromError returns err as an *Error: itself if it is or wraps one, else what [Parse] makes of its text.
// It returns nil for nil.
func FromError(err error) *Error {
	if err == nil {
		return nil
	}
	if e, ok := As(err); ok {
		return e
	}
	return Parse(err.Error())
}

// As finds an *Error in err's chain.
func As(err error) (*Error, bool) {
	var e *Error
	if stderrors.As(err, &e) && e != nil {
		return e, true
	}
	return nil, false
}

// Equal reports whether two errors are the same to a caller: equal codes for two *Error, else equal values.
func Equal(a, b error) bool {
	x, okA := a.(*Error) //nolint:errorlint // v4 compares the errors themselves, not what they wrap
	y, okB := b.(*Error) //nolint:errorlint // as above
	if okA != okB {
		return false
	}
	if !okA {
		return a == b //nolint:errorlint // as above
	}
	return x.GetCode() == y.GetCode()
}

// BadRequest is code 400.
func BadRequest(id, format string, args ...any) error { return newf(id, 400, format, args) }

// Unauthorized is code 401.
func Unauthorized(id, format string, args ...any) error { return newf(id, 401, format, args) }

// Forbidden is code 403.
func Forbidden(id, format string, args ...any) error { return newf(id, 403, format, args) }

// NotFound is code 404.
func NotFound(id, format string, args ...any) error { return newf(id, 404, format, args) }

// MethodNotAllowed is code 405.
func MethodNotAllowed(id, format string, args ...any) error { return newf(id, 405, format, args) }

// Timeout is code 408.
func Timeout(id, format string, args ...any) error { return newf(id, 408, format, args) }

// Conflict is code 409.
func Conflict(id, format string, args ...any) error { return newf(id, 409, format, args) }

// InternalServerError is code 500.
func InternalServerError(id, format string, args ...any) error { return newf(id, 500, format, args) }

func newf(id string, code int32, format string, args []any) error {
	detail := format
	if len(args) > 0 {
		detail = fmt.Sprintf(format, args...)
	}
	return New(id, detail, code)
}

// NewMultiError returns an empty collection of errors.
func NewMultiError() *MultiError { return new(MultiError) }

// Append adds e. It is not safe for concurrent use.
func (m *MultiError) Append(e *Error) { m.Errors = append(m.Errors, e) }

// HasErrors reports whether anything was appended.
func (m *MultiError) HasErrors() bool { return len(m.GetErrors()) > 0 }

// Error joins the errors, one a line.
func (m *MultiError) Error() string {
	lines := make([]string, 0, len(m.GetErrors()))
	for _, e := range m.GetErrors() {
		lines = append(lines, e.Error())
	}
	return strings.Join(lines, "\n")
}
