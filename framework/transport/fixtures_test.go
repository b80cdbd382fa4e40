package transport_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/microtop/microtop/framework/transport"
)

// patience is how long these tests wait for what must happen.
const patience = 5 * time.Second

// fixture is one captured connection between go-micro v4.9.0 peers.
type fixture struct {
	name     string
	up, down []byte
	chunks   []chunk // of down, as they left the server
	stdout   string  // the client's, when this connection was its only one
	stderr   string
}

type chunk struct {
	Dir string `json:"dir"`
	Off int    `json:"off"`
	N   int    `json:"n"`
}

func fixtures(t *testing.T) []fixture {
	t.Helper()
	paths, err := filepath.Glob("testdata/v4/*.c2s.bin")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no fixtures: %v", err)
	}
	var all []fixture
	for _, path := range paths {
		base := strings.TrimSuffix(path, ".c2s.bin")
		f := fixture{name: filepath.Base(base), up: read(t, path), down: read(t, base+".s2c.bin")}
		if err := json.Unmarshal(read(t, base+".timeline.json"), &f.chunks); err != nil {
			t.Fatal(err)
		}
		var about struct {
			Stdout string `json:"client_stdout"`
			Stderr string `json:"client_stderr"`
		}
		if err := json.Unmarshal(read(t, strings.TrimSuffix(base, "-conn0")+".json"), &about); err == nil || strings.HasSuffix(base, "-conn0") {
			f.stdout, f.stderr = about.Stdout, about.Stderr
		}
		all = append(all, f)
	}
	return all
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		if strings.HasSuffix(path, ".json") && errors.Is(err, os.ErrNotExist) {
			return nil
		}
		t.Fatal(err)
	}
	return data
}

// message is what net/http makes of a request or response.
func message(t *testing.T, header http.Header, body io.Reader) transport.Message {
	t.Helper()
	data, err := io.ReadAll(body)
	if err != nil {
		t.Fatal(err)
	}
	m := transport.Message{Header: map[string]string{}, Body: data}
	for name, values := range header {
		if name != "Content-Length" {
			m.Header[name] = values[0]
		}
	}
	return m
}

var emptyIsNil = cmp.Transformer("emptyIsNil", func(b []byte) string { return string(b) })

// TestServerReadsV4Requests holds the server's parser against net/http's on every captured request.
func TestServerReadsV4Requests(t *testing.T) {
	for _, f := range fixtures(t) {
		t.Run(f.name, func(t *testing.T) {
			var want []transport.Message
			source := bufio.NewReader(bytes.NewReader(f.up))
			for {
				r, err := http.ReadRequest(source)
				if err != nil {
					break
				}
				want = append(want, message(t, r.Header, r.Body))
			}
			got, answer := deliver(t, transport.NewHTTPTransport(), string(f.up))
			if diff := cmp.Diff(want, got, emptyIsNil); diff != "" || len(want) == 0 {
				t.Errorf("%d messages, -want +got: %s", len(want), diff)
			}
			if answer != "" {
				t.Errorf("the server answered %q", answer)
			}
		})
	}
}

// deliver writes raw bytes to a server, ends that direction, and returns the messages the server received and the
// bytes it answered by itself.
func deliver(t *testing.T, tr transport.Transport, raw string) ([]transport.Message, string) {
	t.Helper()
	var got []transport.Message
	l, stop := listen(t, tr, func(s transport.Socket) {
		for {
			var m transport.Message
			if err := s.Recv(&m); err != nil {
				return
			}
			got = append(got, m)
		}
	})
	conn := dialRaw(t, l.Addr())
	if _, err := io.WriteString(conn, raw); err != nil && !errors.Is(err, net.ErrClosed) {
		t.Logf("write: %v", err) // the server may close first
	}
	_ = conn.(*net.TCPConn).CloseWrite() // as above
	answer, err := io.ReadAll(conn)
	if err != nil {
		t.Logf("read: %v", err)
	}
	stop()
	return got, string(answer)
}

// listen runs fn for each connection; stop ends the listener and waits for fn.
func listen(t *testing.T, tr transport.Transport, fn func(transport.Socket)) (transport.Listener, func()) {
	t.Helper()
	l, err := tr.Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	running := make(chan struct{}, 1000)
	go func() {
		defer close(done)
		if err := l.Accept(func(s transport.Socket) {
			defer func() { running <- struct{}{} }()
			fn(s)
		}); err != nil {
			t.Errorf("accept: %v", err)
		}
	}()
	stopped := false
	stop := func() {
		if stopped {
			return
		}
		stopped = true
		select {
		case <-running: // at least one
		case <-time.After(patience):
			t.Error("no connection ended")
		}
		_ = l.Close() // Accept tells
		<-done
	}
	t.Cleanup(stop)
	return l, stop
}

func dialRaw(t *testing.T, addr string) net.Conn {
	t.Helper()
	conn, err := (&net.Dialer{Timeout: patience}).DialContext(t.Context(), "tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() }) // often closed already
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	return conn
}

// TestClientReadsV4Responses holds the client's parser against net/http's on every captured response, in the pieces in
// which it came, and against what the v4 client printed.
func TestClientReadsV4Responses(t *testing.T) {
	for _, f := range fixtures(t) {
		t.Run(f.name, func(t *testing.T) {
			var want []transport.Message
			source := bufio.NewReader(bytes.NewReader(f.down))
			for {
				r, err := http.ReadResponse(source, nil)
				if err != nil {
					break
				}
				want = append(want, message(t, r.Header, r.Body))
			}
			var got []transport.Message
			c := answered(t, f.pieces())
			for {
				var m transport.Message
				if err := c.Recv(&m); err != nil {
					if !errors.Is(err, io.EOF) {
						t.Errorf("recv: %v", err)
					}
					break
				}
				got = append(got, m)
			}
			if diff := cmp.Diff(want, got, emptyIsNil); diff != "" {
				t.Errorf("-want +got: %s", diff)
			}
			f.checkPrinted(t, got)
		})
	}
}

// pieces cuts the server's bytes where the timeline says that they left in pieces.
func (f fixture) pieces() [][]byte {
	var pieces [][]byte
	for _, c := range f.chunks {
		if c.Dir == "s2c" {
			pieces = append(pieces, f.down[c.Off:c.Off+c.N])
		}
	}
	return pieces
}

// checkPrinted holds the messages against what the v4 client printed of them.
func (f fixture) checkPrinted(t *testing.T, got []transport.Message) {
	t.Helper()
	if !strings.Contains(f.name, "json") || strings.Contains(f.name, "retry") {
		return
	}
	var bodies strings.Builder
	for _, m := range got {
		bodies.Write(m.Body)
		if text := m.Header["Micro-Error"]; text != "" && strings.HasPrefix(f.name, "unary") && !strings.Contains(f.stderr, fmt.Sprintf("%q", text)[1:10]) {
			t.Errorf("the client did not print the error %q", text)
		}
	}
	if bodies.String() != f.stdout {
		t.Errorf("bodies %q, printed %q", bodies.String(), f.stdout)
	}
}

// answered returns a client whose server has sent the pieces, one write each, and closed.
func answered(t *testing.T, pieces [][]byte, opts ...transport.Option) transport.Client {
	t.Helper()
	here, there := net.Pipe()
	written := make(chan struct{})
	go func() {
		defer close(written)
		defer func() { _ = there.Close() }() // the client reads what was written
		for _, piece := range pieces {
			if _, err := there.Write(piece); err != nil {
				return
			}
		}
	}()
	c, err := transport.NewHTTPTransport(append(opts, withConn(here))...).Dial("peer:1")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = c.Close() // tested elsewhere
		<-written
	})
	return c
}
