package tail_test

import (
	"testing"

	"github.com/microtop/microtop/introspect/topics"
	"github.com/microtop/microtop/tui"
	"github.com/microtop/microtop/tui/theme"
	"github.com/microtop/microtop/views/compose/composetest"
	"github.com/microtop/microtop/views/tail"
)

func TestALiveTopic(t *testing.T) {
	session := composetest.Live(t)
	x := composetest.Open(t, tui.Open{Name: "tail", With: "orders carts"}, tail.Route(t.Context(), session, theme.Default()))
	x.WaitFor("nothing was published to orders, carts yet")
	for _, topic := range []string{"orders", "carts", "other"} {
		if err := topics.Publish(t.Context(), session, topics.Publication{Topic: topic, Body: []byte(`{"of": "` + topic + `"}`)}); err != nil {
			t.Fatal(err)
		}
	}
	x.WaitFor(`{"of":"orders"}`)
	x.WaitFor(`{"of":"carts"}`)
	x.WaitFor("kept 2 of 2")
	x.Keys("enter")
	x.WaitFor("Micro-Topic")
}

func TestTailsOfNothing(t *testing.T) {
	for _, with := range []any{nil, "  ", []string{}, 7} {
		if _, err := tail.New(t.Context(), composetest.Live(t), theme.Default(), with); err == nil {
			t.Errorf("%v is taken", with)
		}
	}
}
