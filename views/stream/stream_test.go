package stream_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/exp/golden"
	"go.uber.org/goleak"

	"github.com/microtop/microtop/introspect"
	"github.com/microtop/microtop/introspect/invoke"
	"github.com/microtop/microtop/introspect/schema"
	"github.com/microtop/microtop/tui"
	"github.com/microtop/microtop/tui/frametest"
	"github.com/microtop/microtop/views/compose"
	"github.com/microtop/microtop/views/stream"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// peer is a stream whose other end is the test.
type peer struct {
	kind schema.Kind
	in   chan []byte // what Recv gives
	end  error       // after in is closed
	quit chan struct{}
	once sync.Once

	mu   sync.Mutex
	got  []string
	half bool
	hang bool // Send waits for the end
}

func newPeer(kind schema.Kind) *peer {
	return &peer{kind: kind, in: make(chan []byte, 100_000), end: io.EOF, quit: make(chan struct{})}
}

func (p *peer) Kind() schema.Kind { return p.kind }

func (p *peer) Send(body []byte) error {
	if bytes.Contains(body, []byte("bad")) {
		return &schema.BodyError{Path: "text", Reason: "no field of that name"}
	}
	if p.hang {
		<-p.quit
		return errors.New("closed")
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.got = append(p.got, string(body))
	return nil
}

func (p *peer) Recv() ([]byte, error) {
	select {
	case body, ok := <-p.in:
		if !ok {
			return nil, p.end
		}
		return body, nil
	case <-p.quit:
		return nil, errors.New("closed")
	}
}

func (p *peer) CloseSend() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.half = true
	return nil
}

func (p *peer) Close() error {
	p.once.Do(func() { close(p.quit) })
	return nil
}

func (p *peer) sent() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string(nil), p.got...)
}

func request() invoke.Request {
	return invoke.Request{Target: introspect.Target{Service: "shop.chat"}, Endpoint: "Chat.Talk"}
}

func load(kind schema.Kind) func(context.Context, invoke.Request) (*compose.Shape, error) {
	return func(context.Context, invoke.Request) (*compose.Shape, error) {
		return &compose.Shape{
			Schema:   &schema.Service{Types: map[string]*schema.Type{"chat.Line": {Name: "chat.Line", Fields: []*schema.Field{{Name: "text", JSONName: "text", Type: "string"}}}}},
			Endpoint: &schema.Endpoint{Name: "Chat.Talk", Kind: kind, Request: "chat.Line", Source: schema.Debug},
		}, nil
	}
}

func open(t *testing.T, w, h int, p *peer) *frametest.Terminal {
	t.Helper()
	x := frametest.New(t, tui.Config{Name: "microtop", Start: tui.Open{Name: "stream"}, Routes: []tui.Route{{Name: "stream", New: func(any) (tui.Screen, error) {
		return stream.NewFake(t.Context(), request(), load(p.kind), func(_ context.Context, r invoke.Request) (stream.Conn, error) {
			if len(r.Body) > 0 {
				if err := p.Send(r.Body); err != nil {
					return nil, err
				}
			}
			return p, nil
		}), nil
	}}}}, w, h)
	x.WaitFor("text")
	return x
}

// settled is the screen without what differs from run to run: times.
func settled(x *frametest.Terminal) string {
	x.Settle()
	text := regexp.MustCompile(`\+\d\d:\d\d\.\d{3}`).ReplaceAllString(x.Screen(), "+00:00.000")
	return regexp.MustCompile(`(\d+(\.\d)? (µs|ms|s))  sent|after \d+(\.\d)? (µs|ms|s) *`).ReplaceAllString(text, "TIME")
}

func (p *peer) say(format string, args ...any) { p.in <- fmt.Appendf(nil, format, args...) }

func TestFrames(t *testing.T) {
	for _, size := range []struct {
		name string
		w, h int
	}{{"80x24", 80, 24}, {"200x60", 200, 60}} {
		t.Run(size.name, func(t *testing.T) {
			p := newPeer(schema.Bidi)
			x := open(t, size.w, size.h, p)
			x.Keys("ctrl+s")
			x.WaitFor("open ")
			for i := range 5 {
				p.say(`{"text": "answer %d", "tags": ["a", "b"]}`, i)
			}
			x.WaitFor("received 5")
			x.Keys("ctrl+s")
			x.WaitFor("sent 2")
			p.say("not JSON \x1b[2J\u202e")
			x.WaitFor("received 6")
			close(p.in)
			x.WaitFor("the service ended the stream")
			golden.RequireEqual(t, settled(x))
		})
	}
}

func TestABidiStreamSendsInOrderAndHalfCloses(t *testing.T) {
	p := newPeer(schema.Bidi)
	x := open(t, 120, 30, p)
	x.Keys("ctrl+r")
	for i := range 5 {
		x.Keys("ctrl+u", "ctrl+k", "ctrl+k", "ctrl+k", "ctrl+k", "ctrl+k", "ctrl+k")
		x.Type(fmt.Sprintf(`{"text": "%d"}`, i))
		x.Keys("ctrl+s")
		if i == 0 {
			x.WaitFor("open ")
		}
	}
	x.WaitFor("sent 5")
	x.Keys("esc", "D")
	x.WaitFor("half-closed")
	want := `{"text": "0"} {"text": "1"} {"text": "2"} {"text": "3"} {"text": "4"}`
	if got := strings.Join(p.sent(), " "); got != want || !p.half {
		t.Errorf("sent %s, half-closed %v", got, p.half)
	}
	x.Keys("ctrl+s")
	x.WaitFor("nothing more can be sent")
	x.Keys("x")
	x.WaitFor("cancelled after")
	<-p.quit
}

func TestAFloodLeavesTheKeysAlone(t *testing.T) {
	p := newPeer(schema.Server)
	x := open(t, 120, 30, p)
	x.Keys("ctrl+s")
	x.WaitFor("open ")
	for i := range 100_000 {
		p.in <- fmt.Appendf(nil, `{"text": "%d"}`, i)
	}
	x.Keys("esc", "space")
	x.WaitFor("paused,")
	x.Keys("f")
	x.WaitFor("following")
	x.Until("all counted", func(screen string) bool { return len(p.in) == 0 && strings.Contains(screen, "99999") })
	x.WaitFor("received 100000 ")
	if hidden := regexp.MustCompile(`not shown (\d+)`).FindStringSubmatch(x.Screen()); hidden != nil { // a fast screen shows all
		if n, err := strconv.Atoi(hidden[1]); err != nil || n == 0 || n > 98_000 {
			t.Errorf("of 100000, %s are not shown: %v", hidden[1], err)
		}
	}
	x.Keys("x", "ctrl+s") // a new stream counts anew
	x.WaitFor("a new stream")
	x.WaitFor("received 0")
	x.WaitGone("not shown")
}

func TestAHungSendCanBeCancelled(t *testing.T) {
	p := newPeer(schema.Bidi)
	x := open(t, 120, 30, p)
	x.Keys("ctrl+s")
	x.WaitFor("open ")
	p.hang = true
	x.Keys("ctrl+s", "ctrl+s")
	x.WaitFor("sending 2")
	x.Keys("ctrl+c")
	x.WaitFor("cancelled after")
	<-p.quit
}

func TestWhatIsWrongIsShown(t *testing.T) {
	p := newPeer(schema.Bidi)
	x := open(t, 120, 30, p)
	x.Keys("ctrl+s")
	x.WaitFor("open ")
	x.Keys("ctrl+r")
	x.WaitFor("{}")
	x.Keys("ctrl+k", "ctrl+k", "ctrl+k", "ctrl+k", "ctrl+k", "ctrl+k")
	x.Type(`{"text": "bad"}`)
	x.Keys("ctrl+s")
	x.WaitFor("no field of that name")
	if strings.Contains(x.Screen(), "failed") {
		t.Error("a message that does not fit ends no stream")
	}
	p.end = errors.New("connection reset \x1b[2J")
	close(p.in)
	x.WaitFor("connection reset ␛[2J")
	x.WaitFor("failed")
}

func TestOneMessageInFullAndSaved(t *testing.T) {
	p := newPeer(schema.Server)
	x := open(t, 100, 30, p)
	x.Keys("ctrl+s")
	x.WaitFor("open ")
	p.say(`{"deep": {"er": [1, 2]}}`)
	x.WaitFor("received 1")
	x.Keys("esc", "enter")
	x.WaitFor(`"er": [`)
	x.Keys("esc")
	x.WaitGone(`"er": [`)
	file := filepath.Join(t.TempDir(), "out.ndjson")
	x.Keys("w")
	x.WaitFor("save stream to a new file")
	x.Keys("ctrl+u")
	x.Type(file)
	x.Keys("enter")
	x.WaitFor("saved ")
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(data)), "\n")
	var last struct {
		Direction string
		Body      json.RawMessage
	}
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &last); err != nil || len(lines) != 2 || last.Direction != "received" || string(last.Body) != `{"deep":{"er":[1,2]}}` {
		t.Errorf("%v: %s", err, data)
	}
	if info, _ := os.Stat(file); info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v", info.Mode())
	}
}

// The copied command line opens the same stream, and connects as the console did.
func TestTheCommandLineIsCopied(t *testing.T) {
	x := open(t, 140, 30, newPeer(schema.Client))
	x.Keys("esc", "y")
	x.WaitFor("microtop stream client --registry file shop.chat Chat.Talk")
	x.Keys("c")
	x.WaitFor("copied the command line")
}

func TestAnyKeysPanicNot(t *testing.T) {
	names := []string{"tab", "shift+tab", "enter", "esc", "ctrl+s", "ctrl+g", "ctrl+x", "x", "D", "w", "W", "y", "space", "f", "up", "down", "pgup", "pgdown", "backspace", "ctrl+k", "j", "k", "G", "g", "t", "n", "{", "漢"}
	r := rand.New(rand.NewPCG(3, 4))
	p := newPeer(schema.Bidi)
	s := stream.NewFake(t.Context(), request(), load(schema.Bidi), func(context.Context, invoke.Request) (stream.Conn, error) { return p, nil })
	defer s.Close()
	_ = s.Init()
	for i := range 3000 {
		key, err := tui.ParseKey(names[r.IntN(len(names))])
		if err != nil {
			t.Fatal(err)
		}
		acted := false
		for _, a := range s.Actions() {
			if a.Run != nil && (a.Disabled == nil || a.Disabled() == "") && len(a.Keys) > 0 && a.Keys[0] == key.String() {
				a.Run()
				acted = true
				break
			}
		}
		if !acted {
			s.Update(key)
		}
		if i%11 == 0 {
			s.Update(tea.MouseClickMsg{X: r.IntN(220), Y: r.IntN(70), Button: tea.MouseLeft})
		}
		s.View(r.IntN(210), r.IntN(65))
	}
}

// What a stream came to is in the log however it ended: cancelled, or because its screen was left.
func TestAStreamThatIsCutShortIsInTheLog(t *testing.T) {
	for name, keys := range map[string][]string{"cancelled": {"ctrl+c"}, "left": {":home", "enter"}, "cancelled, then left": {"ctrl+c", ":home", "enter"}} {
		t.Run(name, func(t *testing.T) {
			p := newPeer(schema.Bidi)
			journal := tui.NewJournal(nil)
			fake := func(any) (tui.Screen, error) {
				return stream.NewFake(t.Context(), request(), load(p.kind), func(context.Context, invoke.Request) (stream.Conn, error) { return p, nil }), nil
			}
			x := frametest.New(t, tui.Config{Name: "microtop", Journal: journal, Start: tui.Open{Name: "home"}, Routes: []tui.Route{{Name: "home", New: fake}, {Name: "stream", New: fake}}}, 100, 30)
			x.WaitFor("text")
			x.Keys(":stream", "enter")
			x.WaitFor(" ▸ ")
			x.WaitFor("text")
			x.Keys("ctrl+s")
			x.WaitFor("● open")
			p.say(`{"text": "hello"}`)
			x.WaitFor("received 1")
			x.Keys(keys...)
			x.Until("the log has it", func(string) bool {
				kept, _ := journal.Entries()
				told := 0
				for _, e := range kept {
					if strings.Contains(e.Text.String(), "streamed with shop.chat Chat.Talk: cancelled after ") && strings.Contains(e.Text.String(), "received 1") && strings.HasPrefix(e.Command, "microtop stream ") {
						told++
					}
				}
				return told == 1
			})
		})
	}
}
