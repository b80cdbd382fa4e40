package transport_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/microtop/microtop/framework/transport"
)

// withConn makes a transport dial conn, whatever the address.
func withConn(conn net.Conn) transport.Option {
	return transport.WithDialer(func(context.Context, string, string) (net.Conn, error) { return conn, nil })
}

// TestClientWrites pins the client's bytes (docs/wire.md §2.1).
func TestClientWrites(t *testing.T) {
	for name, c := range map[string]struct {
		message transport.Message
		want    string
	}{
		"a body has a length": {
			transport.Message{Header: map[string]string{"micro-id": "7"}, Body: []byte("{}\n")},
			"POST / HTTP/1.1\r\nHost: peer:1\r\nContent-Length: 3\r\nMicro-Id: 7\r\n\r\n{}\n",
		},
		"no body is a lone chunk": {
			transport.Message{Header: map[string]string{"Micro-Error": "EOS"}},
			"POST / HTTP/1.1\r\nHost: peer:1\r\nTransfer-Encoding: chunked\r\nMicro-Error: EOS\r\n\r\n0\r\n\r\n",
		},
		"headers of the connection are not forwarded": {
			transport.Message{Header: map[string]string{"Connection": "close", "host": "evil", "Content-Length": "99", "Transfer-Encoding": "gzip", "Upgrade": "h2c"}, Body: []byte("x")},
			"POST / HTTP/1.1\r\nHost: peer:1\r\nContent-Length: 1\r\n\r\nx",
		},
		"an error loses its line breaks": {
			transport.Message{Header: map[string]string{"Micro-Error": "two\r\nlines\x00"}, Body: []byte("x")},
			"POST / HTTP/1.1\r\nHost: peer:1\r\nContent-Length: 1\r\nMicro-Error: two  lines \r\n\r\nx",
		},
		"of two spellings the proper one counts": {
			transport.Message{Header: map[string]string{"MICRO-ID": "1", "Micro-Id": "2", "micro-id": "3"}, Body: []byte("x")},
			"POST / HTTP/1.1\r\nHost: peer:1\r\nContent-Length: 1\r\nMicro-Id: 2\r\n\r\nx",
		},
	} {
		t.Run(name, func(t *testing.T) {
			here, there := net.Pipe()
			client, err := transport.NewHTTPTransport(withConn(here)).Dial("peer:1")
			if err != nil {
				t.Fatal(err)
			}
			sent := make(chan error, 1)
			go func() {
				sent <- client.Send(&c.message)
				_ = client.Close() // ends the reading
			}()
			got, err := io.ReadAll(there)
			if err != nil {
				t.Fatal(err)
			}
			if err := <-sent; err != nil {
				t.Errorf("send: %v", err)
			}
			if diff := cmp.Diff(c.want, string(got)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestSendRefusesWhatWouldForgeLines(t *testing.T) {
	here, there := net.Pipe()
	defer func() { _ = there.Close() }() // nothing is sent
	client, err := transport.NewHTTPTransport(withConn(here)).Dial("peer:1")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = client.Close() }() // tested elsewhere
	for name, header := range map[string]map[string]string{
		"CR LF":       {"X-Tenant": "a\r\nMicro-Endpoint: Admin.Drop"},
		"LF":          {"X-Tenant": "a\nb"},
		"NUL":         {"X-Tenant": "a\x00b"},
		"in a name":   {"X-Tenant: b\r\nEvil": "a"},
		"empty name":  {"": "a"},
		"pseudo":      {":path": "/"},
		"space":       {"X Tenant": "a"},
		"lower-cased": {"x-tenant": "a\rb"},
	} {
		if err := client.Send(&transport.Message{Header: header}); err == nil {
			t.Errorf("%s: header %q was sent", name, header)
		}
	}
}

// TestServerWrites pins the server's bytes (docs/wire.md §2.2): no echo, one 200 a message.
func TestServerWrites(t *testing.T) {
	l, _ := listen(t, transport.NewHTTPTransport(), func(s transport.Socket) {
		for _, answer := range []transport.Message{
			{Header: map[string]string{"Micro-Id": "1"}, Body: []byte("hello")},
			{Header: map[string]string{"Micro-Error": "EOS"}},
		} {
			var m transport.Message
			if err := s.Recv(&m); err != nil {
				t.Errorf("recv: %v", err)
				return
			}
			if err := s.Send(&answer); err != nil {
				t.Errorf("send: %v", err)
			}
		}
	})
	conn := dialRaw(t, l.Addr())
	// Any method and path, lower-case names, a chunked body, HTTP/1.0 and Connection: close on a kept connection.
	requests := "GET /x/y?z HTTP/1.1\r\nhost: a\r\nmicro-endpoint: A.B\r\nX-Foo: leak\r\ntransfer-encoding: Chunked\r\n\r\n3;ext=1\r\nabc\r\n0\r\nTrailer: x\r\n\r\n" +
		"POST / HTTP/1.0\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
	if _, err := io.WriteString(conn, requests); err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(conn)
	if err != nil {
		t.Fatal(err)
	}
	want := "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nMicro-Id: 1\r\n\r\nhelloHTTP/1.1 200 OK\r\nContent-Length: 0\r\nMicro-Error: EOS\r\n\r\n"
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Error(diff)
	}
}

func TestClientReads(t *testing.T) {
	for name, c := range map[string]struct{ wire, body, err string }{
		"length":           {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", "ok", ""},
		"chunked":          {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\no\r\n001\r\nk\r\n0\r\n\r\n", "ok", ""},
		"until close":      {"HTTP/1.0 200 OK\r\n\r\nok", "ok", ""},
		"no reason":        {"HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nok", "ok", ""},
		"progress first":   {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", "ok", ""},
		"another status":   {"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 4\r\n\r\nbusy", "", "503 Service Unavailable: busy"},
		"no content":       {"HTTP/1.1 204 No Content\r\n\r\n", "", "204 No Content: "},
		"closed":           {"", "", "EOF"},
		"cut in the head":  {"HTTP/1.1 200 OK\r\nConte", "", "unexpected EOF"},
		"cut in the body":  {"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok", "", "unexpected EOF"},
		"cut in a chunk":   {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nok", "", "unexpected EOF"},
		"two lengths":      {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nok", "", "bad or repeated Content-Length"},
		"length and chunk": {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "", "Transfer-Encoding beside Content-Length"},
		"ESC in a header":  {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX: a\x1bb\r\n\r\nok", "", "bad value of header X"},
		"ESC in an error":  {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nMicro-Error: a\x1bb\r\n\r\nok", "ok", ""},
		"http/2":           {"\x00\x00\x06\x04\x00\x00\x00\x00\x00\x00\x05\x00\x00\x40\x00", "", "malformed HTTP message"},
		"another protocol": {"SSH-2.0-OpenSSH_9.2\r\n\r\n", "", `malformed HTTP response "SSH-2.0-OpenSSH_9.2"`},
		"too large":        {"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\nok", "", "message over 4194304 bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			var pieces [][]byte
			for i := range len(c.wire) { // byte by byte
				pieces = append(pieces, []byte{c.wire[i]})
			}
			var m transport.Message
			err := answered(t, pieces).Recv(&m)
			if c.err == "" && err != nil || c.err != "" && (err == nil || !strings.HasPrefix(err.Error(), c.err)) {
				t.Fatalf("error %v, want %q", err, c.err)
			}
			if err == nil && string(m.Body) != c.body {
				t.Errorf("body %q, want %q", m.Body, c.body)
			}
		})
	}
}

func TestStatusError(t *testing.T) {
	var m transport.Message
	err := answered(t, [][]byte{[]byte("HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno")}).Recv(&m)
	if status, ok := errors.AsType[*transport.StatusError](err); !ok || status.Code != 404 || status.Body != "no" {
		t.Errorf("got %#v", err)
	}
}

func TestExpectContinue(t *testing.T) {
	l, _ := listen(t, transport.NewHTTPTransport(), func(s transport.Socket) {
		var m transport.Message
		if err := s.Recv(&m); err != nil || string(m.Body) != "body" {
			t.Errorf("recv: %q, %v", m.Body, err)
		}
	})
	conn := dialRaw(t, l.Addr())
	if _, err := io.WriteString(conn, "POST / HTTP/1.1\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(conn).ReadString('\n')
	if err != nil || line != "HTTP/1.1 100 Continue\r\n" {
		t.Fatalf("got %q, %v", line, err)
	}
	if _, err := io.WriteString(conn, "body"); err != nil {
		t.Fatal(err)
	}
}

func TestRecvReuseKeepsMemory(t *testing.T) {
	one := "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nMicro-Id: 1\r\nOld: x\r\n\r\none"
	two := "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nMicro-Id: 2\r\n\r\ntwo"
	c := answered(t, [][]byte{[]byte(one + two)})
	m := transport.Message{Header: map[string]string{}, Body: make([]byte, 0, 8)}
	header, body := m.Header, m.Body[:3]
	for _, want := range []transport.Message{
		{Header: map[string]string{"Micro-Id": "1", "Old": "x"}, Body: []byte("one")},
		{Header: map[string]string{"Micro-Id": "2"}, Body: []byte("two")},
	} {
		if err := c.(transport.Reuser).RecvReuse(&m); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, m); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff(want.Header, header); diff != "" || string(body) != string(want.Body) {
			t.Errorf("the memory given was not used: %s %q", diff, body)
		}
	}
}

func TestA187_TimeoutBoundsEachOperation(t *testing.T) {
	here, there := net.Pipe()
	defer func() { _ = there.Close() }() // it says nothing
	c, err := transport.NewHTTPTransport(withConn(here), transport.Timeout(20*time.Millisecond)).Dial("peer:1")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }() // tested elsewhere
	var m transport.Message
	if err := c.Recv(&m); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("recv: %v", err)
	}
	if err := c.Send(&transport.Message{}); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("send: %v", err)
	}
}

func TestDialTimeout(t *testing.T) {
	tr := transport.NewHTTPTransport(transport.WithDialer(func(ctx context.Context, _, _ string) (net.Conn, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}))
	if _, err := tr.Dial("peer:1", transport.WithTimeout(10*time.Millisecond)); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
}

func TestA187_ListenAddresses(t *testing.T) {
	tr := transport.NewHTTPTransport()
	for _, addr := range []string{"nonsense", "127.0.0.1:x", "127.0.0.1:2-1", "127.0.0.1:1-70000", "127.0.0.1:-1"} {
		if l, err := tr.Listen(addr); err == nil {
			_ = l.Close() // the error is that it exists
			t.Errorf("listening on %q", addr)
		}
	}
	given, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l, err := tr.Listen("ignored", transport.NetListener(given))
	if err != nil {
		t.Fatal(err)
	}
	if l.Addr() != given.Addr().String() {
		t.Errorf("listening on %s, not on the given %s", l.Addr(), given.Addr())
	}
	if err := l.Close(); err != nil {
		t.Error(err)
	}
	if _, err := given.Accept(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("the given listener is not closed: %v", err)
	}
}
