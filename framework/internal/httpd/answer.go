package httpd

import (
	"bufio"
	"io"
	"net"
	"net/http"
)

// answer is a response that knows whether it has begun. It can do what engines ask of a connection: flush, hijack.
type answer struct {
	http.ResponseWriter

	begun bool
}

var (
	_ http.Flusher  = (*answer)(nil)
	_ http.Hijacker = (*answer)(nil)
	_ io.ReaderFrom = (*answer)(nil)
)

// Begun reports whether an answer has begun to be sent. The writer is the one that the handler of a Server was given.
func Begun(w http.ResponseWriter) bool {
	a, ok := w.(*answer)
	return !ok || a.begun
}

// Unwrap is for http.ResponseController.
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }

// WriteHeader implements http.ResponseWriter.
func (a *answer) WriteHeader(code int) {
	a.begun = a.begun || code >= 200 || code == http.StatusSwitchingProtocols
	a.ResponseWriter.WriteHeader(code)
}

// Write implements http.ResponseWriter.
func (a *answer) Write(p []byte) (int, error) {
	a.begun = true
	return a.ResponseWriter.Write(p)
}

// ReadFrom implements io.ReaderFrom, by which files are sent without being copied.
func (a *answer) ReadFrom(r io.Reader) (int64, error) {
	a.begun = true
	return io.Copy(a.ResponseWriter, r)
}

// Flush implements http.Flusher.
func (a *answer) Flush() { _ = a.FlushError() } // the next write says what is wrong

// FlushError is for http.ResponseController.
func (a *answer) FlushError() error {
	a.begun = true
	return http.NewResponseController(a.ResponseWriter).Flush()
}

// Hijack implements http.Hijacker.
func (a *answer) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	a.begun = true
	return http.NewResponseController(a.ResponseWriter).Hijack()
}
