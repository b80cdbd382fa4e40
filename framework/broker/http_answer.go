package broker

import (
	"bytes"
	"fmt"
	"io"
	"net/http/httputil"
	"strconv"
	"strings"
)

// answerLine is the longest line of an answer that is read.
const answerLine = 4096

// answer is what a subscriber said to a post.
type answer struct {
	status int
	line   string // status and text, unless taken
	last   bool   // the connection ends with it
}

// framing is how an answer's body ends.
type framing struct {
	length  int64 // -1: with the connection
	chunked bool
}

// read reads one answer, of at most so many bytes of headers.
func (l *link) read(headerBytes int) (answer, error) {
	for range mostInterim {
		a, body, err := l.head(headerBytes)
		if err != nil {
			return a, err
		}
		if a.status >= 200 {
			return a, l.body(&a, body)
		}
	}
	return answer{}, fmt.Errorf("over %d interim answers and no other", mostInterim)
}

// mostInterim is how many answers like 100 Continue may come before the answer.
const mostInterim = 8

// head reads an answer up to its body.
func (l *link) head(headerBytes int) (answer, framing, error) {
	body := framing{length: -1}
	line, err := l.from.ReadSlice('\n')
	if err != nil {
		return answer{}, body, err
	}
	a, err := parseStatus(line)
	if err != nil {
		return a, body, err
	}
	for left := headerBytes; ; {
		if line, err = l.from.ReadSlice('\n'); err != nil {
			return a, body, err
		}
		if left -= len(line); headerBytes > 0 && left < 0 {
			return a, body, fmt.Errorf("answer with headers over the limit of %d bytes", headerBytes)
		}
		if line = bytes.TrimRight(line, "\r\n"); len(line) == 0 {
			return a, body, nil
		}
		if err := a.header(line, &body); err != nil {
			return a, body, err
		}
	}
}

// parseStatus reads "HTTP/1.1 200 OK".
func parseStatus(line []byte) (answer, error) {
	if len(line) < len("HTTP/1.1 200") || !bytes.HasPrefix(line, []byte("HTTP/1.")) || line[8] != ' ' {
		return answer{}, fmt.Errorf("not an answer of HTTP/1: %.40q", line)
	}
	status, err := strconv.Atoi(string(line[9:12]))
	if err != nil || status < 100 {
		return answer{}, fmt.Errorf("not a status of HTTP: %.40q", line)
	}
	a := answer{status: status, last: line[7] == '0'}
	if status != 200 {
		a.line = string(bytes.TrimSpace(line[9:]))
	}
	return a, nil
}

// header takes from a header line what frames the body and ends the connection.
func (a *answer) header(line []byte, body *framing) error {
	name, value, _ := bytes.Cut(line, []byte(":"))
	value = bytes.TrimSpace(value)
	switch {
	case bytes.EqualFold(name, []byte("Content-Length")):
		n, err := strconv.ParseUint(string(value), 10, 62)
		if err != nil {
			return fmt.Errorf("not a length of HTTP: %.40q", value)
		}
		body.length = int64(n)
	case bytes.EqualFold(name, []byte("Transfer-Encoding")):
		body.chunked = true
	case bytes.EqualFold(name, []byte("Connection")) && bytes.EqualFold(value, []byte("close")):
		a.last = true
	}
	return nil
}

// mostAnswer is how much of an answer's body is read; what sends more is not read to the end.
const mostAnswer = 64 << 10

// body reads an answer's body, which only matters if the message was refused.
func (l *link) body(a *answer, f framing) error {
	switch {
	case a.status == 204 || a.status == 304 || f.length == 0 && !f.chunked:
		return nil
	case f.chunked:
		f.length = -1
		text, err := io.ReadAll(io.LimitReader(httputil.NewChunkedReader(l.from), mostAnswer))
		if err != nil {
			return err
		}
		a.say(text)
		end, err := l.from.ReadSlice('\n') // trailers are not looked for: the connection ends with any
		a.last = a.last || err != nil || len(bytes.TrimSpace(end)) > 0
		return nil
	case f.length < 0 || f.length > mostAnswer:
		a.last = true
	}
	from := io.LimitReader(l.from, mostAnswer)
	if f.length >= 0 {
		from = io.LimitReader(l.from, min(f.length, mostAnswer))
	}
	text, err := io.ReadAll(from)
	a.say(text)
	if err == nil && f.length >= 0 && int64(len(text)) < min(f.length, mostAnswer) {
		err = io.ErrUnexpectedEOF
	}
	return err
}

// say adds the text of a refusal.
func (a *answer) say(text []byte) {
	if a.line != "" {
		a.line = strings.TrimSpace(a.line + ": " + string(text[:min(len(text), answerLine)]))
	}
}
