package broker

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net/http"
	"testing"
)

const firstHead = "POST /?id=a HTTP/1.1\r\nHost: x\r\nContent-Length: "

// learned are the heads after one request.
func learned(t *testing.T, text string) *heads {
	t.Helper()
	h := new(heads)
	req, err := http.ReadRequest(bufio.NewReader(bytes.NewReader([]byte(text))))
	if err != nil {
		t.Fatal(err)
	}
	if head := h.candidate([]byte(text)); head != nil {
		h.learn(head, req)
	}
	return h
}

func TestKnownHeads(t *testing.T) {
	for name, c := range map[string]struct {
		first, then string
		size        int
	}{
		"the same with another length":   {firstHead + "2\r\n\r\nhi", firstHead + "3\r\n\r\nabcPOST", len(firstHead) + 8},
		"a body that is not all there":   {firstHead + "2\r\n\r\nhi", firstHead + "3\r\n\r\nab", 0},
		"a header after the length":      {firstHead + "2\r\n\r\nhi", firstHead + "2\r\nExpect: 100-continue\r\n\r\nhi", 0},
		"not a number":                   {firstHead + "2\r\n\r\nhi", firstHead + "-2\r\n\r\nhi", 0},
		"a number of many digits":        {firstHead + "2\r\n\r\nhi", firstHead + "00000002\r\n\r\nhi", 0},
		"another head":                   {firstHead + "2\r\n\r\nhi", "POST /?id=b HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi", 0},
		"that ends the connection":       {"POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 0\r\n\r\n", "POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 0\r\n\r\n", 0},
		"of two lengths":                 {"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nContent-Length: 0\r\n\r\n", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nContent-Length: 0\r\n\r\n", 0},
		"two in one, by bare line feeds": {"POST /?id=a HTTP/1.1\nHost: x\n\n" + firstHead + "0\r\n\r\n", "POST /?id=a HTTP/1.1\nHost: x\n\n" + firstHead + "0\r\n\r\n", 0},
		"of no post":                     {"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", "GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", 0},
	} {
		t.Run(name, func(t *testing.T) {
			if _, _, size := learned(t, c.first).find([]byte(c.then)); size != c.size {
				t.Errorf("found %d bytes, want %d", size, c.size)
			}
		})
	}
}

func TestKnownHeadsAreFew(t *testing.T) {
	h := new(heads)
	for i := range 3 * mostHeads {
		text := fmt.Sprintf("POST /?id=%d HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", i)
		req, err := http.ReadRequest(bufio.NewReader(bytes.NewReader([]byte(text))))
		if err != nil {
			t.Fatal(err)
		}
		h.learn(h.candidate([]byte(text)), req)
		if id, _, size := h.find([]byte(text)); id != fmt.Sprint(i) || size != len(text) {
			t.Fatalf("id %q, %d bytes", id, size)
		}
	}
	if len(h.all) != mostHeads {
		t.Errorf("%d heads", len(h.all))
	}
}

// What is found by a known head is what net/http reads.
func FuzzKnownHeads(f *testing.F) {
	f.Add([]byte(firstHead+"2\r\n\r\nhi"), []byte(firstHead+"3\r\n\r\nabc"))
	f.Add([]byte("POST /?id=a HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n"), []byte("POST /"))
	f.Fuzz(func(t *testing.T, first, then []byte) {
		req, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(first)))
		if err != nil {
			return
		}
		h := new(heads)
		text := h.candidate(first)
		if text == nil {
			return
		}
		h.learn(text, req)
		for _, post := range [][]byte{then, append(bytes.Clone(text), then...)} {
			id, body, size := h.find(post)
			if size == 0 {
				continue
			}
			from := bufio.NewReaderSize(bytes.NewReader(post), len(post)+16)
			want, err := http.ReadRequest(from)
			if err != nil {
				t.Fatalf("%q: %v", post, err)
			}
			wanted, err := io.ReadAll(want.Body)
			if err != nil || !bytes.Equal(body, wanted) || id != want.URL.Query().Get("id") || size != len(post)-from.Buffered() || want.Close {
				t.Fatalf("%q: id %q, body %q of %d bytes; net/http reads %q, %q, %v", post, id, body, size, want.URL.Query().Get("id"), wanted, err)
			}
		}
	})
}
