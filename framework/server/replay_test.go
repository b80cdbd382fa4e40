package server_test

import (
	"bufio"
	"bytes"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/microtop/microtop/framework/broker"
	"github.com/microtop/microtop/framework/logger"
	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/framework/server"
	"github.com/microtop/microtop/framework/server/servertest/fleet"
	"github.com/microtop/microtop/framework/transport"
)

// quiet is a logger for tests that make a server complain.
func quiet() logger.Logger {
	return logger.NewLogger(logger.WithHandler(slog.DiscardHandler))
}

// start serves handlers over HTTP on loopback and returns the server; it stops with the test.
func start(t *testing.T, handlers []any, opts ...server.Option) server.Server {
	t.Helper()
	s := server.NewServer(append([]server.Option{
		server.Name(fleet.Service), server.Address("127.0.0.1:0"),
		server.Registry(registry.NewMemoryRegistry()), server.Broker(broker.NewMemoryBroker()),
		server.Transport(transport.NewHTTPTransport()), server.WithLogger(quiet()),
	}, opts...)...)
	metadata := server.EndpointMetadata("Shop.Buy", map[string]string{"method": "POST", "path": "/buy"})
	for _, h := range handlers {
		if err := s.Handle(s.NewHandler(h, metadata)); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Stop(); err != nil {
			t.Errorf("stop: %v", err)
		}
	})
	return s
}

func all() []any { return []any{new(fleet.Greeter), new(fleet.Streamer), new(fleet.Shop)} }

// frame is what counts in an answer.
type frame struct{ ID, Error, Body string }

// peer is a raw connection to a server.
type peer struct {
	t    *testing.T
	conn net.Conn
	r    *bufio.Reader
}

func connect(t *testing.T, s server.Server) *peer {
	t.Helper()
	conn, err := net.Dial("tcp", s.Options().Address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(10 * time.Second))
	return &peer{t, conn, bufio.NewReader(conn)}
}

func (p *peer) write(b []byte) {
	p.t.Helper()
	if _, err := p.conn.Write(b); err != nil {
		p.t.Fatal(err)
	}
}

// read reads one answer with its headers.
func (p *peer) read() (frame, http.Header) {
	p.t.Helper()
	f, h, err := readFrame(p.r)
	if err != nil {
		p.t.Fatalf("read an answer: %v", err)
	}
	return f, h
}

func readFrame(r *bufio.Reader) (frame, http.Header, error) {
	rsp, err := http.ReadResponse(r, nil)
	if err != nil {
		return frame{}, nil, err
	}
	body, err := io.ReadAll(rsp.Body)
	return frame{rsp.Header.Get("Micro-Id"), rsp.Header.Get("Micro-Error"), string(body)}, rsp.Header, err
}

func recorded(t *testing.T, name string) []frame {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var frames []frame
	for r := bufio.NewReader(bytes.NewReader(data)); ; {
		f, _, err := readFrame(r)
		if err != nil {
			return frames
		}
		frames = append(frames, f)
	}
}

// differently are the captures that this server answers in another way than v4, on purpose.
var differently = map[string]func(v4 []frame) []frame{
	// v4 is silent after a panic, and after an error in a raw body; and late when a deadline passes.
	"unary-json-panic":     add(frame{"0", `{"id":"go.micro.server","code":500,"detail":"panic recovered: kaboom","status":"Internal Server Error"}`, ""}),
	"unary-octet-noanswer": add(frame{"0", "invalid message", ""}),
	"stream-panic-json":    add(frame{"0", `{"id":"go.micro.server","code":500,"detail":"panic recovered: stream failed","status":"Internal Server Error"}`, ""}),
	"unary-timeout": func([]frame) []frame {
		return []frame{{"0", `{"id":"fleet.greeter","code":408,"detail":"ctx: context deadline exceeded","status":"Request Timeout"}`, ""}}
	},
	// v4 overwrites what it has not sent yet.
	"stream-server-json-fast-buggy": func([]frame) []frame {
		return []frame{{"0", "", "{\"value\":1}\n"}, {"0", "", "{\"value\":2}\n"}, {"0", "", "{\"value\":3}\n"}, {"0", "EOS", ""}}
	},
	// v4 ends without a word when it saw the caller's end.
	"stream-bidi-json": add(frame{"0", "EOS", ""}),
}

func add(f frame) func([]frame) []frame { return func(v4 []frame) []frame { return append(v4, f) } }

func TestReplayOfCaptures(t *testing.T) {
	s := start(t, all())
	requests, _ := filepath.Glob("testdata/*.c2s.bin")
	if len(requests) < 25 {
		t.Fatalf("%d captures", len(requests))
	}
	for _, file := range requests {
		name := strings.TrimSuffix(filepath.Base(file), "-conn0.c2s.bin")
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sent, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			want := recorded(t, strings.Replace(file, "c2s", "s2c", 1))
			if change := differently[name]; change != nil {
				want = change(want)
			}
			p := connect(t, s)
			p.write(sent)
			var got []frame
			for range want {
				f, _ := p.read()
				got = append(got, f)
			}
			if name == "unary-timeout" && strings.Contains(got[0].Error, "go.micro.server") {
				want[0].Error = got[0].Error // the server was faster than the handler
				if !strings.Contains(got[0].Error, `"code":408`) {
					t.Errorf("got %s", got[0].Error)
				}
			}
			if name == "unary-json-keepalive" { // sent at once here: answers may overtake
				slices.SortFunc(got, func(a, b frame) int { return strings.Compare(a.ID, b.ID) })
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("answers (-want +got):\n%s", diff)
			}
			p.conn.SetReadDeadline(time.Now().Add(20 * time.Millisecond))
			if f, _, err := readFrame(p.r); err == nil {
				t.Errorf("one answer too many: %+v", f)
			}
		})
	}
}
