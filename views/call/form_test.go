package call_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/microtop/microtop/introspect/invoke"
	"github.com/microtop/microtop/introspect/schema"
	"github.com/microtop/microtop/tui/frametest"
	"github.com/microtop/microtop/views/call"
	"github.com/microtop/microtop/views/compose"
)

// order is a shape with every kind of field.
func order() *compose.Shape {
	message := func(name string, fields ...*schema.Field) *schema.Type {
		for i, f := range fields {
			f.Name, f.Number = f.JSONName, int32(i+1)
		}
		return &schema.Type{Name: name, Protobuf: true, Fields: fields}
	}
	types := map[string]*schema.Type{
		"shop.Order": message("shop.Order",
			&schema.Field{JSONName: "id", Type: "string", Doc: "of the order"},
			&schema.Field{JSONName: "kind", Type: "shop.Kind"},
			&schema.Field{JSONName: "urgent", Type: "bool", Optional: true},
			&schema.Field{JSONName: "items", Type: "shop.Item", Repeated: true},
			&schema.Field{JSONName: "notes", Type: "string", MapKey: "string"},
			&schema.Field{JSONName: "card", Type: "string", Oneof: "payment"},
			&schema.Field{JSONName: "credit", Type: "shop.Money", Oneof: "payment"},
			&schema.Field{JSONName: "placed", Type: "google.protobuf.Timestamp"},
			&schema.Field{JSONName: "within", Type: "google.protobuf.Duration"},
			&schema.Field{JSONName: "token", Type: "bytes"},
			&schema.Field{JSONName: "extra", Type: "google.protobuf.Struct"},
			&schema.Field{JSONName: "parent", Type: "shop.Order"},
		),
		"shop.Item":  message("shop.Item", &schema.Field{JSONName: "sku", Type: "string"}, &schema.Field{JSONName: "count", Type: "uint32"}, &schema.Field{JSONName: "price", Type: "shop.Money"}),
		"shop.Money": message("shop.Money", &schema.Field{JSONName: "currency", Type: "string"}, &schema.Field{JSONName: "units", Type: "int64"}),
		"shop.Kind":  {Name: "shop.Kind", Protobuf: true, Values: []schema.Value{{Name: "PLAIN"}, {Name: "GIFT", Number: 1}, {Name: "RETURN", Number: 2}}},
	}
	return &compose.Shape{
		Version: "1.4.0", Schema: &schema.Service{Types: types},
		Endpoint: &schema.Endpoint{Name: "Orders.Place", Kind: schema.Unary, Request: "shop.Order", Response: "shop.Money", Source: schema.Debug, Protobuf: true},
	}
}

func openOrder(t *testing.T, w, h int, f call.Fake) *frametest.Terminal {
	t.Helper()
	f.Load = func(context.Context, invoke.Request) (*compose.Shape, error) { return order(), nil }
	x := open(t, w, h, f)
	x.WaitFor("urgent")
	return x
}

// fill fills the form in by keys alone.
func fill(x *frametest.Terminal) {
	x.Keys("enter", "o-17", "tab", "right", "right") // id, then kind
	x.Keys("j", "right", "right")                    // urgent
	x.Keys("j", "enter", "j", "enter")               // items: the list, an element
	x.Keys("j", "enter", "kettle", "tab", "2", "enter")
	x.Keys("j", "enter", "j", "enter", "EUR", "tab", "many", "enter")
}

func TestTheFormIsFilledInByKeys(t *testing.T) {
	for _, size := range sizes {
		t.Run(size.name, func(t *testing.T) {
			x := openOrder(t, size.w, size.h, call.Fake{})
			fill(x)
			x.WaitFor("expected a whole number of 64 bits")
			x.Golden()
		})
	}
}

func TestTheFormAndTheJSONSayTheSame(t *testing.T) {
	var sent string
	x := openOrder(t, 120, 40, call.Fake{Call: func(_ context.Context, r invoke.Request) (*invoke.Result, error) {
		sent = string(r.Body)
		return answered(fmt.Sprintf(`{"bytes": %d}`, len(r.Body))), nil
	}})
	fill(x)
	x.Keys("enter", "ctrl+u", "5", "enter", "ctrl+r")
	for _, want := range []string{`"id": "o-17"`, `"kind": "GIFT"`, `"urgent": true`, `"sku": "kettle"`, `"units": 5`} {
		x.WaitFor(want)
	}
	x.Keys("ctrl+s")
	x.WaitFor("200 OK")
	for _, want := range []string{`"count": 2`, `"currency": "EUR"`} {
		if !strings.Contains(sent, want) {
			t.Errorf("%s is not in %s", want, sent)
		}
	}
	x.Keys("home", "right")
	x.Type(`"card": "visa", `)
	x.Keys("ctrl+r")
	x.WaitFor("visa")
	x.WaitFor("1 in the list")
}

func TestAFieldIsLeftOutDefaultOrSet(t *testing.T) {
	x := openOrder(t, 120, 40, call.Fake{})
	x.WaitFor("○   id")
	x.Keys("space")
	x.WaitFor(`◐   id      ""`)
	x.Keys("enter", "x", "enter")
	x.WaitFor("●   id      x")
	x.Keys("space")
	x.WaitFor("○   id")
	x.Keys("U", "U")
	x.WaitFor(`◐   id      ""`)
	x.Keys("jj", "space", "ctrl+r")
	x.WaitFor(`"urgent": false`)
}

func TestAOneofHasOneMember(t *testing.T) {
	x := openOrder(t, 120, 40, call.Fake{})
	x.Keys("jjjjj", "enter", "4111", "enter")
	x.WaitFor("●   card")
	x.Keys("j", "space")
	x.WaitFor("○   card")
	x.WaitFor("◐ ▾ credit")
}

func TestAnEnumIsChosenFromAMenu(t *testing.T) {
	x := openOrder(t, 120, 40, call.Fake{})
	x.Keys("j", "enter")
	x.WaitFor("RETURN")
	x.Keys("down", "down", "enter")
	x.WaitFor("← RETURN →")
}

func TestAMapGetsEntriesByKey(t *testing.T) {
	x := openOrder(t, 120, 40, call.Fake{})
	x.Keys("jjjj", "enter", "j", "enter", "gift wrap", "enter", "red", "enter", "ctrl+r")
	x.WaitFor(`"gift wrap": "red"`)
	x.Keys("ctrl+r", "delete", "ctrl+r")
	x.WaitGone("gift wrap")
}

func TestRecursionOpensOnDemand(t *testing.T) {
	x := openOrder(t, 120, 60, call.Fake{})
	x.Keys("G", "enter", "G", "enter", "G", "k", "k", "k", "k", "k", "k", "k", "k", "k", "k", "k")
	x.Keys("enter", "deep", "enter")
	x.WaitFor("parent.parent.id")
	x.Keys("ctrl+r")
	x.WaitFor(`"id": "deep"`)
}

func TestWellKnownTypesAreTypedAsPeopleSayThem(t *testing.T) {
	x := openOrder(t, 120, 40, call.Fake{})
	x.Keys("jjjjjjjj", "enter", "2m30s", "tab", "text:hi", "enter", "ctrl+r")
	x.WaitFor(`"within": "150s"`)
	x.WaitFor(`"token": "aGk="`)
}

func TestBrokenJSONStaysJSON(t *testing.T) {
	x := openOrder(t, 120, 40, call.Fake{})
	x.Keys("ctrl+r")
	x.WaitFor("request as JSON")
	x.Keys("end", "backspace", "ctrl+r")
	x.WaitFor("it ends too soon")
	x.WaitFor("request as JSON")
}

func TestAFieldOfTheFormIsFound(t *testing.T) {
	x := openOrder(t, 120, 40, call.Fake{})
	x.Keys("/", "placed", "enter")
	x.WaitFor("2026-01-31T12:00:00Z")
}
