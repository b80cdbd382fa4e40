package transport

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/microtop/microtop/framework/limits"
)

// head is what a message's start line and framing headers say.
type head struct {
	code    int    // of a response
	status  string // of a response, such as "503 Service Unavailable"
	minor   byte   // '0' or '1'
	length  int    // of the body; -1 when not given
	chunked bool
	proceed bool // the client waits for a 100
	hosts   int  // how many Host headers there are
}

// refusal is a request that breaks the rules, and the status that says so.
type refusal struct {
	code int
	text string
}

// Error implements error.
func (r *refusal) Error() string { return r.text }

// answer appends the response that tells the peer.
func (r *refusal) answer(dst []byte) []byte {
	return fmt.Appendf(dst, "HTTP/1.1 %d %s\r\nContent-Length: %d\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\n%s",
		r.code, r.reason(), len(r.text), r.text)
}

// reason is the status's phrase.
func (r *refusal) reason() string {
	switch r.code {
	case 413:
		return "Content Too Large"
	case 417:
		return "Expectation Failed"
	case 431:
		return "Request Header Fields Too Large"
	case 503:
		return "Service Unavailable"
	case 505:
		return "HTTP Version Not Supported"
	default:
		return "Bad Request"
	}
}

func refuse(code int, format string, args ...any) error {
	return &refusal{code: code, text: fmt.Sprintf(format, args...)}
}

// parseRequest parses a request's head: everything up to the empty line, which is left out. Its headers go into f,
// sharing text's memory, or that of heads before which m knows.
func parseRequest(text string, f *Fields, l limits.Limits, m *memo) (head, error) {
	line, lines, _ := strings.Cut(text, "\r\n")
	h, err := m.begin(line, requestLine)
	if err != nil {
		return head{}, err
	}
	if err := h.parseLines(lines, f, l, true, m); err != nil {
		return head{}, err
	}
	if h.chunked && (h.length >= 0 || h.minor == '0') {
		return head{}, refuse(400, "Transfer-Encoding beside Content-Length or in HTTP/1.0")
	}
	return h, nil
}

// requestLine parses a request's first line.
func requestLine(line string) (head, error) {
	method, rest, ok := strings.Cut(line, " ")
	target, version, ok2 := strings.Cut(rest, " ")
	if !ok || !ok2 || !isToken(method) || target == "" || hasControl(target) {
		return head{}, refuse(400, "bad request line")
	}
	if version != "HTTP/1.1" && version != "HTTP/1.0" {
		return head{}, refuse(505, "only version 1.1 of HTTP is spoken here")
	}
	return head{length: -1, minor: version[len(version)-1]}, nil
}

// parseResponse is parseRequest for a response.
func parseResponse(text string, f *Fields, l limits.Limits, m *memo) (head, error) {
	line, lines, _ := strings.Cut(text, "\r\n")
	h, err := m.begin(line, statusLine)
	if err != nil {
		return head{}, err
	}
	if err := h.parseLines(lines, f, l, false, m); err != nil {
		return head{}, err
	}
	if h.chunked && h.length >= 0 {
		return head{}, refuse(400, "Transfer-Encoding beside Content-Length")
	}
	return h, nil
}

// statusLine parses a response's first line.
func statusLine(line string) (head, error) {
	version, status, _ := strings.Cut(line, " ")
	if version != "HTTP/1.1" && version != "HTTP/1.0" {
		return head{}, refuse(400, "malformed HTTP response %q", cut(line, 64))
	}
	h := head{length: -1, status: status, minor: version[len(version)-1]}
	digits, _, _ := strings.Cut(status, " ")
	code, err := strconv.ParseUint(digits, 10, 16)
	if err != nil || len(digits) != 3 {
		return head{}, refuse(400, "malformed HTTP status %q", cut(status, 64))
	}
	h.code = int(code)
	return h, nil
}

// parseLines parses header lines. strict refuses repeated headers that must be single.
func (h *head) parseLines(lines string, f *Fields, l limits.Limits, strict bool, m *memo) error {
	f.Lines, f.List = Lines(lines), f.List[:0] // linesOf says the same
	count := 0
	for alike := true; lines != ""; count++ { // alike: the names so far are those of the head before
		var text string
		text, lines, _ = strings.Cut(lines, "\r\n")
		if limits.Exceeded(count+1, l.Headers) {
			return refuse(431, "over %d headers", l.Headers)
		}
		line, err := m.line(count, text)
		if err != nil {
			return err
		}
		alike = alike && line.known
		switch {
		case line.framing:
			if err := h.frame(line.Name, line.Value); err != nil {
				return err
			}
		case alike:
			if !line.repeats {
				f.List = append(f.List, line.Field)
			}
		default:
			if line.repeats = f.has(line.Name); !line.repeats {
				f.List = append(f.List, line.Field)
			} else if strict && single(line.Name) {
				return refuse(400, "header %s given twice", line.Name)
			}
		}
		m.keep(count, line)
	}
	m.end(count)
	return nil
}

// parseLine parses one header line.
func parseLine(text string) (headLine, error) {
	name, value, ok := strings.Cut(text, ":")
	if !ok {
		return headLine{}, refuse(400, "header line without a colon")
	}
	name, ok = canonical(name) // also refuses folded lines and a space before the colon
	if !ok {
		return headLine{}, refuse(400, "bad header name")
	}
	value = strings.Trim(value, " \t")
	if !receivable(name, value) {
		return headLine{}, refuse(400, "bad value of header %s", name)
	}
	return headLine{text: text, Field: Field{name, value}, framing: ofConnection(name)}, nil
}

// frame notes a header of the connection.
func (h *head) frame(name, value string) error {
	switch name {
	case "Content-Length":
		n, err := strconv.ParseUint(value, 10, 63)
		if err != nil || h.length >= 0 {
			return refuse(400, "bad or repeated Content-Length")
		}
		h.length = int(min(n, maxInt))
	case "Transfer-Encoding":
		if h.chunked || !strings.EqualFold(value, "chunked") {
			return refuse(400, "only Transfer-Encoding: chunked is understood")
		}
		h.chunked = true
	case "Host":
		if h.hosts++; h.hosts > 1 {
			return refuse(400, "header Host given twice")
		}
	case "Expect":
		if !strings.EqualFold(value, "100-continue") {
			return refuse(417, "only Expect: 100-continue is understood")
		}
		h.proceed = h.minor == '1'
	}
	return nil
}

// linesOf returns the header lines of a head.
func linesOf(text string) Lines {
	_, lines, _ := strings.Cut(text, "\r\n")
	return Lines(lines)
}

const maxInt = uint64(^uint(0) >> 1)

func cut(text string, n int) string {
	if len(text) > n {
		return text[:n] + "…"
	}
	return text
}
