package history_test

import (
	"errors"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/exp/golden"
	"go.uber.org/goleak"

	"github.com/microtop/microtop/introspect/history"
	"github.com/microtop/microtop/introspect/invoke"
	"github.com/microtop/microtop/tui"
	"github.com/microtop/microtop/tui/frametest"
	"github.com/microtop/microtop/tui/safetext"
	"github.com/microtop/microtop/views/compose"
	view "github.com/microtop/microtop/views/history"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const evil = "\x1b[2J\x1b]52;c;ZXZpbA==\a\u202e"

// fake is a book in memory.
type fake struct {
	mu      sync.Mutex
	records []history.Record
	err     error
}

func (f *fake) List() ([]history.Record, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.records), f.err
}

func (f *fake) Remove(ids ...string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.records = slices.DeleteFunc(f.records, func(r history.Record) bool { return slices.Contains(ids, r.ID) })
	return nil
}

func some() []history.Record {
	now := time.Now().Add(-3 * time.Minute)
	return []history.Record{
		{ID: "4", Time: now, Service: "shop.cart", Endpoint: "Cart.Add", Request: []byte(`{"userId":"u1","sku":"kettle"}`), Status: 200, DurationMs: 4.2, Size: 85, AnsweredBy: "shop.cart-1", Attempts: 1, Response: []byte(`{"items":2,"total":"40.00"}`), Metadata: map[string]string{"tenant": "acme"}},
		{ID: "3", Time: now.Add(-time.Minute), Service: "shop.cart", Endpoint: "Cart.Add", Request: []byte(`{"userId":"u1","sku":"lamp"}`), Status: 200, DurationMs: 3.9, Size: 80, AnsweredBy: "shop.cart-1", Attempts: 1, Response: []byte(`{"items":1,"total":"40.00"}`)},
		{ID: "2", Time: now.Add(-time.Hour), Service: "shop.payment", Endpoint: "Payment.Charge", Request: []byte(`{"card":{"token":"[redacted]"}}`), Status: 503, Error: "503: no " + evil + " gateway", DurationMs: 120, AnsweredBy: "shop.payment-1", Attempts: 2, Redacted: true},
		{ID: "1", Time: now.Add(-2 * time.Hour), Service: "shop.shipping", Endpoint: "Shipping.Track", Stream: true, Sent: 1, Received: 5, DurationMs: 1900},
	}
}

// probe takes the place of the screens that the history opens.
type probe struct{ with any }

func (probe) Init() tea.Cmd          { return nil }
func (probe) Update(tea.Msg) tea.Cmd { return nil }
func (p probe) View(int, int) string {
	switch with := p.with.(type) {
	case compose.Again:
		return "sends again " + with.Endpoint + " " + string(with.Body)
	case invoke.Request:
		return "composes " + with.Endpoint + " " + string(with.Body) + " " + with.Metadata["tenant"]
	}
	return "?"
}
func (probe) Title() safetext.Line  { return safetext.Literal("probe") }
func (probe) Actions() []tui.Action { return nil }
func (probe) Close()                {}

func open(t *testing.T, w, h int, f *fake) *frametest.Terminal {
	t.Helper()
	to := func(with any) (tui.Screen, error) { return probe{with}, nil }
	return frametest.New(t, tui.Config{Name: "microtop", Start: tui.Open{Name: "history"}, Routes: []tui.Route{
		{Name: "history", New: func(any) (tui.Screen, error) { return view.NewFake(t.Context(), f), nil }},
		{Name: "call", New: to}, {Name: "stream", New: to},
	}}, w, h)
}

// settled is the screen without the time of day.
func settled(x *frametest.Terminal) string {
	x.Settle()
	return regexp.MustCompile(`\d\d-\d\d \d\d:\d\d:\d\d|\d\d:\d\d:\d\d`).ReplaceAllString(x.Screen(), "TIME")
}

func TestFrames(t *testing.T) {
	for _, size := range []struct {
		name string
		w, h int
	}{{"80x24", 80, 24}, {"200x60", 200, 60}} {
		t.Run(size.name, func(t *testing.T) {
			x := open(t, size.w, size.h, &fake{records: some()})
			x.WaitFor("Payment.Charge")
			t.Run("list", func(t *testing.T) { golden.RequireEqual(t, settled(x)) })
			x.Keys("space", "space", "=")
			x.WaitFor("what differs")
			t.Run("diff", func(t *testing.T) { golden.RequireEqual(t, settled(x)) })
		})
	}
}

func TestACallIsOpenedAndRepeated(t *testing.T) {
	x := open(t, 120, 30, &fake{records: some()})
	x.WaitFor("Cart.Add")
	x.Keys("enter")
	x.WaitFor(`composes Cart.Add {"userId":"u1","sku":"kettle"} acme`)
	x.Keys("esc", ".")
	x.WaitFor("sends again Cart.Add")
	x.Keys("esc", "jj", ".")
	x.WaitFor("its secrets were left out")
	x.Keys("enter")
	x.WaitFor("replace \"[redacted]\" before it is sent")
	x.Keys("esc", "G", ".")
	x.WaitFor("a stream is opened with enter")
	x.Keys("enter")
	x.WaitFor("composes Shipping.Track")
}

func TestACallIsDescribedAndForgotten(t *testing.T) {
	f := &fake{records: some()}
	x := open(t, 120, 40, f)
	x.WaitFor("Cart.Add")
	x.Keys("d")
	x.WaitFor("metadata  tenant: acme")
	x.WaitFor(`"total": "40.00"`)
	x.Keys("/", "lamp", "enter", "esc", "esc")
	x.WaitFor("SERVICE")
	x.Keys("X")
	x.WaitFor("Forget 1 call?")
	x.Keys("tab", "enter")
	x.WaitGone("4.2 ms")
	x.Keys("/", "payment", "enter")
	x.WaitFor("[1/3]")
}

func TestNothingAndFailure(t *testing.T) {
	x := open(t, 80, 24, &fake{})
	x.WaitFor("no calls yet")
	x = open(t, 80, 24, &fake{err: errors.New("others can get at it " + evil)})
	x.WaitFor("the history cannot be read")
	if strings.Contains(x.Written(), "\x1b]52") {
		t.Error("the clipboard was reached")
	}
}
