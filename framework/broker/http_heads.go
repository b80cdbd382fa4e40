package broker

import (
	"bytes"
	"net/http"
)

const (
	// mostHeads is how many heads are remembered of a connection.
	mostHeads = 8
	// mostHead is how long one may be.
	mostHead = 1024
	// mostDigits is how many digits a number has that is read here.
	mostDigits = 7
)

// heads are what posts of a connection began with that net/http has read, up to the number of a Content-Length, which is
// their last header as publishers here write them. What begins with the same bytes needs not be parsed again.
type heads struct {
	all  []head
	next int // the one to be replaced
}

type head struct {
	text []byte
	id   string // of the subscriber
}

var (
	headEnd    = []byte("\r\n\r\n")
	lengthLine = []byte("\r\nContent-Length: ")
)

// find looks at the text for a whole post with a known head: its subscriber, its body, which is a part of the text, and
// how long it is; 0 if there is none.
func (h *heads) find(text []byte) (id string, body []byte, size int) {
	for _, known := range h.all {
		rest, ok := bytes.CutPrefix(text, known.text)
		if !ok {
			continue
		}
		length, digits := number(rest)
		rest, ok = bytes.CutPrefix(rest[digits:], headEnd)
		if digits == 0 || !ok || len(rest) < length {
			return "", nil, 0
		}
		return known.id, rest[:length], len(known.text) + digits + len(headEnd) + length
	}
	return "", nil, 0
}

// number reads the digits that a text starts with; one with too many has none.
func number(text []byte) (n, digits int) {
	for digits < len(text) && '0' <= text[digits] && text[digits] <= '9' {
		if digits == mostDigits {
			return 0, 0
		}
		n = 10*n + int(text[digits]-'0')
		digits++
	}
	return n, digits
}

// candidate is a copy of the head that a text starts with, if it may be learned and is not known.
func (h *heads) candidate(text []byte) []byte {
	end := bytes.Index(text[:min(len(text), mostHead)], headEnd)
	if end < 0 {
		return nil
	}
	last := bytes.LastIndex(text[:end], []byte("\r\n"))
	if last < 0 || !bytes.HasPrefix(text[last:], lengthLine) {
		return nil
	}
	found := text[:last+len(lengthLine)]
	if bytes.Count(found, []byte("\n")) != bytes.Count(found, []byte("\r\n")) {
		return nil // net/http takes a bare line feed for the end of a line, and two for that of a request
	}
	for _, known := range h.all {
		if bytes.Equal(known.text, found) {
			return nil
		}
	}
	return bytes.Clone(found)
}

// learn remembers the head of a request, unless anything but its number says how long the request is and what follows.
func (h *heads) learn(text []byte, req *http.Request) {
	if req.Method != http.MethodPost || !req.ProtoAtLeast(1, 1) || req.Close || req.ContentLength < 0 ||
		len(req.TransferEncoding) > 0 || req.Header.Get("Expect") != "" || bytes.Count(bytes.ToLower(text), []byte("content-length")) != 1 {
		return
	}
	known := head{text, req.URL.Query().Get("id")}
	if len(h.all) < mostHeads {
		h.all = append(h.all, known)
		return
	}
	h.all[h.next] = known
	h.next = (h.next + 1) % mostHeads
}
