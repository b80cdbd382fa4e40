package broker

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
)

func linkOn(text []byte) *link {
	return &link{from: bufio.NewReaderSize(bytes.NewReader(text), answerLine)}
}

func TestAnswersOfASubscriber(t *testing.T) {
	for name, c := range map[string]struct {
		text   string
		status int
		err    string // "" for none
	}{
		"bare":                   {"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 200, ""},
		"after a 100":            {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 200, ""},
		"after 100s without end": {strings.Repeat("HTTP/1.1 100 Continue\r\n\r\n", 1000), 0, "interim answers"},
		"refused":                {"HTTP/1.1 500 No\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nno\r\n0\r\n\r\n", 500, ""},
		"endless headers":        {"HTTP/1.1 200 OK\r\n" + strings.Repeat("A: b\r\n", 100_000), 0, "over the limit"},
		"a line without end":     {"HTTP/1.1 200 " + strings.Repeat("a", 100_000), 0, bufio.ErrBufferFull.Error()},
		"no length":              {"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", 0, "not a length"},
		"another protocol":       {"SSH-2.0-OpenSSH_9.2p1 Debian\r\n\r\n", 0, "not an answer"},
		"cut short":              {"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc", 0, io.ErrUnexpectedEOF.Error()},
	} {
		t.Run(name, func(t *testing.T) {
			a, err := linkOn([]byte(c.text)).read(16 << 10)
			if c.err == "" && (err != nil || a.status != c.status) || c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err)) {
				t.Errorf("status %d, %v", a.status, err)
			}
		})
	}
}

// Whatever a subscriber answers, reading it ends, and takes no more of it than there is.
func FuzzAnswer(f *testing.F) {
	for _, seed := range []string{
		"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab", "HTTP/1.0 404 x\r\nConnection: close\r\n\r\nno",
		"HTTP/1.1 500 No\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nno\r\n0\r\nA: b\r\n\r\n", strings.Repeat("HTTP/1.1 100 C\r\n\r\n", 20), "HTTP/1.1 200\r\n\r\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		l := linkOn(text)
		for n := 0; ; n++ {
			a, err := l.read(16 << 10)
			if err != nil {
				return
			}
			if a.status < 200 || len(a.line) > 3*answerLine {
				t.Fatalf("status %d with %d bytes of text", a.status, len(a.line))
			}
			if n > len(text) {
				t.Fatal("more answers than bytes")
			}
			if _, err := l.from.Peek(1); errors.Is(err, io.EOF) {
				return
			}
		}
	})
}
