package endpoints_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/introspect"
	"github.com/microtop/microtop/introspect/invoke"
	"github.com/microtop/microtop/introspect/schema"
	"github.com/microtop/microtop/tui"
	"github.com/microtop/microtop/tui/frametest"
	"github.com/microtop/microtop/tui/theme"
	"github.com/microtop/microtop/views/endpoints"
	"github.com/microtop/microtop/views/show/showtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func field(name, typ string) *schema.Field {
	return &schema.Field{Name: name, JSONName: name, Type: typ}
}

func checkout(version string) *invoke.Description {
	items, tags := field("items", "shop.v1.Item"), field("tags", "string")
	items.Repeated, tags.MapKey = true, "string"
	card, cash := field("card", "shop.v1.Card"), field("voucher", "string")
	card.Oneof, cash.Oneof = "payment", "payment"
	note := field("note", "string")
	note.Oneof, note.Optional, note.Doc = "_note", true, "for the courier\nand nobody else"
	types := map[string]*schema.Type{
		"shop.v1.PlaceOrderRequest": {Fields: []*schema.Field{field("userId", "string"), items, tags, card, cash, note, field("speed", "shop.v1.Speed")}},
		"shop.v1.Item":              {Fields: []*schema.Field{field("sku", "string"), field("quantity", "uint32"), field("bundle", "shop.v1.Item")}},
		"shop.v1.Card":              {Fields: []*schema.Field{field("number", "string")}},
		"shop.v1.Speed":             {Values: []schema.Value{{Name: "SLOW"}, {Name: "FAST", Number: 1}}},
		"shop.v1.Order":             {Fields: []*schema.Field{field("id", "string")}},
		"shop.v1.Empty":             {},
	}
	for name, t := range types {
		t.Name = name
	}
	return &invoke.Description{
		Service: &registry.Service{Name: "checkout", Version: version, Nodes: []*registry.Node{{Id: "checkout-1"}}}, Source: schema.Debug,
		Schema: &schema.Service{Types: types, Endpoints: []*schema.Endpoint{
			{Name: "Func", Kind: schema.Subscriber, Topic: "payments.settled", Request: "shop.v1.Order", Source: schema.Debug},
			{Name: "Checkout.PlaceOrder", Kind: schema.Unary, Request: "shop.v1.PlaceOrderRequest", Response: "shop.v1.Order", Source: schema.Debug, Doc: "PlaceOrder takes an order."},
			{Name: "Checkout.Watch", Kind: schema.Server, Request: "shop.v1.Empty", Response: "shop.v1.Order", Source: schema.Debug},
			{Name: "Checkout.Chat", Kind: schema.Bidi, Request: "shop.v1.Item", Response: "shop.v1.Item", Source: schema.Debug},
			{Name: "Old.Do", Kind: schema.Stream, Source: schema.Registry},
		}},
	}
}

type asker = func(context.Context, introspect.Target) ([]*invoke.Description, error)

func always(found ...*invoke.Description) asker {
	return func(context.Context, introspect.Target) ([]*invoke.Description, error) { return found, nil }
}

func start(t *testing.T, with any, ask asker, w, h int) (*frametest.Terminal, *showtest.Opened) {
	t.Helper()
	return showtest.Start(t, endpoints.Ask(endpoints.Route(t.Context(), showtest.Session(t, nil), theme.Default()), ask), with, w, h)
}

func TestFrames(t *testing.T) {
	for _, size := range []struct{ w, h int }{{80, 24}, {200, 60}} {
		t.Run(fmt.Sprintf("%dx%d", size.w, size.h), func(t *testing.T) {
			x, _ := start(t, "checkout", always(checkout("1.4.0")), size.w, size.h)
			x.WaitFor("Checkout.PlaceOrder")
			x.Keys("j", "right", "right", "right")
			x.WaitFor("userId")
			x.Keys("j", "j", "right", "j", "j", "j", "right") // an item, and in it an item
			x.WaitFor("contains itself")
			x.Golden()
		})
	}
}

func TestEverythingOfAMessageIsShown(t *testing.T) {
	x, _ := start(t, "checkout", always(checkout("1.4.0")), 160, 200)
	x.WaitFor("Checkout.PlaceOrder")
	x.Keys("E")
	for _, want := range []string{"[]Item", "map<string, string>", "one of 2", "voucher", "SLOW | FAST", "= 1", "optional, for the courier", "stream Item → stream Item", "contains itself"} {
		x.WaitFor(want)
	}
	x.Keys("C")
	x.WaitGone("voucher")
}

func TestKeysOpenScreens(t *testing.T) {
	d := checkout("1.4.0")
	pinned := introspect.Target{Service: "checkout", Node: "checkout-1"}
	call := func(target introspect.Target, name, typ string) invoke.Request {
		return invoke.Request{Target: target, Endpoint: name, Body: d.Schema.Template(typ)}
	}
	for _, c := range []struct {
		with any
		keys []string
		want tui.Open
	}{
		{"checkout", []string{"j", "enter"}, tui.Open{Name: "call", With: call(introspect.Target{Service: "checkout"}, "Checkout.PlaceOrder", "shop.v1.PlaceOrderRequest")}},
		{pinned, []string{"j", "c"}, tui.Open{Name: "call", With: call(pinned, "Checkout.PlaceOrder", "shop.v1.PlaceOrderRequest")}},
		{"checkout", []string{"j", "right", "right", "c"}, tui.Open{Name: "call", With: call(introspect.Target{Service: "checkout"}, "Checkout.PlaceOrder", "shop.v1.PlaceOrderRequest")}},
		{"checkout", []string{"enter"}, tui.Open{Name: "stream", With: call(introspect.Target{Service: "checkout"}, "Checkout.Chat", "shop.v1.Item")}},
		{"checkout", []string{"j", "j", "c"}, tui.Open{Name: "stream", With: call(introspect.Target{Service: "checkout"}, "Checkout.Watch", "shop.v1.Empty")}},
		{"checkout", []string{"G", "t"}, tui.Open{Name: "tail", With: []string{"payments.settled"}}},
		{"checkout", []string{"G", "P"}, tui.Open{Name: "publish", With: "payments.settled"}},
		{pinned, []string{"n"}, tui.Open{Name: "nodes", With: pinned}},
		{pinned, []string{"d"}, tui.Open{Name: "describe", With: pinned}},
	} {
		t.Run(strings.Join(c.keys, " "), func(t *testing.T) {
			x, opened := start(t, c.with, always(d), 120, 30)
			x.WaitFor("Checkout.PlaceOrder")
			x.Keys(c.keys...)
			x.WaitFor("opened " + c.want.Name)
			if diff := cmp.Diff(c.want, opened.Last()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestASubscriberCannotBeCalledAndSaysWhy(t *testing.T) {
	for _, key := range []string{"enter", "c"} {
		x, _ := start(t, "checkout", always(checkout("1.4.0")), 160, 30)
		x.WaitFor("Checkout.PlaceOrder")
		x.Keys("G", key)
		x.WaitFor("! Func listens to payments.settled and cannot be called")
	}
}

func TestVersionsAreApart(t *testing.T) {
	d := checkout("1.5.0")
	x, opened := start(t, "checkout", always(d, checkout("1.4.0")), 120, 40)
	x.WaitFor("version 1.4.0")
	x.Keys("j", "enter") // the cursor starts on the first endpoint of the first version
	x.WaitFor("opened call")
	want := invoke.Request{Target: introspect.Target{Service: "checkout", Version: "1.5.0"}, Endpoint: "Checkout.PlaceOrder", Body: d.Schema.Template("shop.v1.PlaceOrderRequest")}
	if diff := cmp.Diff(want, opened.Last().With); diff != "" {
		t.Error(diff)
	}
}

func TestAPartialSchemaSaysWhy(t *testing.T) {
	d := checkout("1.4.0")
	d.Source, d.Problem = schema.Registry, "Debug.Schema of checkout-1: not found"
	x, _ := start(t, "checkout", always(d), 120, 30)
	x.WaitFor("schema from the registry, at most three levels: Debug.Schema of checkout-1: not found")
}

func TestLoadingErrorAndReload(t *testing.T) {
	var tries atomic.Int32
	hold := make(chan struct{})
	x, _ := start(t, "checkout", func(ctx context.Context, _ introspect.Target) ([]*invoke.Description, error) {
		switch tries.Add(1) {
		case 1:
			select {
			case <-hold:
			case <-ctx.Done():
			}
			return nil, errors.New("no route to host")
		case 3:
			return nil, errors.New("gone again")
		}
		return []*invoke.Description{checkout("1")}, nil
	}, 100, 30)
	x.WaitFor("asking checkout what it understands")
	x.Keys("c")
	x.WaitFor("no endpoint is selected")
	close(hold)
	x.WaitFor("no route to host")
	x.Keys("r")
	x.WaitFor("Checkout.PlaceOrder")
	x.Keys("j", "right", "r")
	x.WaitFor("what is shown is old: gone again")
	x.WaitFor("request")
}

func TestNoEndpointsAreSaid(t *testing.T) {
	x, _ := start(t, "checkout", always(&invoke.Description{Service: &registry.Service{Name: "checkout"}, Schema: &schema.Service{}}), 100, 30)
	x.WaitFor("checkout shows no endpoints")
}

func TestItNeedsAService(t *testing.T) {
	_, err := endpoints.New(t.Context(), showtest.Session(t, nil), theme.Default(), nil)
	if err == nil || !strings.Contains(err.Error(), ":endpoints SERVICE") {
		t.Errorf("%v", err)
	}
}

func TestItLoadsFromTheRegistryWhereNoNodeAnswers(t *testing.T) {
	r := registry.NewMemoryRegistry()
	err := r.Register(&registry.Service{
		Name: "legacy", Version: "1", Nodes: []*registry.Node{{Id: "legacy-1", Address: "127.0.0.1:1", Metadata: map[string]string{"protocol": "grpc"}}},
		Endpoints: []*registry.Endpoint{{
			Name: "Legacy.Do", Request: &registry.Value{Name: "Req", Type: "Req", Values: []*registry.Value{{Name: "name", Type: "string"}}},
			Response: &registry.Value{Name: "Rsp", Type: "Rsp"}, Metadata: map[string]string{},
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	th := theme.Default()
	x, _ := showtest.Start(t, endpoints.Route(t.Context(), showtest.Session(t, r), th), "legacy", 120, 30)
	x.WaitFor("Req → Rsp")
	x.WaitFor("Debug.Schema of legacy-1: connection error")
	x.WaitFor("part")
	x.Keys("E")
	x.WaitFor("the registry tells no more")
}

func TestHostileSchemasStayInTheirCells(t *testing.T) {
	evil := "a\x1b[2J\x1b]52;c;ZXZpbA==\x07b\n\u202e" + strings.Repeat("漢", 3000)
	f := field(evil, evil)
	f.Doc = evil
	d := &invoke.Description{
		Service: &registry.Service{Name: evil, Version: evil}, Problem: evil,
		Schema: &schema.Service{
			Types:     map[string]*schema.Type{evil: {Name: evil, Fields: []*schema.Field{f, f}, Values: []schema.Value{{Name: evil}}}},
			Endpoints: []*schema.Endpoint{{Name: evil, Kind: schema.Unary, Request: evil, Response: evil, Doc: evil}, {Name: evil, Kind: schema.Subscriber, Topic: evil, Request: evil}},
		},
	}
	x, _ := start(t, introspect.Target{Service: evil}, always(d), 80, 24)
	x.WaitFor("ENDPOINT")
	x.Keys("E")
	x.WaitFor("request")
	for i, row := range strings.Split(x.Screen(), "\n")[3:22] {
		if runes := []rune(row); runes[0] != '│' || runes[len(runes)-1] != '│' {
			t.Errorf("row %d left its frame: %q", i, row)
		}
	}
	x.Keys("y")
	x.WaitFor("the command")
}

func TestThePreviewFollowsTheCursor(t *testing.T) {
	x, _ := start(t, "checkout", always(checkout("1.4.0")), 80, 50)
	x.WaitFor("Checkout.PlaceOrder")
	x.WaitGone("one of payment")
	x.Keys("p")
	x.WaitFor("─ Checkout.Chat ─")
	x.WaitFor("kind        bidi stream")
	x.WaitFor("microtop stream bidi")
	x.Keys("j")
	x.WaitFor("─ Checkout.PlaceOrder ─")
	x.WaitFor("version     1.4.0 on 1 node")
	x.WaitFor("PlaceOrder takes an order.")
	x.WaitFor("one of payment")
	x.Keys("right", "j") // a message of the endpoint: the preview stays
	x.WaitFor("─ Checkout.PlaceOrder ─")
	x.Keys("+", "+", "+")
	x.WaitGone("MESSAGES")
	x.WaitFor("microtop call")
	x.Keys("p")
	x.WaitGone("one of payment")
	x.WaitFor("MESSAGES")
}

func TestAColumnThatDoesNotFitIsLeftOut(t *testing.T) {
	d := checkout("1.4.0")
	d.Schema.Endpoints[1].Name = "Checkout.PlaceOrderOfManyThings"
	x, _ := start(t, "checkout", always(d), 80, 24)
	x.WaitFor("PlaceOrderRequest → Order")
	if s := x.Screen(); strings.Contains(s, "…") || strings.Contains(s, "SCH") {
		t.Error(s)
	}
}
