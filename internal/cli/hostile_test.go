//go:build unix

package cli_test

import (
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
	"unicode"

	"github.com/creack/pty"

	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/internal/cli"
)

// terminal runs a command whose output and errors are a terminal, and returns what reached it.
func (w *world) terminal(t *testing.T, args ...string) (code int, seen string) {
	t.Helper()
	master, tty, err := pty.Open()
	if err != nil {
		t.Fatalf("no terminals here: %v", err)
	}
	read := make(chan string, 1)
	go func() {
		data, _ := io.ReadAll(master) // ends with an error when the terminal is closed
		read <- string(data)
	}()
	code = cli.Main(append([]string{"--registry", "file", "--registry-address", w.dir}, args...), strings.NewReader(""), tty, tty)
	_ = tty.Close() // the reader ends
	seen = <-read
	_ = master.Close() // only read
	return code, strings.ReplaceAll(seen, "\r\n", "\n")
}

// obeyed are the characters that a terminal would do something with.
func obeyed(s string) string {
	return strings.Map(func(r rune) rune {
		if r != '\n' && (unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r)) {
			return r
		}
		return -1
	}, s)
}

func hostile(t *testing.T) *world {
	w := newWorld(t)
	w.claim(t, &registry.Service{
		Name: "evil\u202eshop", Version: "1\u200f", Nodes: []*registry.Node{{Id: "e\u202e1", Address: "127.0.0.1:1", Metadata: map[string]string{"pwn" + escapes: escapes, "protocol": "mucp"}}},
		Endpoints: []*registry.Endpoint{
			{Name: "Evil" + escapes, Request: &registry.Value{Name: escapes, Type: "T" + escapes, Values: []*registry.Value{{Name: escapes, Type: "string"}}}},
			{Name: "Sub" + escapes, Metadata: map[string]string{"subscriber": "true", "topic": "t" + escapes}},
		},
	})
	w.log("line " + escapes)
	return w
}

// What strangers say reaches no terminal as it is, whatever the command and the format.
func TestNothingSteersATerminal(t *testing.T) {
	w := hostile(t)
	for _, args := range [][]string{
		{"services"}, {"nodes"}, {"describe", "evil\u202eshop"}, {"topics"}, {"health", "evil\u202eshop"}, {"stats", "evil\u202eshop"}, {"doctor"},
		{"call", "fleet.greeter", "Evil.Say", `"x"`}, {"call", "fleet.greeter", "Evil.Fail", `"x"`}, {"call", "fleet.greeter", "Evil.Fail", `"x"`, "--envelope"},
		{"call", "fleet.greeter", "Evil.Fail", `"x"`, "-v"}, {"call", "fleet.greeter", "Evil.Say", escapes}, {"call", escapes, "X"}, {"call", "evil\u202eshop", escapes},
		{"call", "fleet.greeter", "Greeter.Hello", "\x0a\x05" + escapes[:5], "--content-type", "application/protobuf"},
		{"logs", "fleet.greeter"}, {"logs", "evil\u202eshop"}, {"watch", "--for", "300ms"}, {"profile", "evil\u202eshop", "--kind", "heap", "--out", os.DevNull},
		{"services", "--" + escapes}, {escapes}, {"services", "-o", escapes}, {"profile", "top", escapes},
	} {
		for _, format := range []string{"", "json", "yaml", "ndjson", "table"} {
			all := args
			if format != "" {
				all = append(args[:len(args):len(args)], "-o", format)
			}
			_, seen := w.terminal(t, all...)
			if bad := obeyed(seen); bad != "" {
				t.Errorf("%q: %q in %q", all, bad, seen)
			}
			if seen == "" {
				t.Errorf("%q says nothing", all)
			}
		}
	}
}

// Tables and errors are clean in a pipe too: they are for people. JSON is exact there.
func TestPipes(t *testing.T) {
	w := hostile(t)
	for _, args := range [][]string{{"services"}, {"nodes"}, {"describe", "evil\u202eshop"}, {"topics"}, {"logs", "fleet.greeter", "-o", "table"}} {
		if got := w.run(t, args...).status(t, 0); obeyed(got.out) != "" || obeyed(got.err) != "" {
			t.Errorf("%v: %q, %q", args, got.out, got.err)
		}
	}
	got := w.run(t, "call", "fleet.greeter", "Evil.Fail", `"x"`).status(t, 1)
	if obeyed(got.err) != "" || strings.Count(got.err, "\n") != strings.Count(got.err, "\n  ")+1 {
		t.Errorf("an error: %q", got.err)
	}
	got = w.run(t, "call", "fleet.greeter", "Evil.Say", `"x"`).status(t, 0)
	var body string
	if err := json.Unmarshal([]byte(got.out), &body); err != nil || body != escapes {
		t.Errorf("a body: %q, %v", body, err)
	}
}

func TestJSONIsIndentedForPeople(t *testing.T) {
	w := newWorld(t)
	if _, seen := w.terminal(t, "call", "fleet.greeter", "Greeter.Hello", `{"name":"Ann"}`); seen != "{\n  \"message\": \"Hello Ann\"\n}\n" {
		t.Errorf("got %q", seen)
	}
}

// interrupt sends this process what Ctrl-C sends.
func interrupt(t *testing.T) {
	t.Helper()
	if err := syscall.Kill(os.Getpid(), syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
}

func TestInterrupts(t *testing.T) {
	w := newWorld(t)
	w.log("a line")
	heap := filepath.Join(t.TempDir(), "heap.pb.gz")
	w.run(t, "profile", "fleet.greeter", "--kind", "heap", "--out", heap).status(t, 0)
	for _, tt := range []struct {
		name  string
		args  []string
		ready func(s *started) bool
	}{
		{"watch", []string{"watch"}, func(s *started) bool { return s.out.String() != "" }},
		{"logs", []string{"logs", "fleet.greeter", "-f"}, func(s *started) bool { return s.out.String() != "" }},
		{"profile web", []string{"profile", "web", heap}, func(s *started) bool { return strings.HasPrefix(s.out.String(), "http://127.0.0.1:") }},
		{"call", []string{"call", "fleet.greeter", "Greeter.Slow", `{"delayMs":60000}`, "--timeout", "1m"}, func(*started) bool { return w.runs.Load() > 0 }},
		{"stream", []string{"stream", "server", "fleet.greeter", "Streamer.Count", `{"to":1000000,"delayMs":10}`}, func(s *started) bool { return s.out.String() != "" }},
		{"tail", []string{"tail", "greetings"}, func(*started) bool {
			return strings.Contains(w.run(t, "topics").out, "2 ") // the service and the tail
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w.runs.Store(0)
			s := w.start(strings.NewReader(""), tt.args...)
			eventually(t, "the command", func() bool { return tt.ready(s) })
			interrupt(t)
			if code := s.ends(t); code != 130 || s.err.String() != "" {
				t.Errorf("status %d: %s", code, &s.err)
			}
		})
	}
}

// A command that waits for its input ends too.
func TestInterruptWhileReading(t *testing.T) {
	w := newWorld(t)
	for _, args := range [][]string{
		{"call", "fleet.greeter", "Greeter.Hello", "-"}, {"publish", "greetings", "-"}, {"stream", "bidi", "fleet.greeter", "Streamer.PingPong"},
	} {
		in, write := io.Pipe()
		asked := &reader{in: in, asked: make(chan struct{})}
		s := w.start(asked, args...)
		select {
		case <-asked.asked:
		case <-time.After(5 * time.Second):
			t.Fatalf("%v does not read", args)
		}
		interrupt(t)
		if code := s.ends(t); code != 130 {
			t.Errorf("%v: status %d: %s", args, code, &s.err)
		}
		_ = write.Close() // the reading goroutine ends
	}
}

// reader tells when it is read first.
type reader struct {
	in    io.Reader
	asked chan struct{}
	told  bool
}

func (r *reader) Read(p []byte) (int, error) {
	if !r.told {
		r.told = true
		close(r.asked)
	}
	return r.in.Read(p)
}
