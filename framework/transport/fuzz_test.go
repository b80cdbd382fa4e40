package transport

import (
	"bufio"
	"bytes"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"testing/iotest"

	"github.com/microtop/microtop/framework/limits"
)

// seeds adds the captured bytes of one direction and some of what this transport refuses.
func seeds(f *testing.F, pattern string) {
	f.Helper()
	paths, err := filepath.Glob(pattern)
	if err != nil || len(paths) == 0 {
		f.Fatalf("no seeds: %v", err)
	}
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add([]byte("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1;a=b\r\nx\r\n0\r\nA: b\r\n\r\nGET /"))
	f.Add([]byte("HTTP/1.1 200 OK\r\nContent-Length: 3\r\ncontent-length: 4\r\n\r\nabcd"))
	f.Add([]byte("POST / HTTP/1.1\r\nX: a\n b\r\n\r\n"))
	f.Add([]byte("POST / HTTP/1.1\r\nMicro-Id: a\x1bb\r\nMicro-Error: \x1b\r\n\r\n"))
}

// parse reads messages until the first error and returns their headers and bodies.
func parse(source io.Reader, read parser, untilClose bool) ([]Message, error) {
	rd := reader{source: source, limits: limits.Default()}
	var all []Message
	for {
		if rd.buffered() == 0 {
			if err := rd.fill(); err != nil {
				return all, err
			}
		}
		var f Fields
		h, err := rd.parse(&f, read)
		if err != nil {
			return all, err
		}
		if f.Body, err = rd.body(h, nil, untilClose); err != nil {
			return all, err
		}
		var m Message
		f.message(&m, false)
		if !maps.Equal(m.Header, f.Lines.Header(0)) {
			return all, io.ErrShortBuffer // fails the test: the lines are not what the list was made of
		}
		if len(m.Header) > rd.limits.Headers || len(rd.buf) > 4*rd.limits.HeaderBytes {
			return all, io.ErrShortBuffer // fails the test: more was held than allowed
		}
		all = append(all, m)
	}
}

// FuzzRequest: whatever comes, the parser reads the same messages from it however it is cut, and of each request that it
// takes it sees what net/http sees.
func FuzzRequest(f *testing.F) {
	seeds(f, "testdata/v4/*.c2s.bin")
	f.Fuzz(func(t *testing.T, data []byte) {
		whole, err := parse(bytes.NewReader(data), parseRequest, false)
		if err == io.ErrShortBuffer { //nolint:errorlint // of parse itself
			t.Fatal("more was held than allowed, or the lines differ from the list")
		}
		cut, _ := parse(iotest.OneByteReader(bytes.NewReader(data)), parseRequest, false) // how it ends may differ
		same(t, whole, cut)
		source := bufio.NewReader(bytes.NewReader(data))
		for i, m := range whole {
			r, err := http.ReadRequest(source)
			if err != nil {
				return // net/http is stricter about targets and hosts
			}
			body, err := io.ReadAll(r.Body)
			if err != nil {
				return
			}
			if !bytes.Equal(body, m.Body) {
				t.Fatalf("request %d: body %q, net/http has %q", i, m.Body, body)
			}
			for name, value := range m.Header {
				if r.Header.Get(name) != value {
					t.Fatalf("request %d: header %s is %q, net/http has %q", i, name, value, r.Header.Get(name))
				}
			}
		}
	})
}

// FuzzResponse: whatever comes, the parser reads the same messages from it however it is cut.
func FuzzResponse(f *testing.F) {
	seeds(f, "testdata/v4/*.s2c.bin")
	f.Fuzz(func(t *testing.T, data []byte) {
		whole, err := parse(bytes.NewReader(data), parseResponse, true)
		if err == io.ErrShortBuffer { //nolint:errorlint // of parse itself
			t.Fatal("more was held than allowed, or the lines differ from the list")
		}
		cut, _ := parse(iotest.OneByteReader(bytes.NewReader(data)), parseResponse, true) // how it ends may differ
		same(t, whole, cut)
	})
}

// FuzzChunks: a chunked body is read the same however it is cut, and holds no more than came.
func FuzzChunks(f *testing.F) {
	f.Add([]byte("3;x=y\r\nabc\r\n0\r\n\r\n"))
	f.Add([]byte("fffffff\r\na"))
	f.Add([]byte("1\r\na\r\n0\r\nTrailer: x\r\n\r\nrest"))
	f.Fuzz(func(t *testing.T, data []byte) {
		read := func(source io.Reader) ([]byte, error) {
			rd := reader{source: source, limits: limits.Default()}
			return rd.chunks(nil)
		}
		whole, err := read(bytes.NewReader(data))
		cut, cutErr := read(iotest.OneByteReader(bytes.NewReader(data)))
		if (err == nil) != (cutErr == nil) || !bytes.Equal(whole, cut) {
			t.Fatalf("whole %q, %v; byte by byte %q, %v", whole, err, cut, cutErr)
		}
		if len(whole) > len(data) || cap(whole) > 2*len(data)+bodyStep {
			t.Fatalf("%d bytes became %d, with memory for %d", len(data), len(whole), cap(whole))
		}
	})
}

func same(t *testing.T, a, b []Message) {
	t.Helper()
	if len(a) != len(b) {
		t.Fatalf("%d messages whole, %d byte by byte", len(a), len(b))
	}
	for i := range a {
		if !bytes.Equal(a[i].Body, b[i].Body) || len(a[i].Header) != len(b[i].Header) {
			t.Fatalf("message %d: %q and %q", i, a[i], b[i])
		}
	}
}
