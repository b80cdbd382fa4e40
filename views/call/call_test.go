package call_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"go.uber.org/goleak"

	microerrors "github.com/microtop/microtop/framework/errors"
	"github.com/microtop/microtop/introspect"
	"github.com/microtop/microtop/introspect/invoke"
	"github.com/microtop/microtop/introspect/schema"
	"github.com/microtop/microtop/tui"
	"github.com/microtop/microtop/tui/frametest"
	"github.com/microtop/microtop/views/call"
	"github.com/microtop/microtop/views/compose"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var sizes = []struct {
	name string
	w, h int
}{{"80x24", 80, 24}, {"200x60", 200, 60}}

func shape() *compose.Shape {
	return &compose.Shape{
		Version: "1.4.0",
		Schema: &schema.Service{Types: map[string]*schema.Type{
			"shop.GetRequest": {Name: "shop.GetRequest", Protobuf: true, Fields: []*schema.Field{
				{Name: "id", JSONName: "id", Number: 1, Type: "string", Doc: "of the product"},
				{Name: "limit", JSONName: "limit", Number: 2, Type: "int32"},
				{Name: "tags", JSONName: "tags", Number: 3, Type: "string", Repeated: true},
				{Name: "price", JSONName: "price", Number: 4, Type: "shop.Money"},
			}},
			"shop.Money": {Name: "shop.Money", Protobuf: true, Fields: []*schema.Field{
				{Name: "currency", JSONName: "currency", Number: 1, Type: "string"}, {Name: "units", JSONName: "units", Number: 2, Type: "int64"},
			}},
		}},
		Endpoint: &schema.Endpoint{Name: "Catalog.Get", Kind: schema.Unary, Request: "shop.GetRequest", Response: "shop.Money", Source: schema.Debug, Protobuf: true},
	}
}

func request() invoke.Request {
	return invoke.Request{Target: introspect.Target{Service: "shop.catalog"}, Endpoint: "Catalog.Get", Metadata: map[string]string{"tenant": "acme"}}
}

func answered(body string) *invoke.Result {
	start := time.Date(2026, 11, 21, 6, 0, 0, 0, time.UTC)
	return &invoke.Result{
		Body: []byte(body), Size: len(body), ContentType: "application/protobuf", Start: start, Duration: 4200 * time.Microsecond,
		Attempts: []invoke.Attempt{{Node: "shop.catalog-1f2e", Address: "10.0.0.17:8080", Start: start, Duration: 4100 * time.Microsecond}},
	}
}

func failed() *invoke.Result {
	r := answered("")
	r.Err = microerrors.New("shop.catalog", "no product \x1b[2J of that id\nask for another", 404)
	r.Attempts = []invoke.Attempt{
		{Node: "shop.catalog-1f2e", Address: "10.0.0.17:8080", Start: r.Start, Duration: 2 * time.Second, Err: errors.New("dial tcp 10.0.0.17:8080: refused")},
		{Node: "shop.catalog-77aa", Address: "10.0.0.18:8080", Start: r.Start.Add(2 * time.Second), Duration: 3 * time.Millisecond, Err: r.Err},
	}
	return r
}

func open(t *testing.T, w, h int, f call.Fake) *frametest.Terminal {
	t.Helper()
	if f.Load == nil {
		f.Load = func(context.Context, invoke.Request) (*compose.Shape, error) { return shape(), nil }
	}
	if f.Call == nil {
		f.Call = func(context.Context, invoke.Request) (*invoke.Result, error) {
			return answered(`{"currency":"EUR","units":"12345678901234567","on":true,"note":null,"tags":["a","b"]}`), nil
		}
	}
	return frametest.New(t, tui.Config{Name: "microtop", Start: tui.Open{Name: "call"}, Routes: []tui.Route{
		{Name: "call", New: func(any) (tui.Screen, error) { return call.NewFake(t.Context(), request(), f), nil }},
	}}, w, h)
}

func TestFrames(t *testing.T) {
	for _, size := range sizes {
		t.Run(size.name, func(t *testing.T) {
			t.Run("template", func(t *testing.T) {
				x := open(t, size.w, size.h, call.Fake{})
				x.WaitFor("limit")
				x.Golden()
			})
			t.Run("answer", func(t *testing.T) {
				x := open(t, size.w, size.h, call.Fake{})
				x.WaitFor("limit")
				x.Keys("ctrl+s")
				x.WaitFor("200 OK")
				x.WaitFor("12345678901234567")
				x.Golden()
			})
			t.Run("failure", func(t *testing.T) {
				x := open(t, size.w, size.h, call.Fake{Call: func(context.Context, invoke.Request) (*invoke.Result, error) { return failed(), nil }})
				x.WaitFor("limit")
				x.Keys("ctrl+s")
				x.WaitFor("404 Not Found")
				x.Golden()
			})
			t.Run("fields", func(t *testing.T) {
				x := open(t, size.w, size.h, call.Fake{})
				x.WaitFor("limit")
				x.Keys("ctrl+t")
				x.WaitFor("of the product")
				x.Keys("tab")
				x.WaitFor("timeout = 5s")
				x.Golden()
			})
		})
	}
}

func TestWhatIsTypedIsCheckedAgainstTheSchema(t *testing.T) {
	x := open(t, 120, 30, call.Fake{})
	x.WaitFor("limit")
	x.Keys("ctrl+r")
	x.WaitFor("request as JSON")
	for range 30 {
		x.Keys("ctrl+k")
	}
	x.Type(`{"price": {"units": "many"}}`)
	x.WaitFor("price.units")
	x.WaitFor("1:12")
	for range 5 {
		x.Keys("backspace")
	}
	x.WaitFor("not JSON")
}

func TestAHungCallFreezesNothing(t *testing.T) {
	var ended atomic.Bool
	for _, how := range []string{"esc", "ctrl+c", "ctrl+x"} {
		t.Run(how, func(t *testing.T) {
			ended.Store(false)
			x := open(t, 120, 30, call.Fake{Call: func(ctx context.Context, _ invoke.Request) (*invoke.Result, error) {
				<-ctx.Done()
				ended.Store(true)
				return nil, ctx.Err()
			}})
			x.WaitFor("limit")
			x.Keys("ctrl+r")
			x.WaitFor("request as JSON")
			x.Keys("ctrl+s")
			x.WaitFor("calling,")
			x.Type("typed meanwhile")
			x.WaitFor("typed meanwhile")
			x.Keys(how)
			x.WaitFor("cancelled after")
			x.Until("the call's end", func(string) bool { return ended.Load() })
			x.Keys("ctrl+s")
			x.WaitFor("calling,")
		})
	}
}

func TestAnAnswerThatComesAfterTheCancelIsNotShown(t *testing.T) {
	release := make(chan struct{})
	x := open(t, 120, 30, call.Fake{Call: func(context.Context, invoke.Request) (*invoke.Result, error) {
		<-release
		return answered(`"too late"`), nil
	}})
	x.WaitFor("limit")
	x.Keys("ctrl+s")
	x.WaitFor("calling,")
	x.Keys("esc")
	x.WaitFor("cancelled after")
	close(release)
	x.Settle()
	if strings.Contains(x.Screen(), "too late") {
		t.Error(x.Screen())
	}
}

func TestSendButtonRepeatAndCopy(t *testing.T) {
	var got atomic.Int32
	x := open(t, 120, 30, call.Fake{Call: func(_ context.Context, r invoke.Request) (*invoke.Result, error) {
		if r.Metadata["tenant"] != "acme" || r.Timeout != 5*time.Second || !strings.Contains(string(r.Body), "limit") {
			return nil, fmt.Errorf("sent %+v", r)
		}
		return answered(fmt.Sprintf(`"number %d"`, got.Add(1))), nil
	}})
	x.WaitFor("limit")
	x.Keys("j", "enter", "5", "enter")
	x.WaitFor("1 set")
	x.Keys("tab", "tab", "enter")
	x.WaitFor("number 1")
	x.Keys(".")
	x.WaitFor("number 2")
	x.Keys("y")
	x.WaitFor("the command line")
	x.Keys("c")
	x.WaitFor("copied the command line")
}

func TestOptionsThatAreWrongAreNotSent(t *testing.T) {
	x := open(t, 120, 30, call.Fake{Call: func(context.Context, invoke.Request) (*invoke.Result, error) {
		t.Error("sent")
		return nil, errors.New("sent")
	}})
	x.WaitFor("limit")
	x.Keys("tab", "end")
	x.Type("x")
	x.WaitFor("write a time such as")
	x.Keys("ctrl+s")
	x.WaitFor("options, line 1")
}

func TestARequestThatDoesNotFitIsMarked(t *testing.T) {
	x := open(t, 120, 30, call.Fake{Call: func(context.Context, invoke.Request) (*invoke.Result, error) {
		return nil, &schema.BodyError{Path: "price.units", Reason: "want an int64"}
	}})
	x.WaitFor("limit")
	x.Keys("ctrl+s")
	x.WaitFor("nothing was sent: the request does not fit")
	x.WaitFor("✗ price.units: want an int64")
	x.Keys("space", "ctrl+r")
	x.WaitFor(`"units": 0`)
	x.Keys("ctrl+s")
	x.WaitFor(":5 price.units: want an int64")
}

func TestReadOnlySaysWhy(t *testing.T) {
	x := open(t, 120, 30, call.Fake{Change: func() error { return introspect.ErrReadOnly }})
	x.WaitFor("limit")
	x.Keys("ctrl+s")
	x.WaitFor("read only")
}

func TestUnknownSchemaStillSends(t *testing.T) {
	x := open(t, 120, 30, call.Fake{Load: func(context.Context, invoke.Request) (*compose.Shape, error) {
		return nil, errors.New("no service \"shop\x1b]0;x\a\" in mdns")
	}})
	x.WaitFor("schema unknown")
	x.Keys("ctrl+s")
	x.WaitFor("200 OK")
}

func TestALargeAnswerIsCutAndSaysSo(t *testing.T) {
	x := open(t, 120, 30, call.Fake{Call: func(context.Context, invoke.Request) (*invoke.Result, error) {
		return answered(`"` + strings.Repeat("x", 9<<20) + `"`), nil
	}})
	x.WaitFor("limit")
	x.Keys("ctrl+s")
	x.WaitFor("kept the first 8.0 MB of 9.0 MB")
}

func TestHostileAnswersStayInTheirPane(t *testing.T) {
	evil := "\x1b[2J\x1b]52;c;ZXZpbA==\a\x1b[?1049l\r\u202e\u009b31mX\x00\xff漢字"
	for _, body := range []string{evil, `{"` + "\u202ekey" + `":"\u001b[2J ` + "\u009b" + `"}`, string([]byte{0, 1, 2, 255})} {
		x := open(t, 120, 30, call.Fake{
			Load: func(context.Context, invoke.Request) (*compose.Shape, error) {
				s := shape()
				s.Version, s.Endpoint.Doc, s.Problem = evil, evil, evil
				s.Schema.Types["shop.Money"].Fields[0].JSONName = evil
				return s, nil
			},
			Call: func(context.Context, invoke.Request) (*invoke.Result, error) {
				r := answered(body)
				r.Attempts[0].Node, r.ContentType = evil, evil
				return r, nil
			},
		})
		x.WaitFor("limit")
		before := x.Written() // the program itself clears the screen when it learns its size
		x.Keys("ctrl+s")
		x.WaitFor("200 OK")
		x.Keys("ctrl+t")
		x.WaitFor("request  shop.GetRequest")
		x.Settle()
		rows := strings.Split(x.Screen(), "\n")
		for i, row := range rows[3:28] {
			if !strings.HasPrefix(row, "│") || !strings.HasSuffix(row, "│") {
				t.Errorf("row %d: %q", i+3, row)
			}
		}
		for _, bad := range []string{"\x1b]52", "\x1b[2J", "\x1b[?1049l\r", "\u202e", "\u009b"} {
			allowed := 0
			if bad == "\x1b[2J" {
				allowed = min(strings.Count(before, bad), 2)
			}
			if strings.Count(x.Written(), bad) > allowed {
				t.Errorf("%q reached the terminal", bad)
			}
		}
	}
}

func TestAnyKeysPanicNot(t *testing.T) {
	f := call.Fake{
		Load: func(context.Context, invoke.Request) (*compose.Shape, error) { return shape(), nil },
		Call: func(context.Context, invoke.Request) (*invoke.Result, error) { return failed(), nil },
	}
	names := []string{"tab", "shift+tab", "enter", "esc", "ctrl+s", "ctrl+r", "space", "l", "h", "U", "ctrl+t", "ctrl+g", "ctrl+x", "up", "down", "pgup", "pgdown", "left", "right", "home", "end", "backspace", "delete", "ctrl+k", "ctrl+u", "ctrl+w", "j", "k", "G", "g", "w", "n", "N", "y", ".", "S", "{", "}", "\"", "漢", "H", "L"}
	r := rand.New(rand.NewPCG(1, 2))
	s := call.NewFake(t.Context(), request(), f)
	defer s.Close()
	queue := []tea.Cmd{s.Init()}
	for i := range 3000 {
		if len(queue) > 0 && i%7 == 0 {
			if cmd := queue[0]; cmd != nil && i < 30 {
				if msg := cmd(); msg != nil {
					queue = append(queue, s.Update(msg))
				}
			}
			queue = queue[1:]
		}
		key, err := tui.ParseKey(names[r.IntN(len(names))])
		if err != nil {
			t.Fatal(err)
		}
		var cmd tea.Cmd
		acted := false
		for _, a := range s.Actions() {
			if a.Run != nil && (a.Disabled == nil || a.Disabled() == "") && len(a.Keys) > 0 && a.Keys[0] == key.String() {
				cmd, acted = a.Run(), true
				break
			}
		}
		if !acted {
			cmd = s.Update(key)
		}
		queue = append(queue, cmd)
		if i%11 == 0 {
			s.Update(tea.MouseClickMsg{X: r.IntN(220), Y: r.IntN(70), Button: tea.MouseLeft})
		}
		w, h := r.IntN(210), r.IntN(65)
		if got := strings.Count(s.View(w, h), "\n"); h > 0 && got > max(h, 3) {
			t.Fatalf("%d rows in %dx%d", got+1, w, h)
		}
	}
}

func TestWhatWentWrongIsReadWhole(t *testing.T) {
	sent := 0
	x := open(t, 80, 24, call.Fake{Call: func(context.Context, invoke.Request) (*invoke.Result, error) {
		if sent++; sent == 1 {
			return nil, errors.New("no service \"shop.nothere\" in mdns, which has 10 others; `microtop services` lists every one of them")
		}
		return answered(`{"name": "` + strings.Repeat("long ", 40) + `END"}`), nil
	}})
	x.WaitFor("limit")
	x.Keys("ctrl+s")
	x.WaitFor("nothing was sent")
	x.WaitFor("lists every one of them")
	x.Keys(".")
	x.WaitFor("200 OK")
	x.WaitFor("long long")
	if strings.Contains(x.Screen(), "END") {
		t.Errorf("an answer is wrapped:\n%s", x.Screen())
	}
}
